package io.twinspan;

import io.twinspan.internal.Calls;

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

    RemoteCall(Node node, String target, Args arguments, CallOptions options) {
        this.node = node;
        this.target = target;
        this.arguments = arguments;
        this.options = options;
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
        return new RemoteCall(node, target, arguments, options.over(this.options));
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
        return Calls.callAsync(
                node.live(),
                target,
                options.options(),
                arguments.positional(),
                arguments.named(),
                type);
    }

    /**
     * Makes the call and doesn't wait.
     *
     * @param <T> the result
     * @param type of the result
     * @return completed on the node's executor; cancelling it cancels the call
     */
    public <T> CompletableFuture<T> async(TypeRef<T> type) {
        return Calls.callAsync(
                node.live(),
                target,
                options.options(),
                arguments.positional(),
                arguments.named(),
                type.type());
    }

    @SuppressWarnings("unchecked")
    private <T> T wait(Type type) {
        return (T)
                Calls.call(
                        node.live(),
                        target,
                        options.options(),
                        arguments.positional(),
                        arguments.named(),
                        type);
    }
}
