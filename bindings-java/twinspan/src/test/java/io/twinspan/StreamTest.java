package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Streams, over a link and within one node. */
@Timeout(60)
class StreamTest {
    record Tick(String sku, int number) {}

    /** Counts, and says when it is closed. */
    private static final class Counter implements Iterator<Integer>, AutoCloseable {
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
    private static final class Gatherer<T> implements Flow.Subscriber<T> {
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

    private static final Flows FLOWS = new Flows();
    private static Node server;
    private static Node client;
    private static FlowsApi far;
    private static FlowsApi near;

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

    private static FlowsApi api(boolean overLink) {
        return overLink ? far : near;
    }

    private static byte[] bytes(int n, int size) {
        byte[] out = new byte[size];
        out[0] = (byte) n;
        out[size - 1] = (byte) (n >> 8);
        return out;
    }

    private static void expect(String what) throws InterruptedException {
        assertEquals(what, FLOWS.seen.poll(5, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itemsComeInOrderAndTheEndCloses(boolean overLink) throws Exception {
        for (int end : new int[] {0, 1, 63, 64, 5_000}) {
            try (RemoteStream<Integer> numbers = api(overLink).count(end)) {
                int next = 0;
                for (int number : numbers) {
                    assertEquals(next++, number);
                }
                assertEquals(end, next);
                assertFalse(numbers.iterator().hasNext());
                assertThrows(NoSuchElementException.class, () -> numbers.iterator().next());
                RemoteStream.Stats stats = numbers.stats();
                assertEquals(end, stats.items());
                assertTrue(stats.ended());
            }
            expect("closed");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void streamsOfRecords(boolean overLink) throws Exception {
        try (Stream<Tick> ticks = api(overLink).watch("A1", 300)) {
            List<Tick> all = ticks.filter(tick -> tick.number() % 3 == 0).toList();
            assertEquals(100, all.size());
            assertEquals(new Tick("A1", 297), all.get(99));
        }
        expect("closed true");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void publishersCallWhenSubscribed(boolean overLink) throws Exception {
        Flow.Publisher<Integer> numbers = api(overLink).publish(2_000);
        for (int i = 0; i < 2; i++) {
            Gatherer<Integer> all = new Gatherer<>(7);
            numbers.subscribe(all);
            List<Integer> got = all.done.get(20, TimeUnit.SECONDS);
            assertEquals(IntStream.range(0, 2_000).boxed().toList(), got);
        }
        Gatherer<Integer> some = new Gatherer<>(1);
        api(overLink).publish(Integer.MAX_VALUE).subscribe(some);
        some.first.get(5, TimeUnit.SECONDS);
        some.subscription.get(5, TimeUnit.SECONDS).cancel();
        assertTrue(String.valueOf(FLOWS.seen.poll(5, TimeUnit.SECONDS)).startsWith("cancelled"));
    }

    @Test
    void aStreamHasOneSubscriber() throws Exception {
        Flow.Publisher<Integer> numbers = far.count(10).publisher();
        Gatherer<Integer> first = new Gatherer<>(3);
        numbers.subscribe(first);
        Gatherer<Integer> second = new Gatherer<>(3);
        numbers.subscribe(second);
        assertEquals(10, first.done.get(5, TimeUnit.SECONDS).size());
        assertThrows(Exception.class, () -> second.done.get(5, TimeUnit.SECONDS));
    }

    @Test
    void theSubscriberHearsOfErrors() throws Exception {
        Gatherer<Integer> all = new Gatherer<>(3);
        far.failing(10).publisher().subscribe(all);
        Exception e = assertThrows(Exception.class, () -> all.done.get(5, TimeUnit.SECONDS));
        assertEquals(
                "at 10", assertInstanceOf(IllegalStateException.class, e.getCause()).getMessage());
        assertEquals(10, all.items.size());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReaderThatStopsClosesTheProducer(boolean overLink) throws Exception {
        Iterator<Integer> numbers = api(overLink).endless();
        for (int i = 1; i <= 10; i++) {
            assertEquals(i, numbers.next());
        }
        ((AutoCloseable) numbers).close();
        expect("closed");
        assertFalse(numbers.hasNext());
        // Bounded by credit, not by how fast it could be made.
        assertTrue(FLOWS.made.get() < 10_000, "made: " + FLOWS.made);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBlockedProducerIsInterrupted(boolean overLink) throws Exception {
        try (RemoteStream<Integer> numbers = api(overLink).blocked()) {
            assertEquals(0, numbers.iterator().next());
            expect("waits");
        }
        expect("interrupted");
    }

    @Test
    void aForgottenStreamEndsItsProducer() throws Exception {
        far.count(Integer.MAX_VALUE).iterator().next();
        String seen = null;
        for (int i = 0; i < 100 && seen == null; i++) {
            System.gc();
            seen = FLOWS.seen.poll(50, TimeUnit.MILLISECONDS);
        }
        assertEquals("closed", seen);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anErrorComesAfterTheItemsBeforeIt(boolean overLink) throws Exception {
        for (int after : new int[] {0, 3, 1_000}) {
            Iterator<Integer> numbers = api(overLink).failing(after).iterator();
            for (int i = 0; i < after; i++) {
                assertEquals(i, numbers.next());
            }
            IllegalStateException e = assertThrows(IllegalStateException.class, numbers::next);
            assertEquals("at " + after, e.getMessage());
            RemoteCallException cause = assertInstanceOf(RemoteCallException.class, e.getCause());
            assertEquals("server", cause.node());
            // It is told again, not taken for the end.
            assertThrows(IllegalStateException.class, numbers::hasNext);
            expect("closed");
        }
    }

    @Test
    void anUndeclaredErrorIsTheRemoteOne() {
        RemoteStream<Integer> numbers =
                client.call("flows.failing", 2).as(new TypeRef<RemoteStream<Integer>>() {});
        RemoteCallException e =
                assertThrows(
                        RemoteCallException.class,
                        () -> numbers.forEach(number -> assertTrue(number < 2)));
        assertTrue(e.is(IllegalStateException.class));
    }

    @Test
    void untypedCallsFindOutWhatComes() {
        Object stream = client.call("flows.count", 3).as(Object.class);
        List<Object> all = new ArrayList<>();
        ((RemoteStream<?>) assertInstanceOf(RemoteStream.class, stream)).forEach(all::add);
        assertEquals(3, all.size());
        MisuseException e =
                assertThrows(
                        MisuseException.class,
                        () -> client.call("flows.count", 3).as(Integer.class));
        assertTrue(e.getMessage().contains("RemoteStream"), e.getMessage());
        assertEquals(
                List.of(0, 1),
                client.call("flows.list", 2).as(new TypeRef<Iterable<Integer>>() {}));
        // A list where a stream is declared.
        assertEquals(List.of(0, 1, 2), far.list(3).stream().toList());
    }

    @Test
    void stagesAndFuturesOfStreams() throws Exception {
        RemoteStream<Integer> numbers = far.later(500).get(5, TimeUnit.SECONDS);
        assertEquals(500, numbers.stream().count());
        CompletableFuture<RemoteStream<Integer>> given =
                client.call("flows.endless").async(new TypeRef<RemoteStream<Integer>>() {});
        try (RemoteStream<Integer> some = given.get(5, TimeUnit.SECONDS)) {
            assertEquals(1, some.iterator().next());
        }
        expect("closed");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void smallAndLargeItemsStayInOrder(boolean overLink) {
        int n = 0;
        try (RemoteStream<byte[]> all = api(overLink).mixed(80, 1 << 20)) {
            for (byte[] item : all) {
                assertArrayEquals(bytes(n, n % 4 == 3 ? 1 << 20 : 10), item);
                n++;
            }
        }
        assertEquals(80, n);
    }

    @Test
    void batchesAreBounded() {
        int count = 0;
        for (List<Integer> batch : far.count(5_000).batches(100)) {
            assertTrue(!batch.isEmpty() && batch.size() <= 100);
            for (int number : batch) {
                assertEquals(count++, number);
            }
        }
        assertEquals(5_000, count);
        assertThrows(BadArgumentsException.class, () -> far.count(1).batches(0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void argumentsMayBeStreams(boolean overLink) throws Exception {
        FlowsApi api = api(overLink);
        assertEquals(
                4_999L * 5_000 / 2, api.sum(new Counter(5_000, () -> FLOWS.seen.add("closed"))));
        expect("closed");
        assertEquals(0, api.sum(List.<Integer>of().iterator()));
        Stream<Tick> ticks =
                IntStream.iterate(0, n -> n + 1)
                        .mapToObj(n -> new Tick("B", n))
                        .onClose(() -> FLOWS.seen.add("closed"));
        assertEquals("0 1 2 ", api.firsts(ticks, 3));
        expect("closed");
        assertEquals(6, api.either(List.of(1, 2, 3)));
        assertEquals(6, client.call("flows.either", List.of(1, 2, 3).iterator()).as(Integer.class));
        assertEquals(3, client.call("flows.sum", List.of(1, 2)).as(Long.class));
        assertEquals(
                10L,
                client.call("flows.sum", Args.of().named("numbers", Stream.of(4, 6)))
                        .async(Long.class)
                        .get(5, TimeUnit.SECONDS));
    }

    @Test
    @SuppressWarnings("try") // Closed early: that is its end.
    void publishersMayBeArguments() throws Exception {
        try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>()) {
            CompletableFuture<Integer> call =
                    client.call("flows.gathered", publisher).async(Integer.class);
            while (publisher.getNumberOfSubscribers() == 0) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 3_000; i++) {
                publisher.submit(i);
            }
            publisher.close();
            assertEquals(3_000, call.get(10, TimeUnit.SECONDS));
        }
        assertEquals(1_000, far.gathered(FLOWS.publish(1_000)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothDirectionsAtOnce(boolean overLink) throws Exception {
        BlockingQueue<Integer> asked = new LinkedBlockingQueue<>();
        Iterator<Integer> source =
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return true;
                    }

                    @Override
                    public Integer next() {
                        try {
                            return asked.take();
                        } catch (InterruptedException e) {
                            FLOWS.seen.add("source interrupted");
                            throw new IllegalStateException(e);
                        }
                    }
                };
        try (RemoteStream<Integer> answers = api(overLink).twice(source)) {
            Iterator<Integer> all = answers.iterator();
            for (int i = 0; i < 20; i++) {
                asked.add(i); // The next question waits for the answer.
                assertEquals(2 * i, all.next());
            }
        }
        expect("source interrupted");
    }

    @Test
    void anErrorOfTheSourceReachesTheHandler() {
        Iterator<Integer> broken =
                Stream.iterate(0, n -> n + 1)
                        .peek(
                                n -> {
                                    if (n == 5) {
                                        throw new UnsupportedOperationException("no five");
                                    }
                                })
                        .iterator();
        RemoteCallException e = assertThrows(RemoteCallException.class, () -> far.sum(broken));
        RemoteCallException behind = assertInstanceOf(RemoteCallException.class, e.getCause());
        assertTrue(behind.is(UnsupportedOperationException.class), e.toString());
        assertEquals("client", behind.node());
    }

    @Test
    void aRefusedCallCostsItsSourceNothing() throws Exception {
        AtomicInteger made = new AtomicInteger();
        Stream<Integer> source =
                Stream.generate(made::incrementAndGet).onClose(() -> FLOWS.seen.add("closed"));
        assertThrows(
                NoSuchMethodException.class,
                () -> client.call("flows.nothing", source).as(Integer.class));
        expect("closed");
        assertEquals(0, made.get());
        assertThrows(
                RemoteCallException.class,
                () -> far.refuse(new Counter(1_000_000_000, () -> FLOWS.seen.add("closed"))));
        expect("closed");
    }

    @Test
    void itemsLiftTheDeadline() {
        assertTrue(far.patient(List.of(1, 2).iterator()));
    }

    @Test
    void wrongStreamsAreRefused() {
        Iterator<Integer> one = List.of(1).iterator();
        assertThrows(
                MisuseException.class,
                () -> client.call("flows.sum", one, List.of(2).iterator()).as(Long.class));
        UnserializableException inside =
                assertThrows(
                        UnserializableException.class,
                        () -> client.call("flows.either", List.of(one)).as(Integer.class));
        assertTrue(inside.getMessage().contains("stream"), inside.getMessage());
        UnserializableException e =
                assertThrows(
                        UnserializableException.class,
                        () -> client.call("flows.list", one).as(Object.class));
        assertEquals(Executed.NO, e.executed());
        // Items that are none of the declared type.
        Iterator<Integer> wrong =
                client.call("flows.watch", "A", 3).as(new TypeRef<Iterator<Integer>>() {});
        UnserializableException item = assertThrows(UnserializableException.class, wrong::next);
        assertTrue(item.getMessage().contains("item 0"), item.getMessage());
        class Two {
            public int two(Iterator<Integer> a, Stream<Integer> b) {
                return 2;
            }
        }
        class Ints {
            public int ints(IntStream a) {
                return 2;
            }
        }
        assertThrows(MisuseException.class, () -> App.named("x").serve("x", new Two()));
        assertThrows(MisuseException.class, () -> App.named("x").serve("x", new Ints()));
    }

    @Test
    void anInterruptedReaderGivesTheStreamUp() throws Exception {
        RemoteStream<Integer> numbers = far.blocked();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread reader =
                new Thread(
                        () -> {
                            try {
                                numbers.forEach(number -> FLOWS.seen.add("got " + number));
                            } catch (CallInterruptedException e) {
                                flag.complete(Thread.currentThread().isInterrupted());
                            }
                        });
        reader.start();
        for (int i = 0; i < 2; i++) {
            assertTrue(List.of("got 0", "waits").contains(FLOWS.seen.poll(5, TimeUnit.SECONDS)));
        }
        reader.interrupt();
        assertTrue(flag.get(5, TimeUnit.SECONDS));
        expect("interrupted");
    }

    @Test
    void theRecordSaysWhatIsAStream() {
        ServiceInfo flows =
                client.services().stream()
                        .filter(service -> service.name().equals("flows"))
                        .findFirst()
                        .orElseThrow();
        ServiceInfo.MethodInfo twice =
                flows.methods().stream()
                        .filter(method -> method.name().equals("twice"))
                        .findFirst()
                        .orElseThrow();
        assertEquals("stream<int>", twice.returns());
        assertEquals("stream<int>", twice.parameters().get(0).type());
    }
}
