package desk;

import io.twinspan.Kind;
import io.twinspan.TwinspanException;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Repeats calls while the cluster changes: until a service that was lost with its node is served
 * again. The library itself tries the other providers at once; this is for the time in which there
 * is none. Every call of a desk may run twice.
 */
final class Again {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final Set<Kind> PASSING =
            EnumSet.of(
                    Kind.UNAVAILABLE,
                    Kind.NOT_FOUND,
                    Kind.MAYBE_EXECUTED,
                    Kind.CLOSED,
                    Kind.OVERLOADED,
                    Kind.DEADLINE_EXCEEDED);
    private static final Executor LATER =
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

    private Again() {}

    static <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> call) {
        return call(call, System.nanoTime() + PATIENCE_NANOS);
    }

    private static <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> call, long until) {
        return call.get()
                .exceptionallyCompose(
                        thrown ->
                                passes(thrown) && System.nanoTime() < until
                                        ? CompletableFuture.supplyAsync(
                                                        () -> call(call, until), LATER)
                                                .thenCompose(Function.identity())
                                        : CompletableFuture.failedFuture(thrown));
    }

    private static boolean passes(Throwable thrown) {
        Throwable error = thrown instanceof CompletionException ? thrown.getCause() : thrown;
        return error instanceof TwinspanException e && PASSING.contains(e.kind());
    }
}
