package io.twinspan.internal;

/** The invocation that the current thread works for. */
public final class Current {
    private static final ThreadLocal<Running> RUNNING = new ThreadLocal<>();

    private Current() {}

    /**
     * Answers the invocation that the thread works for.
     *
     * @return null outside a handler
     */
    public static Running get() {
        return RUNNING.get();
    }

    /**
     * Makes the thread work for an invocation.
     *
     * @param running the invocation, or null for none
     * @return what it worked for before, to be given back
     */
    public static Running set(Running running) {
        Running before = RUNNING.get();
        if (running == null) {
            RUNNING.remove();
        } else {
            RUNNING.set(running);
        }
        return before;
    }

    /** The parent of a call made now, or 0. */
    static long parent() {
        Running running = RUNNING.get();
        return running == null || running.ended() ? 0 : running.call();
    }
}
