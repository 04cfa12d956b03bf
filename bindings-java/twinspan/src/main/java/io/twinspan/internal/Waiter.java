package io.twinspan.internal;

import java.util.concurrent.locks.LockSupport;

/** A thread that waits in Java, so that a virtual one gives up its carrier meanwhile. */
final class Waiter implements Answer {
    private final Thread thread = Thread.currentThread();
    private byte[] payload;
    private byte[] error;
    private volatile boolean done;

    @Override
    public void take(byte[] payload, byte[] error) {
        this.payload = payload;
        this.error = error;
        done = true;
        LockSupport.unpark(thread);
    }

    /** Waits for the outcome. Null: the thread was interrupted, and its flag is still set. */
    byte[] await() {
        while (!done) {
            if (thread.isInterrupted()) {
                return null;
            }
            LockSupport.park(this);
        }
        if (error != null) {
            throw new NativeException(error);
        }
        return payload;
    }

    /** Waits for the outcome whatever happens; an interrupt is kept for later. */
    byte[] awaitThrough() {
        boolean interrupted = false;
        while (!done) {
            interrupted |= Thread.interrupted();
            LockSupport.park(this);
        }
        if (interrupted) {
            thread.interrupt();
        }
        if (error != null) {
            throw new NativeException(error);
        }
        return payload;
    }
}
