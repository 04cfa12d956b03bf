package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Streams, over a link and within one node. */
@Timeout(60)
class StreamTest extends StreamFixture {
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
        ServiceInfo.Method twice =
                flows.methods().stream()
                        .filter(method -> method.name().equals("twice"))
                        .findFirst()
                        .orElseThrow();
        assertEquals("stream<int>", twice.returns());
        assertEquals("stream<int>", twice.parameters().get(0).type());
    }
}
