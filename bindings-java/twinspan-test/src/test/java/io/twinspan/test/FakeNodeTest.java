package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.BadArgumentsException;
import io.twinspan.CallContext;
import io.twinspan.CallOptions;
import io.twinspan.Context;
import io.twinspan.DeadlineExceededException;
import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.MisuseException;
import io.twinspan.NotFoundException;
import io.twinspan.OverloadedException;
import io.twinspan.RemoteCallException;
import io.twinspan.RemoteStream;
import io.twinspan.UnavailableException;
import io.twinspan.UnserializableException;
import io.twinspan.WireError;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

@Timeout(30)
class FakeNodeTest {
    private final FakeNode fake = FakeNode.start();

    record Order(String sku, int quantity) {}

    record Price(BigDecimal amount, String currency) {}

    @WireError("test.SoldOut")
    static class SoldOut extends Exception {
        private static final long serialVersionUID = 1L;
    }

    interface Pricing {
        Price quote(Order order) throws SoldOut;

        CompletableFuture<Integer> stock(String sku);

        RemoteStream<Integer> watch(String sku);
    }

    @AfterEach
    void end() {
        fake.close();
    }

    @Test
    void valuesCrossTheCodecBothWays() throws SoldOut {
        fake.on("pricing.quote")
                .like(Pricing.class)
                .answers(
                        call -> {
                            Order order = assertInstanceOf(Order.class, call.args().get(0));
                            return new Price(new BigDecimal("12.50"), order.sku());
                        });
        Price price = fake.client("pricing", Pricing.class).quote(new Order("A1", 2));
        assertEquals(new Price(new BigDecimal("12.50"), "A1"), price);
        FakeCall call = fake.calls("pricing.quote").get(0);
        assertEquals(List.of(new Order("A1", 2)), call.args());
        assertEquals(Map.of("order", new Order("A1", 2)), call.named());
        assertEquals(30.0, call.timeout().toMillis() / 1000.0, 10.0);
        fake.on("pricing.quote").returns(new Thread("no value"));
        assertThrows(
                UnserializableException.class,
                () -> fake.client("pricing", Pricing.class).quote(new Order("A1", 2)));
    }

    @Test
    void argumentsOfAnySortReachAStubWithoutContract() {
        fake.on("geo.distance").answers(call -> call.args().size() + call.named().size());
        assertEquals(
                3,
                fake.node()
                        .call("geo.distance", Args.of(1, "x").named("unit", "km"))
                        .as(Integer.class));
        FakeCall call = fake.calls().get(0);
        assertEquals(List.of(1L, "x"), call.args());
        assertEquals(Map.of("unit", "km"), call.named());
        fake.forgetCalls();
        assertEquals(List.of(), fake.calls());
    }

    @Test
    void argumentsThatDontFitAreRefused() {
        fake.on("pricing.quote").like(Pricing.class).returns(null);
        BadArgumentsException error =
                assertThrows(
                        BadArgumentsException.class,
                        () -> fake.node().call("pricing.quote").as(Object.class));
        assertEquals(Executed.NO, error.executed());
        assertEquals(List.of(), fake.calls("pricing"));
    }

    @Test
    void errorsArriveAsFromElsewhere() {
        fake.on("pricing.quote").like(Pricing.class).raises(new SoldOut());
        Pricing pricing = fake.client("pricing", Pricing.class);
        SoldOut declared = assertThrows(SoldOut.class, () -> pricing.quote(new Order("A1", 1)));
        assertInstanceOf(RemoteCallException.class, declared.getCause());
        fake.on("pricing.quote").like(Pricing.class).raises(new IllegalStateException("closed"));
        RemoteCallException remote =
                assertThrows(RemoteCallException.class, () -> pricing.quote(new Order("A1", 1)));
        assertTrue(remote.is(IllegalStateException.class));
        assertEquals("fake", remote.node());
    }

