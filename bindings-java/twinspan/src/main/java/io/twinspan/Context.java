package io.twinspan;

import io.twinspan.internal.Ambient;
import io.twinspan.internal.Current;
import io.twinspan.internal.WrappedExecutor;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;

/**
 * What calls carry along to everything below them: baggage and the trace. Inside a handler it is
 * what the caller sent; a scope changes it for the calls of the current thread.
 *
 * <pre>{@code
 * try (Context.Scope scope = Context.withBaggage("tenant", "a")) {
 *     fraud.score(order);
 * }
 * ExecutorService pool = Context.wrap(Executors.newFixedThreadPool(4));
 * }</pre>
 *
 * Other threads know nothing of a scope unless their executor or task is wrapped. Baggage has at
 * most 2,048 bytes in all; a call that carries more is refused.
 */
public final class Context {
    private Context() {}

    /** Ends when it is closed, by the thread that opened it. */
    @FunctionalInterface
    public interface Scope extends AutoCloseable {
        /** Gives back what was there before. A second call does nothing. */
        @Override
        void close();
    }

    /**
     * Adds to the baggage of the calls of this thread.
     *
     * @param key replaces a former value of the same key
     * @param value any text
     * @return ends it
     */
    public static Scope withBaggage(String key, String value) {
        return withBaggage(
                Map.of(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value")));
    }

    /**
     * Adds to the baggage of the calls of this thread.
     *
     * @param more replaces former values of the same keys
     * @return ends it
     */
    public static Scope withBaggage(Map<String, String> more) {
        return Current.enter(Ambient.now().withBaggage(Map.copyOf(more)))::run;
    }

    /**
     * Answers the baggage that a call made now would carry.
     *
     * @return empty without any
     */
    public static Map<String, String> baggage() {
        return Ambient.now().baggage();
    }

    /**
     * Lets the calls of this thread belong to a trace that began elsewhere.
     *
     * @param traceparent as W3C Trace Context writes it
     * @return ends it
     * @throws BadArgumentsException if it is none
     */
    public static Scope withTraceparent(String traceparent) {
        return Current.enter(Ambient.now().withTraceparent(traceparent))::run;
    }

    /**
     * Answers the trace to which a call made now would belong.
     *
     * @return empty where a call would begin a trace of its own
     */
    public static Optional<String> traceparent() {
        return Optional.ofNullable(Ambient.now().traceparent()).filter(text -> !text.isEmpty());
    }

    /**
     * Carries the current call, baggage, trace and options to another thread.
     *
     * @param task runs elsewhere
     * @return the task with what this thread has now
     */
    public static Runnable wrap(Runnable task) {
        return Current.wrap(task);
    }

    /**
     * Carries the current call, baggage, trace and options to another thread.
     *
     * @param <T> the result
     * @param task runs elsewhere
     * @return the task with what this thread has now
     */
    public static <T> Callable<T> wrap(Callable<T> task) {
        return Current.wrap(task);
    }

    /**
     * Lets every task run with what the thread that gives it has.
     *
     * @param executor runs the tasks
     * @return an executor in front of it
     */
    public static Executor wrap(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        return task -> executor.execute(Current.wrap(task));
    }

    /**
     * Lets every task run with what the thread that gives it has.
     *
     * @param executor runs the tasks
     * @return an executor in front of it; shutting it down shuts down the other
     */
    public static ExecutorService wrap(ExecutorService executor) {
        return new WrappedExecutor(Objects.requireNonNull(executor, "executor"));
    }
}
