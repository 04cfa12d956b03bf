package io.twinspan.internal;

import java.util.concurrent.Callable;

/** What the current thread works for. */
public final class Current {
    private static final ThreadLocal<Ambient> AMBIENT = new ThreadLocal<>();

    private Current() {}

    /** Null for nothing at all. */
    static Ambient get() {
        return AMBIENT.get();
    }

    static Ambient set(Ambient ambient) {
        Ambient before = AMBIENT.get();
        if (ambient == null) {
            AMBIENT.remove();
        } else {
            AMBIENT.set(ambient);
        }
        return before;
    }

    /**
     * Answers the invocation that the thread works for.
     *
     * @return null outside a handler
     */
    public static Running running() {
        Ambient ambient = AMBIENT.get();
        return ambient == null ? null : ambient.running();
    }

    /**
     * Lets the current thread work with something else for a while.
     *
     * @param ambient what its calls inherit
     * @return gives back what was there before, on the same thread only
     */
    public static Runnable enter(Ambient ambient) {
        Ambient before = set(ambient);
        return () -> {
            // A scope that is closed on another thread, twice or after an outer one changes
            // nothing.
            if (get() == ambient) {
                set(before);
            }
        };
    }

    /**
     * Carries what the current thread works with to another thread.
     *
     * @param task runs elsewhere
     * @return the task itself when there is nothing to carry
     */
    public static Runnable wrap(Runnable task) {
        Ambient carried = get();
        return carried == null ? task : with(carried.kept(), task);
    }

    /**
     * Carries what the current thread works with to another thread.
     *
     * @param <T> the result
     * @param task runs elsewhere
     * @return the task itself when there is nothing to carry
     */
    public static <T> Callable<T> wrap(Callable<T> task) {
        Ambient carried = get();
        if (carried == null) {
            return task;
        }
        carried.kept();
        return () -> {
            Ambient before = set(carried);
            try {
                return task.call();
            } finally {
                set(before);
            }
        };
    }

    static Runnable with(Ambient carried, Runnable task) {
        return () -> {
            Ambient before = set(carried);
            try {
                task.run();
            } finally {
                set(before);
            }
        };
    }

    /** The parent of a call made now, or 0. */
    static long parent(Ambient ambient) {
        Running running = ambient == null ? null : ambient.running();
        return running == null || running.ended() ? 0 : running.call();
    }
}
