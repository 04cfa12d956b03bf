package io.twinspan;

import io.twinspan.internal.Scatter;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A call of every provider of a service: {@code node.callAll("cache.clear").as(Void.class)}. */
public final class CallAll {
    private final Node node;
    private final String target;
    private final Args arguments;
    private final CallOptions options;

    CallAll(Node node, String target, Args arguments, CallOptions options) {
        this.node = node;
        this.target = target;
        this.arguments = arguments;
        this.options = options;
    }

    /**
     * Limits how long each call may take, retries included.
     *
     * @param timeout above zero
     * @return a copy with this timeout
     */
    public CallAll timeout(Duration timeout) {
        return options(CallOptions.timeout(timeout));
    }

    /**
     * Sets how the calls are made.
     *
     * @param options win over those set before
     * @return a copy with these options
     */
    public CallAll options(CallOptions options) {
        return new CallAll(node, target, arguments, options.over(this.options));
    }

    /**
     * Makes the calls at once and waits for all of them.
     *
     * @param <T> the results
     * @param type of the results; {@code Void.class} for none
     * @return how each ended, by the provider's name
     * @throws NotFoundException if nobody serves the service
     * @throws UnavailableException if no provider is ready
     */
    public <T> Map<String, Outcome<T>> as(Class<T> type) {
        return Scatter.join(this.<T>begin(type));
    }

    /**
     * Makes the calls at once and waits for all of them.
     *
     * @param <T> the results
     * @param type of the results
     * @return how each ended, by the provider's name
     * @throws NotFoundException if nobody serves the service
     * @throws UnavailableException if no provider is ready
     */
    public <T> Map<String, Outcome<T>> as(TypeRef<T> type) {
        return Scatter.join(this.<T>begin(type.type()));
    }

    /**
     * Makes the calls at once and doesn't wait.
     *
     * @param <T> the results
     * @param type of the results; {@code Void.class} for none
     * @return how each ended, by the provider's name; cancelling it cancels the calls
     */
    public <T> CompletableFuture<Map<String, Outcome<T>>> async(Class<T> type) {
        return begin(type);
    }

    /**
     * Makes the calls at once and doesn't wait.
     *
     * @param <T> the results
     * @param type of the results
     * @return how each ended, by the provider's name; cancelling it cancels the calls
     */
    public <T> CompletableFuture<Map<String, Outcome<T>>> async(TypeRef<T> type) {
        return begin(type.type());
    }

    private <T> CompletableFuture<Map<String, Outcome<T>>> begin(Type type) {
        Map<String, CompletableFuture<T>> calls =
                Scatter.everywhere(
                        node.live(),
                        target,
                        options.options(),
                        arguments.positional(),
                        arguments.named(),
                        type);
        return Scatter.all(
                calls.values(),
                () -> {
                    Map<String, Outcome<T>> out = new LinkedHashMap<>();
                    calls.forEach(
                            (name, call) -> out.put(name, Scatter.outcome(call, Outcome::new)));
                    return out;
                });
    }
}
