package desk;

import io.twinspan.CallContext;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What a desk counts: calls that it served, by the caller's language, and how long its own calls
 * took. Shared by all threads.
 */
final class Traffic {
    private final Map<String, Long> served = new TreeMap<>();
    private final List<Long> latencies = new ArrayList<>();

    /**
     * A handler was entered; called inside it. Who calls is what the library says of the current
     * call.
     */
    synchronized void served() {
        served.merge(CallContext.current().orElseThrow().language(), 1L, Long::sum);
    }

    /** Makes a call; one that fails is not counted. */
    <T> CompletableFuture<T> timed(Supplier<CompletableFuture<T>> call) {
        long begun = System.nanoTime();
        return call.get()
                .thenApply(
                        answer -> {
                            took(System.nanoTime() - begun);
                            return answer;
                        });
    }

    private synchronized void took(long nanos) {
        latencies.add(nanos / 1000);
    }

    synchronized Map<String, Long> servedByLanguage() {
        return new TreeMap<>(served);
    }

    synchronized List<Long> latencies() {
        return List.copyOf(latencies);
    }
}