    @Test
    void aServiceFailsAsOftenAsWasSaid() {
        fake.on("pricing.stock").like(Pricing.class).returns(7);
        Pricing pricing = fake.client("pricing", Pricing.class);
        fake.fail("pricing", Kind.UNAVAILABLE, 2);
        for (int i = 0; i < 2; i++) {
            CompletionException failed =
                    assertThrows(CompletionException.class, () -> pricing.stock("A1").join());
            assertInstanceOf(UnavailableException.class, failed.getCause());
        }
        assertEquals(7, pricing.stock("A1").join());
        try (Failing failing = fake.fail("pricing.stock", Kind.OVERLOADED)) {
            assertThrows(
                    OverloadedException.class,
                    () -> fake.node().call("pricing.stock", "A1").as(Integer.class));
            assertFalse(failing.ended());
        }
        assertEquals(7, pricing.stock("A1").join());
        assertEquals(5, fake.calls("pricing").size());
        assertThrows(MisuseException.class, () -> fake.fail("pricng", Kind.UNAVAILABLE));
        assertThrows(BadArgumentsException.class, () -> fake.fail("pricing", Kind.UNAVAILABLE, 0));
        assertThrows(BadArgumentsException.class, () -> fake.fail("pricing", Kind.REMOTE));
    }

    @Test
    void aDelayMovesTheClock() {
        fake.on("pricing.stock").delay(Duration.ofHours(1)).returns(7);
        CallOptions patient = CallOptions.timeout(Duration.ofHours(2));
        assertEquals(7, fake.node().call("pricing.stock", "A1").options(patient).as(Integer.class));
        assertEquals(Duration.ofHours(1), fake.clock().now());
        DeadlineExceededException late =
                assertThrows(
                        DeadlineExceededException.class,
                        () ->
                                fake.node()
                                        .call("pricing.stock", "A1")
                                        .timeout(Duration.ofSeconds(90))
                                        .as(Integer.class));
        assertEquals(Executed.MAYBE, late.executed());
        String told = late.getMessage().lines().findFirst().orElseThrow();
        assertTrue(
                told.matches(".*: no answer within (90\\.000|89\\.\\d+) s from node `fake`"), told);
    }

