package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Two nodes with every kind of stream; the tests of streams begin here. */
abstract class StreamFixture {
    record Tick(String sku, int number) {}

    /** Counts, and says when it is closed. */
    static final class Counter implements Iterator<Integer>, AutoCloseable {
        private final int end;
        private final Runnable closed;
        private int next;

        Counter(int end, Runnable closed) {
            this.end = end;
            this.closed = closed;
        }

        @Override
        public boolean hasNext() {
            return next < end;
        }

        @Override
        public Integer next() {
            return next++;
        }

        @Override
        public void close() {
            closed.run();
        }
    }

    /** All faces of streams. */
    public static final class Flows {
        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        final AtomicInteger made = new AtomicInteger();
        volatile Node node;

        public Iterator<Integer> count(int end) {
            return new Counter(end, () -> seen.add("closed"));
        }

        public Stream<Tick> watch(String sku, int end) {
            return IntStream.range(0, end)
                    .mapToObj(n -> new Tick(sku, n))
                    .onClose(() -> seen.add("closed " + CallContext.current().isPresent()));
        }

        public Flow.Publisher<Integer> publish(int end) {
            return subscriber -> subscriber.onSubscribe(new Range(subscriber, end));
        }

        /** Publishes exactly what it is asked for. */
        private final class Range implements Flow.Subscription {
            private final Flow.Subscriber<? super Integer> subscriber;
            private final int end;
            private int next;
            private long asked;
            private boolean busy;

            Range(Flow.Subscriber<? super Integer> subscriber, int end) {
                this.subscriber = subscriber;
                this.end = end;
            }

            @Override
            public synchronized void request(long n) {
                asked += n;
                if (busy) {
                    return;
                }
                busy = true;
                while (asked > 0 && next < end) {
                    asked--;
                    subscriber.onNext(next++);
                }
                busy = false;
                if (next == end) {
                    next++;
                    subscriber.onComplete();
                }
            }

            @Override
            public synchronized void cancel() {
                end();
            }

            private void end() {
                asked = 0;
                seen.add("cancelled after " + next);
            }
        }

        public Stream<Integer> endless() {
            return Stream.generate(made::incrementAndGet).onClose(() -> seen.add("closed"));
        }

        /** Blocks between its items, as a producer that waits for a database does. */
        public Iterator<Integer> blocked() {
            return new Iterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    if (next == 0) {
                        return true;
                    }
                    try {
                        seen.add("waits");
                        Thread.sleep(30_000);
                        return true;
                    } catch (InterruptedException e) {
                        seen.add("interrupted");
                        return false;
                    }
                }

                @Override
                public Integer next() {
                    return next++;
                }
            };
        }

        public Stream<Integer> failing(int after) {
            return Stream.iterate(0, n -> n + 1)
                    .peek(
                            n -> {
                                if (n == after) {
                                    throw new IllegalStateException("at " + n);
                                }
                            })
                    .onClose(() -> seen.add("closed"));
        }

        public CompletionStage<Stream<Integer>> later(int end) {
            return CompletableFuture.supplyAsync(() -> IntStream.range(0, end).boxed());
        }

        public Stream<byte[]> mixed(int items, int large) {
            return IntStream.range(0, items).mapToObj(n -> bytes(n, n % 4 == 3 ? large : 10));
        }

        public long sum(Iterator<Integer> numbers) {
            long sum = 0;
            while (numbers.hasNext()) {
                sum += numbers.next();
            }
            return sum;
        }

        public String firsts(RemoteStream<Tick> ticks, int most) {
            StringBuilder out = new StringBuilder();
            Iterator<Tick> all = ticks.iterator();
            for (int i = 0; i < most && all.hasNext(); i++) {
                out.append(all.next().number()).append(' ');
            }
            return out.toString();
        }

        public Stream<Integer> twice(Stream<Integer> numbers) {
            return numbers.map(n -> 2 * n);
        }

        public CompletionStage<Integer> gathered(Flow.Publisher<Integer> numbers) {
            Gatherer<Integer> all = new Gatherer<>(Long.MAX_VALUE);
            numbers.subscribe(all);
            return all.done.thenApply(List::size);
        }

        public int either(Iterable<Integer> numbers) {
            int count = 0;
            for (Integer number : numbers) {
                count += number;
            }
            return count;
        }

        public List<Integer> list(int end) {
            return IntStream.range(0, end).boxed().toList();
        }

        public String refuse(Iterator<Integer> numbers) {
            throw new IllegalArgumentException("none of it");
        }

        public boolean patient(Iterator<Integer> numbers) throws InterruptedException {
            return numbers.hasNext()
                    && CallContext.current().orElseThrow().remaining().toDays() > 1;
        }
    }

    /** Asks for a few at a time, and keeps what comes. */
    static final class Gatherer<T> implements Flow.Subscriber<T> {
        final CompletableFuture<List<T>> done = new CompletableFuture<>();
        final List<T> items = new ArrayList<>();
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        final CompletableFuture<T> first = new CompletableFuture<>();
        private final long step;

        Gatherer(long step) {
            this.step = step;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription.complete(subscription);
            subscription.request(step);
        }

        @Override
        public void onNext(T item) {
            items.add(item);
            first.complete(item);
            if (items.size() % step == 0) {
                subscription.join().request(step);
            }
        }

        @Override
        public void onError(Throwable why) {
            done.completeExceptionally(why);
        }

        @Override
        public void onComplete() {
            done.complete(items);
        }
    }

    interface FlowsApi {
        RemoteStream<Integer> count(int end);

        Stream<Tick> watch(String sku, int end);

        Flow.Publisher<Integer> publish(int end);

        Iterator<Integer> endless();

        RemoteStream<Integer> blocked();

        RemoteStream<Integer> failing(int after) throws IllegalStateException;

        CompletableFuture<RemoteStream<Integer>> later(int end);

        RemoteStream<byte[]> mixed(int items, int large);

        long sum(Iterator<Integer> numbers);

        String firsts(Stream<Tick> ticks, int most);

        RemoteStream<Integer> twice(Iterator<Integer> numbers);

        int gathered(Flow.Publisher<Integer> numbers);

        int either(Iterable<Integer> numbers);

        RemoteStream<Integer> list(int end);

        String refuse(Iterator<Integer> numbers);

        @Call(timeout = "5s")
        boolean patient(Iterator<Integer> numbers);
    }

    static final Flows FLOWS = new Flows();
    static Node server;
    static Node client;
    static FlowsApi far;
    static FlowsApi near;

    @BeforeAll
    static void join() {
        NodeConfig config = NodeTest.config();
        server =
                Node.join(
                        App.named("flows")
                                .serve("flows", FLOWS)
                                .onStart(joined -> FLOWS.node = joined),
                        config.name("server"));
        client = Node.join(config.name("client"));
        client.waitFor("flows", Duration.ofSeconds(10));
        far = client.client("flows", FlowsApi.class);
        near = server.client("flows", FlowsApi.class);
    }

    @AfterAll
    static void close() {
        client.close();
        server.close(Duration.ZERO);
    }

    @BeforeEach
    void forget() {
        FLOWS.seen.clear();
        FLOWS.made.set(0);
    }

    static FlowsApi api(boolean overLink) {
        return overLink ? far : near;
    }

    static byte[] bytes(int n, int size) {
        byte[] out = new byte[size];
        out[0] = (byte) n;
        out[size - 1] = (byte) (n >> 8);
        return out;
    }

    static void expect(String what) throws InterruptedException {
        assertEquals(what, FLOWS.seen.poll(5, TimeUnit.SECONDS));
    }
}
