package io.twinspan;

import io.twinspan.internal.Raise;
import io.twinspan.internal.Scatter;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Many calls of one method, a window of them under way at once:
 *
 * <pre>{@code
 * try (Stream<Outcome<Price>> prices = node.callMany("pricing.quote", sets).as(Price.class)) {
 *     prices.forEach(price -> ...);
 * }
 * }</pre>
 */
public final class CallMany {
    private static final int WINDOW = 1024;

    private final Node node;
    private final String target;
    private final Iterable<Args> sets;
    private final CallOptions options;
    private final int window;

    CallMany(Node node, String target, Iterable<Args> sets) {
        this(node, target, sets, CallOptions.defaults(), WINDOW);
    }

    private CallMany(
            Node node, String target, Iterable<Args> sets, CallOptions options, int window) {
        this.node = node;
        this.target = target;
        this.sets = sets;
        this.options = options;
        this.window = window;
    }

    /**
     * Bounds how many calls are under way at once.
     *
     * @param window above zero; 1,024 when not set
     * @return a copy with this window
     */
    public CallMany window(int window) {
        if (window < 1) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "window is a number above zero, not " + window,
                    "Leave it out for 1,024.");
        }
        return new CallMany(node, target, sets, options, window);
    }

    /**
     * Limits how long each call may take, retries included.
     *
     * @param timeout above zero
     * @return a copy with this timeout
     */
    public CallMany timeout(Duration timeout) {
        return options(CallOptions.timeout(timeout));
    }

    /**
     * Sets how the calls are made.
     *
     * @param options win over those set before
     * @return a copy with these options
     */
    public CallMany options(CallOptions options) {
        return new CallMany(node, target, sets, options.over(this.options), window);
    }

    /**
     * Makes the calls as the stream is read.
     *
     * @param <T> the results
     * @param type of the results; {@code Void.class} for none
     * @return how each call ended, in the order of the arguments; closing it cancels what is under
     *     way
     */
    public <T> Stream<Outcome<T>> as(Class<T> type) {
        return begin(type);
    }

    /**
     * Makes the calls as the stream is read.
     *
     * @param <T> the results
     * @param type of the results
     * @return how each call ended, in the order of the arguments; closing it cancels what is under
     *     way
     */
    public <T> Stream<Outcome<T>> as(TypeRef<T> type) {
        return begin(type.type());
    }

    private <T> Stream<Outcome<T>> begin(Type type) {
        return Scatter.pipelined(
                sets.iterator(),
                window,
                set ->
                        Scatter.<T>call(
                                node.live(),
                                target,
                                options.options(),
                                set.positional(),
                                set.named(),
                                type),
                call -> Scatter.outcome(call, Outcome::new));
    }
}
