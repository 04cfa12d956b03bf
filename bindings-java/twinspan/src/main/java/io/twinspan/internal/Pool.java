package io.twinspan.internal;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Platform threads on demand: the one that became idle last is used first, another starts only when
 * none is idle, and work waits only when all of them are busy. (A {@code ThreadPoolExecutor} either
 * starts a thread for every task up to its core size, or queues before it grows; a queue that tells
 * it otherwise can leave a task to a thread that is just ending.)
 */
final class Pool implements Executor {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final String name;
    private final int most;
    private final long idleNanos;
    private final ReentrantLock lock = new ReentrantLock();
    // All below is guarded by the lock.
    private final ArrayDeque<Worker> idle = new ArrayDeque<>();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int threads;
    private int started;
    // Read without the lock too.
    private volatile boolean closed;

    Pool(String name, int most) {
        this(name, most, IDLE_NANOS);
    }

    Pool(String name, int most, long idleNanos) {
        this.name = name;
        this.most = Math.max(most, 1);
        this.idleNanos = idleNanos;
    }

    @Override
    public void execute(Runnable task) {
        Worker worker;
        lock.lock();
        try {
            if (closed) {
                throw new RejectedExecutionException("the node is closed");
            }
            worker = idle.pollFirst();
            if (worker == null) {
                if (threads == most) {
                    waiting.add(task);
                    return;
                }
                start(task);
                return;
            }
            worker.next = task;
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(worker.thread);
    }

    private void start(Runnable task) {
        Worker worker = new Worker(task);
        worker.thread = new Thread(worker, name + "-" + started++);
        worker.thread.setDaemon(true);
        try {
            worker.thread.start();
        } catch (OutOfMemoryError e) {
            throw new RejectedExecutionException("no more threads: " + e.getMessage(), e);
        }
        threads++;
    }

    /**
     * Takes nothing new. What waits still runs, and every thread ends when it has nothing to do.
     */
    void close() {
        lock.lock();
        try {
            closed = true;
            idle.forEach(worker -> LockSupport.unpark(worker.thread));
        } finally {
            lock.unlock();
        }
    }

    private final class Worker implements Runnable {
        private Thread thread;

        /**
         * Given by {@link #execute} to a worker that it took from {@link #idle}; whoever is in
         * there has none.
         */
        private volatile Runnable next;

        Worker(Runnable first) {
            next = first;
        }

        @Override
        public void run() {
            while (next != null || await()) {
                Runnable task = next;
                next = null;
                try {
                    task.run();
                } catch (Throwable e) {
                    Log.warn("a task failed: {}", e.toString());
                }
                Thread.interrupted(); // The next task has nothing to do with an interrupt of this
                // one.
            }
        }

        /** Waits for work; false when this thread shall end. */
        private boolean await() {
            lock.lock();
            try {
                next = waiting.poll();
                if (next != null) {
                    return true;
                }
                if (closed) {
                    threads--;
                    return false;
                }
                idle.addFirst(this);
            } finally {
                lock.unlock();
            }
            long until = System.nanoTime() + idleNanos;
            while (next == null) {
                long left = until - System.nanoTime();
                if (left <= 0 || closed) {
                    return !leave();
                }
                // No lock between the look at `next` and this: a contended one parks as well, and
                // would use up the permit that came with a task.
                LockSupport.parkNanos(Pool.this, left);
                Thread.interrupted(); // A set flag would make the park return at once, over and
                // over.
            }
            return true;
        }

        /** Whether this worker is still idle, and so may end. */
        private boolean leave() {
            lock.lock();
            try {
                if (!idle.remove(this)) {
                    return false; // It was given a task meanwhile.
                }
                threads--;
                return true;
            } finally {
                lock.unlock();
            }
        }
    }
}
