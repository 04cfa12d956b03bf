package io.twinspan.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

@Timeout(60)
class PoolTest {
    /**
     * A task must never wait behind a busy thread while another could start, however the end of an
     * idle thread falls.
     */
    @Test
    void noTaskIsLeftToAThreadThatEnds() throws Exception {
        Pool pool = new Pool("test", Integer.MAX_VALUE, 200_000);
        CountDownLatch busy = new CountDownLatch(1);
        pool.execute(() -> quietly(busy));
        for (int i = 0; i < 4_000; i++) {
            Semaphore ran = new Semaphore(0);
            pool.execute(ran::release);
            assertTrue(ran.tryAcquire(5, TimeUnit.SECONDS), "task " + i + " waits");
            long until = System.nanoTime() + 195_000 + i % 40 * 500;
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        }
        busy.countDown();
        pool.close();
    }

    @Test
    void anIdleThreadIsUsedBeforeAnotherStarts() throws Exception {
        Pool pool = new Pool("test", Integer.MAX_VALUE);
        AtomicReference<Thread> ran = new AtomicReference<>();
        for (int i = 0; i < 50; i++) {
            Semaphore done = new Semaphore(0);
            pool.execute(
                    () -> {
                        ran.set(Thread.currentThread());
                        done.release();
                    });
            done.acquire();
            // Idle is who parks again.
            while (ran.get().getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
        }
        assertEquals("test-0", ran.get().getName());
        pool.close();
        ran.get().join(5_000);
        assertFalse(ran.get().isAlive());
        assertThrows(RejectedExecutionException.class, () -> pool.execute(() -> {}));
    }

    @Test
    void everyTaskOfABurstRuns() throws Exception {
        Pool pool = new Pool("test", 1_000);
        for (int round = 0; round < 300; round++) {
            CountDownLatch all = new CountDownLatch(500);
            for (int i = 0; i < 500; i++) {
                pool.execute(all::countDown);
            }
            assertTrue(all.await(10, TimeUnit.SECONDS), all.getCount() + " tasks are lost");
        }
        pool.close();
    }

    @Test
    void aFullPoolQueuesAndLosesNothing() throws Exception {
        Pool pool = new Pool("test", 3);
        AtomicInteger together = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(2_000);
        for (int t = 0; t < 4; t++) {
            new Thread(
                            () -> {
                                for (int i = 0; i < 500; i++) {
                                    pool.execute(
                                            () -> {
                                                most.accumulateAndGet(
                                                        together.incrementAndGet(), Math::max);
                                                together.decrementAndGet();
                                                all.countDown();
                                            });
                                }
                            })
                    .start();
        }
        assertTrue(all.await(20, TimeUnit.SECONDS));
        assertTrue(most.get() <= 3, "at once " + most);
        pool.close();
    }

    @Test
    void aTasksInterruptAndItsErrorEndWithIt() throws Exception {
        Pool pool = new Pool("test", 1);
        pool.execute(() -> Thread.currentThread().interrupt());
        pool.execute(
                () -> {
                    throw new AssertionError("on purpose");
                });
        Semaphore clean = new Semaphore(0);
        pool.execute(
                () -> {
                    if (!Thread.currentThread().isInterrupted()) {
                        clean.release();
                    }
                });
        assertTrue(clean.tryAcquire(5, TimeUnit.SECONDS));
        pool.close();
    }

    private static void quietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
