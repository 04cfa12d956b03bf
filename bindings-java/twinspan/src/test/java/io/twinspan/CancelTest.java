package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Who gives a call up ends its handler, and nothing else. */
@Timeout(60)
class CancelTest {
    /** Handlers that wait, and what they saw. */
    public static final class Waiter {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        final CompletableFuture<String> stage = new CompletableFuture<>();
        volatile Node node;

        public String sleep() {
            seen.add("entered");
            try {
                Thread.sleep(30_000);
                seen.add("slept");
            } catch (InterruptedException e) {
                seen.add("interrupted " + CallContext.current().orElseThrow().cancelled());
            }
            return "done";
        }

        public String nested() {
            seen.add("outer");
            try {
                return node.call("waiter.sleep").as(String.class);
            } catch (TwinspanException e) {
                seen.add("outer ends: " + e.kind());
                throw e;
            }
        }

        public CompletableFuture<String> later() {
            seen.add("entered");
            stage.whenComplete((value, error) -> seen.add("stage " + stage.isCancelled()));
            return stage;
        }

        /** Ends when it is interrupted, and leaves the flag as it is. */
        public String deaf() {
            seen.add("entered");
            long until = System.nanoTime() + 20_000_000_000L;
            while (!Thread.currentThread().isInterrupted() && System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            seen.add(Thread.currentThread().isInterrupted() ? "interrupted" : "never told");
            return "done";
        }

        /** Busy for as long as it takes to see a flag that is none of its business. */
        public boolean clean() {
            for (int i = 0; i < 200; i++) {
                if (Thread.currentThread().isInterrupted()) {
                    return false;
                }
                Thread.onSpinWait();
            }
            return true;
        }
    }

    private static final Waiter WAITER = new Waiter();
    private static Node server;
    private static Node client;

    @BeforeAll
    static void join() {
        NodeConfig config = NodeTest.config();
        server =
                Node.join(
                        App.named("waiter")
                                .serve("waiter", WAITER)
                                .onStart(joined -> WAITER.node = joined),
                        config.name("server"));
        client = Node.join(config.name("client"));
        client.waitFor("waiter", Duration.ofSeconds(10));
    }

    @AfterAll
    static void close() {
        client.close();
        server.close(Duration.ZERO);
    }

    @BeforeEach
    void forget() {
        WAITER.seen.clear();
    }

    private static void expect(String what) throws InterruptedException {
        assertEquals(what, WAITER.seen.poll(5, TimeUnit.SECONDS));
    }

    @Test
    void aCancelledFutureInterruptsTheHandler() throws Exception {
        CompletableFuture<String> call = client.call("waiter.sleep").async(String.class);
        expect("entered");
        assertTrue(call.cancel(true));
        expect("interrupted true");
    }

    @Test
    void aPassedDeadlineInterruptsTheHandler() throws Exception {
        assertThrows(
                DeadlineExceededException.class,
                () -> client.call("waiter.sleep").timeout(Duration.ofMillis(200)).as(String.class));
        expect("entered");
        expect("interrupted true");
    }

    @Test
    void anInterruptedCallerInterruptsTheHandler() throws Exception {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread caller =
                new Thread(
                        () -> {
                            try {
                                client.call("waiter.sleep").as(String.class);
                            } catch (CallInterruptedException e) {
                                flag.complete(Thread.currentThread().isInterrupted());
                            }
                        });
        caller.start();
        expect("entered");
        caller.interrupt();
        assertTrue(flag.get(5, TimeUnit.SECONDS));
        expect("interrupted true");
    }

    @Test
    void nestedHandlersEndToo() throws Exception {
        CompletableFuture<String> call = client.call("waiter.nested").async(String.class);
        expect("outer");
        expect("entered");
        call.cancel(true);
        java.util.Set<String> both =
                java.util.Set.of(
                        WAITER.seen.poll(5, TimeUnit.SECONDS),
                        WAITER.seen.poll(5, TimeUnit.SECONDS));
        assertEquals(java.util.Set.of("interrupted true", "outer ends: CANCELLED"), both);
    }

    @Test
    void aStageIsCancelled() throws Exception {
        CompletableFuture<String> call = client.call("waiter.later").async(String.class);
        expect("entered");
        call.cancel(true);
        expect("stage true");
    }

    @Test
    void theNodeThatClosesInterruptsWhatItLeavesBehind() throws Exception {
        Waiter mine = new Waiter();
        Node lonely = Node.join(App.named("w").serve("waiter", mine), NodeTest.config());
        lonely.waitFor("waiter", Duration.ofSeconds(5));
        CompletableFuture<String> call = lonely.call("waiter.sleep").async(String.class);
        assertEquals("entered", mine.seen.poll(5, TimeUnit.SECONDS));
        lonely.close(Duration.ZERO);
        assertEquals("interrupted true", mine.seen.poll(5, TimeUnit.SECONDS));
        assertThrows(Exception.class, () -> call.get(5, TimeUnit.SECONDS));
    }

    /**
     * One thread that serves call after call and clears no flag between them, as the node's own
     * threads and most executors do.
     */
    private static final class OneThread implements Executor, AutoCloseable {
        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        private volatile boolean closed;

        OneThread() {
            Thread thread = new Thread(this::run, "one");
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            while (!closed) {
                Runnable task = tasks.poll();
                if (task == null) {
                    Thread.onSpinWait();
                } else {
                    task.run();
                }
            }
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void noOtherCallSeesTheInterrupt() throws Exception {
        Waiter mine = new Waiter();
        NodeConfig config = NodeTest.config();
        try (OneThread executor = new OneThread();
                Node provider =
                        Node.join(
                                App.named("w").serve("waiter", mine),
                                config.name("provider").executor(executor));
                Node caller = Node.join(config.name("caller"))) {
            assertFalse(provider.closed());
            caller.waitFor("waiter", Duration.ofSeconds(10));
            // A handler that is interrupted, doesn't look, and ends: the flag is its own.
            for (int i = 0; i < 200; i++) {
                CompletableFuture<String> one = caller.call("waiter.deaf").async(String.class);
                assertEquals("entered", mine.seen.poll(5, TimeUnit.SECONDS));
                one.cancel(true);
                assertTrue(caller.call("waiter.clean").as(Boolean.class), "call " + i);
                assertEquals("interrupted", mine.seen.poll(5, TimeUnit.SECONDS));
            }
            // Cancels that arrive while a handler is just ending.
            for (int i = 0; i < 2_000; i++) {
                CompletableFuture<Boolean> one = caller.call("waiter.clean").async(Boolean.class);
                if (i % 3 == 0) {
                    Thread.onSpinWait();
                } else if (i % 3 == 1) {
                    Thread.sleep(0, 50_000);
                }
                one.cancel(true);
                assertTrue(caller.call("waiter.clean").as(Boolean.class), "call " + i);
            }
        }
    }
}
