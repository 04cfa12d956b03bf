package agents;

import io.twinspan.Default;
import io.twinspan.Node;
import io.twinspan.RemoteStream;
import io.twinspan.TypeRef;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Streams: what the scenarios' providers offer; agents/python/feeds.py is the same in Python. */
public final class Feeds {
    private volatile Node node;

    void joined(Node joined) {
        node = joined;
    }

    private Source<Long> source(String kind, long n, String key) {
        return Source.of(kind, n, key, node.name());
    }

    // The provider sends

    public Iterator<Long> numbers(long n, @Default("") String key) {
        return source("numbers", n, key);
    }

    public Flow.Publisher<Long> numbersAsync(long n, @Default("") String key) {
        return new Emitter<>(source("numbers", n, key));
    }

    public Iterator<Long> breaking(long n, @Default("") String key) {
        return source("breaking", n, key);
    }

    public Flow.Publisher<Long> breakingAsync(long n, @Default("") String key) {
        return new Emitter<>(source("breaking", n, key));
    }

    public Iterator<Long> gated(long n, String key) {
        return source("gated", n, key);
    }

    public Flow.Publisher<Long> gatedAsync(long n, String key) {
        return new Emitter<>(source("gated", n, key));
    }

    public Iterator<Long> ticks(long ms, long n, String key) {
        return ticking(ms, n, key);
    }

    public Flow.Publisher<Long> ticksAsync(long ms, long n, String key) {
        return new Emitter<>(ticking(ms, n, key));
    }

    private Source<Long> ticking(long ms, long n, String key) {
        LongFunction<Long> tick =
                at -> {
                    try {
                        Thread.sleep(ms);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException("told", e);
                    }
                    return at;
                };
        return new Source<>(n, tick, () -> Agent.event("closed", key, node.name()));
    }

    public Stream<byte[]> blobs(List<Integer> sizes) {
        return LongStream.range(0, sizes.size()).mapToObj(at -> filled(at, sizes.get((int) at)));
    }

    public Flow.Publisher<byte[]> blobsAsync(List<Integer> sizes) {
        return new Emitter<>(
                new Source<>(sizes.size(), at -> filled(at, sizes.get((int) at)), () -> {}));
    }

    private static byte[] filled(long at, int size) {
        byte[] out = new byte[size];
        Arrays.fill(out, (byte) at);
        return out;
    }

    public List<Long> listed(long n) {
        return LongStream.range(0, n).boxed().toList();
    }

    public Stream<Long> passing(String service, long n, String key) {
        RemoteStream<Long> numbers =
                node.call(service + ".numbers", n, key).as(new TypeRef<RemoteStream<Long>>() {});
        return numbers.stream().map(number -> 2 * number);
    }

    public CompletableFuture<Stream<Long>> passingAsync(String service, long n, String key) {
        return node.call(service + ".numbersAsync", n, key)
                .async(new TypeRef<RemoteStream<Long>>() {})
                .thenApply(numbers -> numbers.stream().map(number -> 2 * number));
    }

    // The caller sends

    public long total(Iterator<Long> numbers) {
        long sum = 0;
        while (numbers.hasNext()) {
            sum += numbers.next();
        }
        return sum;
    }

    public CompletableFuture<Long> totalAsync(Flow.Publisher<Long> numbers) {
        return gathered(numbers, Long.MAX_VALUE)
                .thenApply(all -> all.stream().mapToLong(Long::longValue).sum());
    }

    public List<Long> some(RemoteStream<Long> numbers, long most) {
        List<Long> taken = new ArrayList<>();
        Iterator<Long> all = numbers.iterator();
        while (taken.size() < most && all.hasNext()) {
            taken.add(all.next());
        }
        return taken;
    }

    public CompletableFuture<List<Long>> someAsync(Flow.Publisher<Long> numbers, long most) {
        return gathered(numbers, most);
    }

    public long slowly(Iterator<Long> numbers, String key) {
        long first = numbers.next();
        Agent.event("entered", key, node.name());
        Source.awaited(Work.gate(key));
        return first + total(numbers);
    }

    public CompletableFuture<Long> slowlyAsync(Flow.Publisher<Long> numbers, String key) {
        Gatherer<Long> all = new Gatherer<>(Long.MAX_VALUE, 1);
        numbers.subscribe(all);
        return all.first.thenComposeAsync(
                first -> {
                    Agent.event("entered", key, node.name());
                    Source.awaited(Work.gate(key));
                    all.request(Long.MAX_VALUE);
                    return all.done.thenApply(
                            items -> items.stream().mapToLong(Long::longValue).sum());
                });
    }

    public long refusing(Iterator<Long> numbers) {
        throw new IllegalArgumentException("none of it");
    }

    public CompletableFuture<Long> refusingAsync(Flow.Publisher<Long> numbers) {
        return CompletableFuture.failedFuture(new IllegalArgumentException("none of it"));
    }

    public long either(Iterable<Long> numbers) {
        return total(numbers.iterator());
    }

    private static CompletableFuture<List<Long>> gathered(Flow.Publisher<Long> from, long most) {
        Gatherer<Long> all = new Gatherer<>(most, most);
        from.subscribe(all);
        return all.done;
    }

    // Both

    public Stream<Long> doubled(Stream<Long> numbers, @Default("") String key) {
        return numbers.map(number -> 2 * number)
                .onClose(() -> Agent.event("closed", key, node.name()));
    }

    public Flow.Publisher<Long> doubledAsync(
            Flow.Publisher<Long> numbers, @Default("") String key) {
        Function<Long, Long> twice = number -> 2 * number;
        return subscriber ->
                numbers.subscribe(
                        new Mapped<>(
                                subscriber, twice, () -> Agent.event("closed", key, node.name())));
    }
}
