package io.twinspan.internal;

import java.util.concurrent.locks.LockSupport;

/** A thread that waits in Java, so that a virtual one gives up its carrier meanwhile. */
final class Waiter implements Answer {
    private final Thread thread = Thread.currentThread();
    private Object given;
    private byte[] error;
    private volatile boolean done;
    private volatile boolean left;

    @Override
    public void take(Object given, byte[] error) {
        this.given = given;
        this.error = error;
        done = true;
        LockSupport.unpark(thread);
        if (left) {
            Lane.unheard(given);
        }
    }

    /** Waits for the outcome. Null: the thread was interrupted, and its flag is still set. */
    Object await() {
        while (!done) {
            if (thread.isInterrupted()) {
                left = true;
                if (done) {
                    Lane.unheard(given); // It came this moment.
                }
                return null;
            }
            LockSupport.park(this);
        }
        if (error != null) {
            throw new NativeException(error);
        }
        return given;
    }

    /** Waits for the outcome whatever happens; an interrupt is kept for later. */
    void awaitThrough() {
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
    }
}
