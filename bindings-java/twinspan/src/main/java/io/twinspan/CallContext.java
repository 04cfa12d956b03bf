package io.twinspan;

import io.twinspan.internal.Current;
import io.twinspan.internal.Running;
import io.twinspan.internal.Wire;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * What a handler may know of its call. A parameter of this type gets it too and is invisible to
 * callers. Calls made inside a handler inherit its deadline and end with it.
 */
public final class CallContext {
    private final Running running;

    CallContext(Running running) {
        this.running = running;
    }

    /**
     * Answers the call that the current thread works for.
     *
     * @return empty outside a handler
     */
    public static Optional<CallContext> current() {
        return Optional.ofNullable(Current.get()).map(CallContext::new);
    }

    /**
     * Carries the current call to another thread.
     *
     * @param task runs elsewhere
     * @return the task inside the current call; the task itself outside a handler
     */
    public static Runnable wrap(Runnable task) {
        Running running = Current.get();
        if (running == null) {
            return task;
        }
        return () -> {
            Running before = Current.set(running);
            try {
                task.run();
            } finally {
                Current.set(before);
            }
        };
    }

    /**
     * Carries the current call to another thread.
     *
     * @param <T> the result
     * @param task runs elsewhere
     * @return the task inside the current call; the task itself outside a handler
     */
    public static <T> Callable<T> wrap(Callable<T> task) {
        Running running = Current.get();
        if (running == null) {
            return task;
        }
        return () -> {
            Running before = Current.set(running);
            try {
                return task.call();
            } finally {
                Current.set(before);
            }
        };
    }

    /**
     * Answers the service that was called.
     *
     * @return its name
     */
    public String service() {
        return text("service");
    }

    /**
     * Answers the method that was called.
     *
     * @return its name
     */
    public String method() {
        return text("method");
    }

    /**
     * Answers who called.
     *
     * @return the name of the node
     */
    public String caller() {
        return text("caller");
    }

    /**
     * Answers who called.
     *
     * @return the id of the node, 32 hexadecimal digits
     */
    public String callerId() {
        return text("caller_id");
    }

    /**
     * Answers in which language the caller is written.
     *
     * @return {@code python} or {@code java}
     */
    public String language() {
        return text("language");
    }

    /**
     * Answers which attempt this is: callers may try again elsewhere when nothing ran.
     *
     * @return the number of the attempt, from 1
     */
    public int attempt() {
        return number("attempt");
    }

    /**
     * Answers how many calls lie between this one and the root.
     *
     * @return at most 32
     */
    public int depth() {
        return number("depth");
    }

    /**
     * Answers what the root caller sent along to everything below it.
     *
     * @return empty without baggage
     */
    public Map<String, Object> baggage() {
        return running.context().get("baggage") instanceof byte[] bytes && bytes.length > 0
                ? Wire.map(bytes)
                : Map.of();
    }

    /**
     * Answers the time until the caller stops waiting.
     *
     * @return zero when it has passed
     */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, running.remainingNanos()));
    }

    /**
     * Answers whether the caller no longer wants the answer. The library never interrupts a
     * handler: an interrupt would close the files and sockets that it shares.
     *
     * @return true once cancelled or past the deadline
     */
    public boolean cancelled() {
        return running.cancelled();
    }

    /**
     * Runs something when the call is cancelled, at once if it is already.
     *
     * @param hook runs on the node's executor
     */
    public void onCancel(Runnable hook) {
        running.onCancel(hook);
    }

    private String text(String key) {
        return running.context().get(key) instanceof String text ? text : "";
    }

    private int number(String key) {
        return running.context().get(key) instanceof Number number ? number.intValue() : 0;
    }
}
