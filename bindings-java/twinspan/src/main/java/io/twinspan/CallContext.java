package io.twinspan;

import io.twinspan.internal.Current;
import io.twinspan.internal.Raise;
import io.twinspan.internal.Running;

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
        return Optional.ofNullable(Current.running()).map(CallContext::new);
    }

    /**
     * Carries the current call to another thread.
     *
     * @param task runs elsewhere
     * @return the task inside the current call; the same as {@link Context#wrap(Runnable)}
     */
    public static Runnable wrap(Runnable task) {
        return Current.wrap(task);
    }

    /**
     * Carries the current call to another thread.
     *
     * @param <T> the result
     * @param task runs elsewhere
     * @return the task inside the current call; the same as {@link Context#wrap(Callable)}
     */
    public static <T> Callable<T> wrap(Callable<T> task) {
        return Current.wrap(task);
    }

    /**
     * Answers the node on which the handler runs: for calls of its own, and for clients of the
     * references that it was given.
     *
     * @return the node that joined
     * @throws ClosedException if the program let go of it
     */
    public Node node() {
        if (running.face() instanceof Node node) {
            return node;
        }
        throw Raise.error(
                Kind.CLOSED,
                "the node of this call was let go of by its program",
                "Keep the node as long as its handlers run.");
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
    public Map<String, String> baggage() {
        return running.baggage();
    }

    /**
     * Answers the trace to which this call belongs.
     *
     * @return a W3C traceparent, whose span is this call's own
     */
    public String traceparent() {
        return running.traceparent();
    }

    /**
     * Answers the time until the caller stops waiting. A call whose streams flow has no deadline
     * any more.
     *
     * @return zero when it has passed, about 292 years for none
     */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, running.remainingNanos()));
    }

    /**
     * Answers whether the caller no longer wants the answer. The thread that runs the handler is
     * interrupted then, while the handler runs; a stage that it answered is cancelled.
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
