package io.twinspan.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The future of one call. Cancelling it cancels the call remotely. It is completed on the node's
 * executor, never on the pump nor on the common pool, so that what depends on it may block.
 *
 * @param <T> the result
 */
final class NodeFuture<T> extends CompletableFuture<T> implements Answer {
    private final LiveNode node;
    private final BiFunction<Object, InputPump, T> read;
    private final Function<RuntimeException, Throwable> failed;

    /** What the thread that made the call works with: so does what depends on the answer. */
    private final Ambient ambient = Current.get();

    private volatile long token;
    private volatile InputPump input;

    NodeFuture(
            LiveNode node,
            BiFunction<Object, InputPump, T> read,
            Function<RuntimeException, Throwable> failed) {
        this.node = node;
        this.read = read;
        this.failed = failed;
    }

    void started(long token, InputPump input) {
        this.input = input;
        this.token = token;
    }

    /** The call could not be made. */
    void refused(Throwable why) {
        node.lane().forget(token);
        InputPump.end(input);
        completeExceptionally(why);
    }

    @Override
    public void take(Object given, byte[] error) {
        try {
            node.continuation(() -> finish(given, error));
        } catch (Throwable e) {
            // No thread can be had. Here, on the pump, dependents may hold up others; unfinished,
            // it would hold up its caller for ever.
            finish(given, error);
        }
    }

    private void finish(Object given, byte[] error) {
        if (isDone()) {
            // Cancelled here: nobody wants the value any more.
            Lane.unheard(given);
            InputPump.end(input);
            return;
        }
        Ambient before = Current.set(ambient);
        try {
            if (error != null) {
                InputPump.end(input);
                completeExceptionally(failed.apply(Raise.decode(error)));
            } else {
                T value = read.apply(given, input);
                if (!complete(value) && value instanceof AutoCloseable unwanted) {
                    unwanted.close(); // A stream, and the future was cancelled this moment.
                }
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
            InputPump.end(input);
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
