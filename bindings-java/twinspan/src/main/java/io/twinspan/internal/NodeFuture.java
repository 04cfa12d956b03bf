package io.twinspan.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The future of one call. Cancelling it cancels the call remotely. It is completed on the node's
 * executor, never on the pump nor on the common pool, so that what depends on it may block.
 *
 * @param <T> the result
 */
final class NodeFuture<T> extends CompletableFuture<T> implements Answer {
    private final LiveNode node;
    private final Function<byte[], T> decode;
    private final Function<RuntimeException, Throwable> failed;

    /** What the thread that made the call works with: so does what depends on the answer. */
    private final Ambient ambient = Current.get();

    private volatile long token;

    NodeFuture(
            LiveNode node,
            Function<byte[], T> decode,
            Function<RuntimeException, Throwable> failed) {
        this.node = node;
        this.decode = decode;
        this.failed = failed;
    }

    void started(long token) {
        this.token = token;
    }

    @Override
    public void take(byte[] payload, byte[] error) {
        try {
            node.continuation(() -> finish(payload, error));
        } catch (Throwable e) {
            // No thread can be had. Here, on the pump, dependents may hold up others; unfinished,
            // it would hold up its caller for ever.
            finish(payload, error);
        }
    }

    private void finish(byte[] payload, byte[] error) {
        if (isDone()) {
            return; // Cancelled here: nobody wants the value any more.
        }
        Ambient before = Current.set(ambient);
        try {
            if (error != null) {
                completeExceptionally(failed.apply(Raise.decode(error)));
            } else {
                complete(decode.apply(payload));
            }
        } catch (Throwable e) {
            completeExceptionally(e);
        } finally {
            Current.set(before);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled && token != 0) {
            node.lane().cancel(token);
        }
        return cancelled;
    }

    @Override
    public Executor defaultExecutor() {
        Executor executor = node.continuations();
        return ambient == null ? executor : task -> executor.execute(Current.with(ambient, task));
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new NodeFuture<>(node, null, null);
    }
}
