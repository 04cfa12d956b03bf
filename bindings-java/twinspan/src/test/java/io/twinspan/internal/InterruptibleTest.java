package io.twinspan.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

@Timeout(60)
class InterruptibleTest {
    @Test
    void onlyTheTaskIsInterrupted() {
        Interruptible task = new Interruptible();
        task.enter();
        assertFalse(Thread.currentThread().isInterrupted());
        task.interrupt();
        assertTrue(Thread.currentThread().isInterrupted());
        task.leave();
        assertFalse(Thread.currentThread().isInterrupted(), "the flag was the task's");
        task.interrupt();
        assertFalse(Thread.currentThread().isInterrupted(), "the task is over");
    }

    @Test
    void oneThatIsWantedEarlyIsInterruptedWhenItBegins() {
        Interruptible task = new Interruptible();
        task.interrupt();
        assertFalse(Thread.currentThread().isInterrupted());
        task.enter();
        assertTrue(Thread.interrupted());
        task.leave();
    }

    @Test
    void whatOthersAskedForStays() {
        Interruptible task = new Interruptible();
        task.enter();
        Thread.currentThread().interrupt();
        task.leave();
        assertTrue(Thread.interrupted(), "an interrupt from elsewhere is not taken back");
    }

    @Test
    void atTheEndOfATaskItIsInTimeOrNotAtAll() throws Exception {
        AtomicReference<Interruptible> current = new AtomicReference<>(new Interruptible());
        AtomicInteger strange = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        long until = System.nanoTime() + 20_000_000_000L;
        Thread worker =
                new Thread(
                        () -> {
                            while (told.get() < 200 && System.nanoTime() < until) {
                                Interruptible task = new Interruptible();
                                task.enter();
                                current.set(task);
                                if (Thread.currentThread().isInterrupted()) {
                                    told.incrementAndGet();
                                }
                                task.leave();
                                // Between two tasks nobody interrupts.
                                if (Thread.interrupted()) {
                                    strange.incrementAndGet();
                                }
                            }
                        });
        worker.start();
        while (worker.isAlive()) {
            current.get().interrupt();
        }
        worker.join();
        assertEquals(0, strange.get());
        assertEquals(200, told.get(), "interrupts that came while a task ran");
    }
}
