package io.twinspan.internal;

/**
 * Interrupts whichever thread runs a task, while it runs that task and not a moment longer: the
 * thread's next task never sees the flag.
 */
final class Interruptible {
    private Thread thread;
    private boolean wanted;
    private boolean told;

    /** The current thread runs the task from now on. */
    synchronized void enter() {
        thread = Thread.currentThread();
        tell();
    }

    /** The current thread is done with the task. What nobody else asked for is taken back. */
    synchronized void leave() {
        thread = null;
        if (told) {
            told = false;
            Thread.interrupted();
        }
    }

    /** Interrupts the task, at once or when it begins. */
    synchronized void interrupt() {
        wanted = true;
        tell();
    }

    private void tell() {
        if (wanted && thread != null && !told) {
            told = true;
            thread.interrupt();
        }
    }
}
