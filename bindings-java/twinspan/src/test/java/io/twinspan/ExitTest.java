package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class ExitTest {
    /** Leaves the JVM in different ways without closing its node. */
    static final class Leaver {
        private Leaver() {}

        public static final class Slow {
            final CountDownLatch entered = new CountDownLatch(1);

            public int forever() throws InterruptedException {
                entered.countDown();
                Thread.sleep(60_000);
                return 1;
            }

            public int second() throws InterruptedException {
                entered.countDown();
                Thread.sleep(1_000);
                return 2;
            }

            public int fine() {
                return 7;
            }
        }

        public static void main(String[] arguments) throws Exception {
            Slow slow = new Slow();
            App app =
                    App.named("leaver")
                            .serve("slow", slow)
                            .onStop(() -> System.out.println("stopped"));
            Node node = Node.join(app, NodeTest.config());
            node.waitFor("slow", Duration.ofSeconds(5));
            if (!node.call("slow.fine").as(Integer.class).equals(7)) {
                throw new AssertionError();
            }
            System.out.println("joined");
            switch (arguments[0]) {
                case "return" -> {}
                case "exit" -> System.exit(3);
                case "halt" -> Runtime.getRuntime().halt(4);
                case "throw" -> throw new IllegalStateException("on purpose");
                case "closing" -> {
                    // Another thread is about to close the node: the exit lets it finish.
                    Thread caller =
                            new Thread(
                                    () ->
                                            System.out.println(
                                                    "got "
                                                            + node.call("slow.second")
                                                                    .as(Integer.class)));
                    caller.start();
                    slow.entered.await();
                    Thread closer = new Thread(node::close);
                    closer.setDaemon(true);
                    closer.start();
                    while (node.ready()) {
                        Thread.sleep(5);
                    }
                    System.exit(5);
                }
                case "caller" -> {
                    Thread caller =
                            new Thread(
                                    () ->
                                            node.call("slow.forever")
                                                    .timeout(Duration.ofSeconds(50))
                                                    .as(Integer.class));
                    caller.setDaemon(true);
                    caller.start();
                    slow.entered.await();
                    node.close(Duration.ofMillis(100));
                }
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"return:0", "exit:3", "halt:4", "throw:1", "closing:5", "caller:0"})
    void aProgramEndsWithoutClosingItsNode(String way) throws Exception {
        String[] parts = way.split(":");
        long start = System.nanoTime();
        Program program = Program.run(Leaver.class, Program.options("-Xcheck:jni"), parts[0]);
        assertEquals(Integer.parseInt(parts[1]), program.exit(), program.output());
        assertTrue(program.output().contains("joined"), program.output());
        if (!parts[0].equals("halt")) {
            assertTrue(program.output().contains("stopped"), program.output());
        }
        if (parts[0].equals("closing")) {
            assertTrue(program.output().contains("got 2"), program.output());
        }
        // -Xcheck:jni says WARNING or FATAL ERROR.
        assertFalse(
                program.output().contains("JNI") && program.output().contains("WARNING"),
                program.output());
        assertFalse(program.output().contains("FATAL"), program.output());
        assertTrue(
                System.nanoTime() - start < Duration.ofSeconds(30).toNanos(), "it took too long");
    }

    /** A client node that nobody keeps leaves; a serving one stays. */
    static final class Forgetter {
        private Forgetter() {}

        public static final class Api {
            public int fine() {
                return 7;
            }
        }

        public static void main(String[] arguments) throws Exception {
            NodeConfig config = NodeTest.config();
            CountDownLatch stopped = new CountDownLatch(1);
            Node.join(App.named("client").onStop(stopped::countDown), config.name("client"));
            CountDownLatch serving = new CountDownLatch(1);
            Node.join(
                    App.named("server").serve("api", new Api()).onStop(serving::countDown),
                    config.name("server"));
            for (int i = 0; i < 100 && stopped.getCount() > 0; i++) {
                System.gc();
                Thread.sleep(50);
            }
            System.out.println(stopped.getCount() + " " + serving.getCount());
        }
    }

    @Test
    void aForgottenClientLeavesAndAForgottenServerStays() throws Exception {
        Program program = Program.run(Forgetter.class, Program.options());
        assertEquals(0, program.exit(), program.output());
        assertTrue(program.output().contains("0 1"), program.output());
    }

    /** Serves until it is told to end. */
    static final class Server {
        private Server() {}

        /** Handlers that take their time. */
        public static final class Api {
            public int fine() {
                return 7;
            }

            public int slow(int millis) throws InterruptedException {
                System.out.println("entered");
                terminate();
                Thread.sleep(millis);
                return millis;
            }

            private static void terminate() {
                try {
                    new ProcessBuilder(
                                    "kill", "-TERM", String.valueOf(ProcessHandle.current().pid()))
                            .start()
                            .waitFor();
                } catch (java.io.IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        public static void main(String[] arguments) {
            App app =
                    App.named("server")
                            .serve("api", new Api())
                            .onStop(() -> System.out.println("stopped"));
            app.onStart(node -> new Thread(() -> call(node, arguments[0])).start());
            // A thread of the application that would keep the JVM alive.
            new Thread(() -> java.util.concurrent.locks.LockSupport.parkNanos(60_000_000_000L))
                    .start();
            Twinspan.run(app, NodeTest.config());
        }

        private static void call(Node node, String way) {
            node.waitFor("api", Duration.ofSeconds(5));
            System.out.println("fine " + node.call("api.fine").as(Integer.class));
            if (way.equals("idle")) {
                Api.terminate();
                return;
            }
            if (way.equals("twice")) {
                new Thread(
                                () -> {
                                    while (node.ready()) {
                                        Thread.onSpinWait();
                                    }
                                    Api.terminate();
                                })
                        .start();
            }
            int millis = way.equals("twice") ? 30_000 : 500;
            System.out.println("slow " + node.call("api.slow", millis).as(Integer.class));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"idle:0", "busy:0", "twice:143"})
    void aServerLeavesWhenItIsTerminated(String way) throws Exception {
        String[] parts = way.split(":");
        long start = System.nanoTime();
        Program program = Program.run(Server.class, Program.options(), parts[0]);
        assertEquals(Integer.parseInt(parts[1]), program.exit(), program.output());
        assertTrue(program.output().contains("fine 7"), program.output());
        // What ran was finished first; the second signal doesn't wait for it.
        assertEquals(parts[0].equals("busy"), program.output().contains("slow 500"), way);
        assertEquals(!parts[0].equals("twice"), program.output().contains("stopped"), way);
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(9).toNanos(), "it took too long");
    }

    /** Joins with what the command line says. */
    static final class Sized {
        private Sized() {}

        public static void main(String[] arguments) {
            try (Node node = Node.join(NodeTest.config())) {
                System.out.println("joined " + node.cluster());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "64MiB:joined",
                "1 gib:joined",
                "67108864:joined",
                "12 parsecs:KiB",
                "99999999999g:KiB"
            })
    void sizesOfPropertiesHaveUnits(String size) throws Exception {
        String[] parts = size.split(":");
        Program program =
                Program.run(
                        Sized.class,
                        Program.options(
                                "-Dtwinspan.max_payload=" + parts[0], "-Dtwinspan.memory=2GiB"));
        assertEquals(parts[1].equals("joined") ? 0 : 1, program.exit(), program.output());
        assertTrue(program.output().contains(parts[1]), program.output());
    }

    /**
     * Handlers that call one another, blocking and not, where the JVM believes in one processor.
     */
    static final class Narrow {
        private Narrow() {}

        public static final class Api {
            volatile Node node;

            public int nested(int depth) throws Exception {
                return depth == 0 ? 0 : 1 + node.call("api.nested", depth - 1).as(Integer.class);
            }

            public int later(int depth) throws Exception {
                return depth == 0
                        ? 0
                        : 1
                                + node.call("api.later", depth - 1)
                                        .async(Integer.class)
                                        .get(20, TimeUnit.SECONDS);
            }
        }

        public static void main(String[] arguments) throws Exception {
            Api api = new Api();
            try (Node node =
                    Node.join(
                            App.named("api").serve("api", api).onStart(joined -> api.node = joined),
                            NodeTest.config())) {
                node.waitFor("api", Duration.ofSeconds(5));
                List<CompletableFuture<Integer>> all = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    all.add(
                            node.call(i % 2 == 0 ? "api.nested" : "api.later", 8)
                                    .async(Integer.class));
                }
                int sum = 0;
                for (CompletableFuture<Integer> one : all) {
                    sum += one.get(20, TimeUnit.SECONDS);
                }
                System.out.println("sum " + sum);
            }
        }
    }

    @Test
    void oneProcessorIsEnough() throws Exception {
        Program program = Program.run(Narrow.class, Program.options("-XX:ActiveProcessorCount=1"));
        assertEquals(0, program.exit(), program.output());
        assertTrue(program.output().contains("sum 48"), program.output());
    }

    @Test
    void optionsOfTheChildAreHeeded() throws Exception {
        Program program =
                Program.run(Leaver.class, List.of("-Dtwinspan.library=/nowhere.so"), "return");
        assertEquals(1, program.exit());
        assertTrue(
                program.output().contains("BadConfigException")
                        && program.output().contains("/nowhere.so"),
                program.output());
    }
}