    @Test
    @SuppressWarnings("try")
    void aHeldClockShowsWhatIsUnderWay() throws Exception {
        fake.on("pricing.stock").delay(Duration.ofSeconds(3)).returns(7);
        Pricing pricing = fake.client("pricing", Pricing.class);
        try (FakeClock.Held held = fake.clock().hold()) {
            CompletableFuture<Integer> stock = pricing.stock("A1");
            await(() -> fake.calls("pricing").size() == 1);
            fake.clock().advance(Duration.ofSeconds(2));
            Thread.sleep(100);
            assertFalse(stock.isDone());
            fake.clock().advance(Duration.ofSeconds(1));
            assertEquals(7, stock.get(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void aDeadlineThatPassesStopsTheHandler() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        List<Duration> left = new ArrayList<>();
        fake.on("slow.work")
                .answers(
                        call -> {
                            fake.clock().advance(Duration.ofSeconds(4));
                            left.add(CallContext.current().orElseThrow().remaining());
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                interrupted.set(true);
                            } finally {
                                ended.countDown();
                            }
                            return null;
                        });
        CompletableFuture<Object> call =
                fake.node().call("slow.work").timeout(Duration.ofSeconds(10)).async(Object.class);
        await(() -> left.size() == 1);
        assertTrue(left.get(0).compareTo(Duration.ofSeconds(6)) <= 0, left.toString());
        fake.clock().advance(Duration.ofSeconds(6));
        CompletionException failed = assertThrows(CompletionException.class, call::join);
        assertInstanceOf(DeadlineExceededException.class, failed.getCause());
        assertTrue(ended.await(5, TimeUnit.SECONDS) && interrupted.get());
    }

    @Test
    void streamsAreAnswered() {
        fake.on("pricing.watch").like(Pricing.class).answers(call -> Stream.of(1, 2, 3));
        List<Integer> seen = new ArrayList<>();
        try (RemoteStream<Integer> ticks = fake.client("pricing", Pricing.class).watch("A1")) {
            ticks.forEach(seen::add);
        }
        assertEquals(List.of(1, 2, 3), seen);
    }

    @Test
    void aStubStandsInForAnApp() {
        Probe probe = new Probe();
        List<String> hooks = new ArrayList<>();
        App app =
                App.named("probe")
                        .serve("probe", probe)
                        .onStart(node -> hooks.add("start " + node.name()))
                        .onStop(() -> hooks.add("stop"));
        fake.serve(app);
        assertEquals(11, fake.node().call("probe.add", 1).as(Integer.class));
        fake.on("probe.add").answers(call -> (int) call.named().get("b") * 100);
        assertEquals(1000, fake.node().call("probe.add", 1).as(Integer.class));
        assertThrows(
                BadArgumentsException.class, () -> fake.node().call("probe.add").as(Integer.class));
        assertEquals(List.of(1, 10), fake.calls("probe.add").get(0).args());
        fake.close();
        assertEquals(List.of("start fake", "stop"), hooks);
    }

    @Test
    @SuppressWarnings("try")
    void itIsANodeOfItsOwn() {
        assertThrows(NotFoundException.class, () -> fake.node().call("none.such").as(Object.class));
        fake.on("pricing.stock").returns(1);
        fake.node().waitFor("pricing", Duration.ofSeconds(1));
        assertEquals(List.of(), fake.node().addresses());
        assertEquals(1, fake.node().members().size());
        assertEquals("pricing", fake.node().services().get(0).name());
        assertTrue(fake.node().ready());
        try (Context.Scope scope = Context.withBaggage("tenant", "acme")) {
            fake.node().call("pricing.stock").as(Integer.class);
        }
        assertEquals(Map.of("tenant", "acme"), fake.calls().get(0).baggage());
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThrows(MisuseException.class, () -> fake.on("pricing"));
        assertThrows(MisuseException.class, () -> fake.on("pricing.quote").proceeds());
        assertThrows(
                MisuseException.class,
                () -> fake.on("pricing.nope").like(Pricing.class).returns(1));
        assertThrows(
                BadArgumentsException.class, () -> fake.on("a.b").delay(Duration.ofSeconds(-1)));
        assertThrows(
                BadArgumentsException.class, () -> fake.clock().advance(Duration.ofSeconds(-1)));
    }

    @Test
    void delaysThatPassAtOnceMoveTheClockOnce() throws Exception {
        FakeClock clock = fake.clock();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        CyclicBarrier gate = new CyclicBarrier(2);
        try {
            for (int i = 1; i <= 5_000; i++) {
                Duration until = Duration.ofSeconds(i);
                Callable<Void> delay =
                        () -> {
                            gate.await(10, TimeUnit.SECONDS);
                            clock.until(until);
                            return null;
                        };
                for (Future<Void> passed : threads.invokeAll(List.of(delay, delay))) {
                    passed.get();
                }
                assertEquals(until, clock.now());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void anAppTakesNoStubAwayThatIsNotItsOwn() {
        fake.on("pricing.stock").returns(1);
        fake.serve(App.named("probe").serve("probe", new Probe()));
        fake.on("pricing.stock").like(Pricing.class).returns(2);
        assertEquals(2, fake.node().call("pricing.stock", "A1").as(Integer.class));
        assertThrows(
                BadArgumentsException.class,
                () -> fake.node().call("pricing.stock", "A1", "A2").as(Integer.class));
    }

    @Test
    void aMethodOfStubsAloneCantProceed() {
        fake.on("pricing.stock").returns(1);
        assertThrows(MisuseException.class, () -> fake.on("pricing.stock").proceeds());
        assertEquals(1, fake.node().call("pricing.stock").as(Integer.class));
    }

    @Test
    void everyStopHookRuns() {
        List<String> hooks = new ArrayList<>();
        for (String name : List.of("first", "second")) {
            fake.serve(
                    App.named(name)
                            .onStop(
                                    () -> {
                                        hooks.add(name);
                                        throw new AssertionError(name);
                                    }));
        }
        assertEquals("first", assertThrows(AssertionError.class, fake::close).getMessage());
        assertEquals(List.of("first", "second"), hooks);
    }

    private static void await(java.util.function.BooleanSupplier met) throws InterruptedException {
        for (int i = 0; i < 500 && !met.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
        assertTrue(met.getAsBoolean());
    }
}
