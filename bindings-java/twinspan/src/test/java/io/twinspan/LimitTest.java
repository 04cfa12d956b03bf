package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What a node refuses beyond the limits of its services and methods. */
@Timeout(60)
class LimitTest {
    public static class Slow {
        final CountDownLatch go = new CountDownLatch(1);
        final AtomicInteger runs = new AtomicInteger();

        public String hold() throws InterruptedException {
            runs.incrementAndGet();
            assertTrue(go.await(20, TimeUnit.SECONDS));
            return "done";
        }

        @Limit(running = 1, waiting = 0)
        public String alone() throws InterruptedException {
            return hold();
        }

        public String quick() {
            return "quick";
        }
    }

    private static void refused(Node node, String target) {
        long at = System.nanoTime();
        CallOptions once = CallOptions.attempts(1).withTimeout(Duration.ofSeconds(10));
        OverloadedException e =
                assertThrows(
                        OverloadedException.class,
                        () -> node.call(target).options(once).as(String.class));
        assertEquals(Executed.NO, e.executed());
        assertTrue(System.nanoTime() - at < 2_000_000_000L);
    }

    private static void until(java.util.function.BooleanSupplier holds) throws Exception {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!holds.getAsBoolean()) {
            assertTrue(System.nanoTime() < end);
            Thread.sleep(5);
        }
    }

    @Test
    void aServiceTakesNoMore() throws Exception {
        Slow slow = new Slow();
        App app =
                App.named("limits")
                        .limit("slow", Limits.none().running(2).waiting(1))
                        .serve("slow", slow)
                        .serve("free", new Slow());
        try (Node node = Node.join(app, NodeTest.config())) {
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                calls.add(node.call("slow.hold").async(String.class));
            }
            until(() -> slow.runs.get() == 2);
            refused(node, "slow.hold");
            refused(node, "slow.quick");
            assertEquals("quick", node.call("free.quick").as(String.class));
            assertEquals(2, slow.runs.get());
            slow.go.countDown();
            for (CompletableFuture<String> call : calls) {
                assertEquals("done", call.get(10, TimeUnit.SECONDS));
            }
            assertEquals("quick", node.call("slow.quick").as(String.class));
        }
    }

    @Test
    void aMethodTakesNoMore() throws Exception {
        Slow slow = new Slow();
        try (Node node = Node.join(App.named("limits").serve("slow", slow), NodeTest.config())) {
            CompletableFuture<String> call = node.call("slow.alone").async(String.class);
            until(() -> slow.runs.get() == 1);
            refused(node, "slow.alone");
            assertEquals("quick", node.call("slow.quick").as(String.class));
            slow.go.countDown();
            assertEquals("done", call.get(10, TimeUnit.SECONDS));
            assertEquals("done", node.call("slow.alone").as(String.class));
        }
    }

    interface Face {
        @Limit(running = 9)
        String one();

        @Limit(running = 1, waiting = 0)
        String held();
    }

    static final class OfFace implements Face {
        final CountDownLatch go = new CountDownLatch(1);
        final AtomicInteger runs = new AtomicInteger();

        @Override
        @Limit(running = 1, waiting = 0)
        public String one() {
            runs.incrementAndGet();
            try {
                assertTrue(go.await(20, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "done";
        }

        @Override
        public String held() {
            return one();
        }
    }

    @Test
    void theImplementationCountsBeforeItsInterface() throws Exception {
        OfFace face = new OfFace();
        App app = App.named("limits").serve("face", Face.class, face);
        try (Node node = Node.join(app, NodeTest.config())) {
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (String method : List.of("one", "held")) {
                calls.add(node.call("face." + method).async(String.class));
            }
            until(() -> face.runs.get() == 2);
            refused(node, "face.one");
            refused(node, "face.held");
            face.go.countDown();
            for (CompletableFuture<String> call : calls) {
                assertEquals("done", call.get(10, TimeUnit.SECONDS));
            }
        }
    }

    public static final class Never {
        @Limit(running = 0)
        public void run() {}
    }

    public static final class Negative {
        @Limit(waiting = -2)
        public void run() {}
    }

    public static final class Empty {
        @Limit(bytes = 0)
        public void run() {}
    }

    public static final class Two {
        @Limit(running = 1)
        public void run(int a) {}

        @Limit(running = 2)
        public void run(String a, String b) {}
    }

    @Test
    void wrongNumbersAreRefusedAtOnce() {
        App app = App.named("limits");
        for (Object wrong : List.of(new Never(), new Negative(), new Empty(), new Two())) {
            BadConfigException e =
                    assertThrows(BadConfigException.class, () -> app.serve("wrong", wrong));
            assertTrue(e.getMessage().contains("`wrong.run`"), e.getMessage());
            assertEquals(2, e.getMessage().lines().count());
        }
        Limits none = Limits.none();
        assertThrows(BadConfigException.class, () -> none.running(0));
        assertThrows(BadConfigException.class, () -> none.waiting(-1));
        assertThrows(BadConfigException.class, () -> none.bytes(0));
        assertEquals("Limits{waiting=0}", none.waiting(0).toString());
    }
}
