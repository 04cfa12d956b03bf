package io.twinspan;

import io.twinspan.internal.Calls;
import io.twinspan.internal.Scatter;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A call without an interface: {@code node.call("fraud.score",
 * Args.of(order)).timeout(Duration.ofSeconds(1)).as(Double.class)}.
 */
public final class RemoteCall {
    private final Node node;
    private final String target;
    private final Args arguments;
    private final CallOptions options;

    /** How many providers are called at once; 0 for a plain call. */
    private final int providers;

    RemoteCall(Node node, String target, Args arguments, CallOptions options, int providers) {
        this.node = node;
        this.target = target;
        this.arguments = arguments;
        this.options = options;
        this.providers = providers;
    }

    /**
     * Limits how long the call may take, retries included.
     *
     * @param timeout above zero
     * @return a copy with this timeout
     */
    public RemoteCall timeout(Duration timeout) {
        return options(CallOptions.timeout(timeout));
    }

    /**
     * Sets how the call is made.
     *
     * @param options win over those set before
     * @return a copy with these options
     */
    public RemoteCall options(CallOptions options) {
        return new RemoteCall(node, target, arguments, options.over(this.options), providers);
    }

    /**
     * Makes the call and waits.
     *
     * @param <T> the result
     * @param type of the result; {@code Void.class} for none
     * @return the result
     */
    public <T> T as(Class<T> type) {
        return wait(type);
    }

    /**
     * Makes the call and waits.
     *
     * @param <T> the result
     * @param type of the result
     * @return the result
     */
    public <T> T as(TypeRef<T> type) {
        return wait(type.type());
    }

    /**
     * Makes the call and doesn't wait.
     *
     * @param <T> the result
     * @param type of the result; {@code Void.class} for none
     * @return completed on the node's executor; cancelling it cancels the call
     */
    public <T> CompletableFuture<T> async(Class<T> type) {
        return begin(type);
    }

    /**
     * Makes the call and doesn't wait.
     *
     * @param <T> the result
     * @param type of the result
     * @return completed on the node's executor; cancelling it cancels the call
     */
    public <T> CompletableFuture<T> async(TypeRef<T> type) {
        return begin(type.type());
    }

    private <T> CompletableFuture<T> begin(Type type) {
        if (providers > 0) {
            return Scatter.first(
                    node.live(),
                    target,
                    options.options(),
                    arguments.positional(),
                    arguments.named(),
                    type,
                    providers);
        }
        return Calls.callAsync(
                node,
                node.live(),
                target,
                options.options(),
                arguments.positional(),
                arguments.named(),
                type);
    }

    @SuppressWarnings("unchecked")
    private <T> T wait(Type type) {
        if (providers > 0) {
            return Scatter.join(this.<T>begin(type));
        }
        return (T)
                Calls.call(
                        node,
                        node.live(),
                        target,
                        options.options(),
                        arguments.positional(),
                        arguments.named(),
                        type);
    }
}
