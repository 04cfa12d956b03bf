package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

@Timeout(60)
class ExecutorTest {
    static final boolean HAS_VIRTUAL = Runtime.version().feature() >= 21;

    /** One method. */
    public static final class Api {
        public int fine() {
            return 7;
        }

        public boolean isVirtual() throws Exception {
            return HAS_VIRTUAL
                    && (boolean) Thread.class.getMethod("isVirtual").invoke(Thread.currentThread());
        }
    }

    private static Node join(Executor executor) {
        Node node =
                Node.join(
                        App.named("api").serve("api", new Api()),
                        NodeTest.config().executor(executor));
        node.waitFor("api", Duration.ofSeconds(5));
        return node;
    }

    @Test
    void aRefusedInvocationIsAnswered() {
        try (Node node =
                join(
                        task -> {
                            throw new RejectedExecutionException("full");
                        })) {
            CallOptions once = CallOptions.attempts(1);
            OverloadedException e =
                    assertThrows(
                            OverloadedException.class,
                            () -> node.call("api.fine").options(once).as(Integer.class));
            assertEquals(Executed.NO, e.executed());
            // The future's continuation is refused as well, and still it ends.
            CompletableFuture<Integer> future =
                    node.call("api.fine").options(once).async(Integer.class);
            ExecutionException failed =
                    assertThrows(ExecutionException.class, () -> future.get(5, TimeUnit.SECONDS));
            assertSame(OverloadedException.class, failed.getCause().getClass());
        }
    }

    @Test
    void nothingRunsOnThePump() throws Exception {
        // As a pool with CallerRunsPolicy does when it is full: the thread that takes events must
        // go on taking them.
        try (Node node = join(Runnable::run)) {
            CallOptions once = CallOptions.attempts(1);
            OverloadedException e =
                    assertThrows(
                            OverloadedException.class,
                            () -> node.call("api.fine").options(once).as(Integer.class));
            assertTrue(e.getMessage().contains("executor"), e.getMessage());
            String name =
                    node.call("api.fine")
                            .options(once)
                            .async(Integer.class)
                            .handle((value, error) -> Thread.currentThread().getName())
                            .get(5, TimeUnit.SECONDS);
            assertFalse(name.contains("pump"), name);
        }
    }

    @Test
    void anExecutorThatFailsIsAnswered() {
        try (Node node =
                join(
                        task -> {
                            throw new OutOfMemoryError("unable to create native thread");
                        })) {
            CallOptions once = CallOptions.attempts(1).withTimeout(Duration.ofSeconds(5));
            assertThrows(
                    OverloadedException.class,
                    () -> node.call("api.fine").options(once).as(Integer.class));
            CompletableFuture<Integer> future =
                    node.call("api.fine").options(once).async(Integer.class);
            assertThrows(ExecutionException.class, () -> future.get(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void aDroppedInvocationIsAnswered() throws Exception {
        try (Node node = join(task -> {})) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread caller =
                    new Thread(
                            () -> {
                                try {
                                    node.call("api.fine")
                                            .options(
                                                    CallOptions.attempts(1)
                                                            .withTimeout(Duration.ofSeconds(20)))
                                            .as(Integer.class);
                                } catch (Throwable e) {
                                    thrown.set(e);
                                }
                            });
            caller.start();
            for (int i = 0; i < 100 && caller.isAlive(); i++) {
                System.gc();
                caller.join(50);
            }
            assertSame(
                    InternalException.class, thrown.get() == null ? null : thrown.get().getClass());
            assertTrue(thrown.get().getMessage().contains("dropped"), thrown.get().getMessage());
        }
    }

    @Test
    void theApplicationsExecutorRunsHandlers() {
        List<Runnable> ran = new ArrayList<>();
        try (Node node =
                join(
                        task -> {
                            synchronized (ran) {
                                ran.add(task);
                            }
                            new Thread(task).start();
                        })) {
            assertEquals(7, node.call("api.fine").as(Integer.class));
        }
        synchronized (ran) {
            assertEquals(1, ran.size());
        }
    }

    @Test
    void virtualThreadsServeAndCallWhereTheJvmHasThem() throws Exception {
        try (Node node = Node.join(App.named("api").serve("api", new Api()), NodeTest.config())) {
            assertEquals(HAS_VIRTUAL, node.call("api.isVirtual").as(Boolean.class));
            if (!HAS_VIRTUAL) {
                return; // Java 17 has platform threads only, and that is what was just seen.
            }
            AtomicReference<Object> answer = new AtomicReference<>();
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Thread thread =
                    (Thread)
                            Class.forName("java.lang.Thread$Builder")
                                    .getMethod("start", Runnable.class)
                                    .invoke(
                                            builder,
                                            (Runnable)
                                                    () ->
                                                            answer.set(
                                                                    node.call("api.fine")
                                                                            .as(Integer.class)));
            thread.join(10_000);
            assertEquals(7, answer.get());
            AtomicReference<Object> interrupted = new AtomicReference<>();
            Thread waiting =
                    (Thread)
                            Class.forName("java.lang.Thread$Builder")
                                    .getMethod("start", Runnable.class)
                                    .invoke(
                                            builder,
                                            (Runnable)
                                                    () -> {
                                                        try {
                                                            node.waitFor(
                                                                    "nobody",
                                                                    Duration.ofSeconds(20));
                                                        } catch (CallInterruptedException e) {
                                                            interrupted.set(
                                                                    Thread.currentThread()
                                                                            .isInterrupted());
                                                        }
                                                    });
            Thread.sleep(100);
            waiting.interrupt();
            waiting.join(5_000);
            assertEquals(true, interrupted.get());
        }
    }
}
