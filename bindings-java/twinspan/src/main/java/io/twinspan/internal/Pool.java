package io.twinspan.internal;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Platform threads on demand: an idle one is used before another starts, and work waits only when
 * all are busy. (A plain {@link ThreadPoolExecutor} either starts a thread for every task up to its
 * core size, or queues before it grows.) What waits is bounded by the core, which hands out
 * invocations against permits only.
 */
final class Pool extends ThreadPoolExecutor {
    private static final long IDLE_SECONDS = 60;

    Pool(String name, int most) {
        super(
                0,
                Math.max(most, 1),
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new Handoff(),
                factory(name),
                Pool::queue);
    }

    private static java.util.concurrent.ThreadFactory factory(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }

    private static void queue(Runnable task, ThreadPoolExecutor pool) {
        if (pool.isShutdown()) {
            throw new RejectedExecutionException("the node is closed");
        }
        ((Handoff) pool.getQueue()).keep(task);
    }

    /** Takes a task only if a thread is waiting for one, so that the pool grows otherwise. */
    private static final class Handoff extends LinkedBlockingQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        private final AtomicInteger waiting = new AtomicInteger();

        @Override
        public boolean offer(Runnable task) {
            int idle = waiting.get();
            // More tasks queued than threads waiting: those threads are spoken for.
            return idle > size() && super.offer(task);
        }

        void keep(Runnable task) {
            super.offer(task);
        }

        @Override
        public Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
            waiting.incrementAndGet();
            try {
                return super.poll(timeout, unit);
            } finally {
                waiting.decrementAndGet();
            }
        }

        @Override
        public Runnable take() throws InterruptedException {
            waiting.incrementAndGet();
            try {
                return super.take();
            } finally {
                waiting.decrementAndGet();
            }
        }
    }
}
