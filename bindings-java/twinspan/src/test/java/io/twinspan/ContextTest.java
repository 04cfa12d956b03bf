package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Baggage, trace and options of scopes, and what survives a change of threads. */
@Timeout(60)
@SuppressWarnings("try") // Scopes are held, not used.
class ContextTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String TRACEPARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

    /** Tells what its call brought, directly or through another call. */
    public static final class Teller {
        volatile Node node;

        public Map<String, String> told() {
            return CallContext.current().orElseThrow().baggage();
        }

        public String trace() {
            return CallContext.current().orElseThrow().traceparent();
        }

        public List<String> nested() throws Exception {
            ExecutorService pool = Context.wrap(Executors.newSingleThreadExecutor());
            try (Context.Scope scope = Context.withBaggage("step", "nested")) {
                String here = node.call("teller.told").as(Map.class).toString();
                String there =
                        pool.submit(() -> node.call("teller.told").as(Map.class).toString())
                                .get(10, TimeUnit.SECONDS);
                String trace = node.call("teller.trace").as(String.class);
                return List.of(here, there, trace, String.valueOf(Context.baggage().size()));
            } finally {
                pool.shutdown();
            }
        }

        public long patience() {
            return CallContext.current().orElseThrow().remaining().toSeconds();
        }

        public String later() throws Exception {
            return node.call("teller.told")
                    .async(Map.class)
                    .thenApply(told -> node.call("teller.told").as(Map.class))
                    .thenApplyAsync(told -> told + " " + node.call("teller.told").as(Map.class))
                    .get(10, TimeUnit.SECONDS);
        }
    }

    private static final Teller TELLER = new Teller();
    private static Node node;

    @BeforeAll
    static void join() {
        node =
                Node.join(
                        App.named("teller")
                                .serve("teller", TELLER)
                                .onStart(joined -> TELLER.node = joined),
                        NodeTest.config());
        node.waitFor("teller", Duration.ofSeconds(5));
    }

    @AfterAll
    static void close() {
        node.close();
    }

    private static Map<?, ?> told() {
        return node.call("teller.told").as(Map.class);
    }

    @Test
    void baggageLivesAsLongAsItsScope() {
        assertEquals(Map.of(), told());
        try (Context.Scope outer = Context.withBaggage("tenant", "a")) {
            assertEquals(Map.of("tenant", "a"), told());
            try (Context.Scope inner = Context.withBaggage(Map.of("tenant", "b", "run", "7"))) {
                assertEquals(Map.of("tenant", "b", "run", "7"), told());
                inner.close();
                inner.close();
                assertEquals(Map.of("tenant", "a"), told());
            }
            assertEquals(Map.of("tenant", "a"), Context.baggage());
        }
        assertEquals(Map.of(), told());
        assertEquals(Map.of(), Context.baggage());
    }

    @Test
    void aScopeThatAnotherThreadClosesStays() throws Exception {
        try (Context.Scope scope = Context.withBaggage("tenant", "a")) {
            Thread other = new Thread(scope::close);
            other.start();
            other.join();
            assertEquals(Map.of("tenant", "a"), told());
        }
    }

    @Test
    void nestedCallsCarryItOn() {
        List<String> told;
        try (Context.Scope outer = Context.withBaggage("tenant", "a");
                Context.Scope trace = Context.withTraceparent(TRACEPARENT)) {
            assertEquals(Optional.of(TRACEPARENT), Context.traceparent());
            told = node.call("teller.nested").as(new TypeRef<List<String>>() {});
        }
        for (String both : told.subList(0, 2)) {
            assertTrue(both.contains("tenant=a") && both.contains("step=nested"), both);
        }
        assertTrue(told.get(2).startsWith("00-" + TRACE + "-"), told.get(2));
        assertEquals("2", told.get(3));
    }

    @Test
    void everyCallHasATrace() {
        String one = node.call("teller.trace").as(String.class);
        String other = node.call("teller.trace").as(String.class);
        assertTrue(one.matches("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"), one);
        assertTrue(!one.equals(other), "two calls of one trace: " + one);
        assertEquals(Optional.empty(), Context.traceparent());
        for (String wrong : List.of("", "00-" + TRACE, TRACEPARENT.replace('0', 'x'))) {
            assertThrows(BadArgumentsException.class, () -> Context.withTraceparent(wrong), wrong);
        }
        assertThrows(
                BadArgumentsException.class,
                () -> Context.withTraceparent("00-" + "0".repeat(32) + "-b7ad6b7169203331-01"));
    }

    @Test
    void continuationsHaveWhatTheirCallHad() {
        try (Context.Scope scope = Context.withBaggage("tenant", "a")) {
            assertEquals("{tenant=a} {tenant=a}", node.call("teller.later").as(String.class));
        }
    }

    @Test
    void wrappedTasksHaveIt() throws Exception {
        ExecutorService plain = Executors.newSingleThreadExecutor();
        try {
            ExecutorService wrapped = Context.wrap(plain);
            Callable<Map<?, ?>> task = ContextTest::told;
            Callable<Map<?, ?>> taken;
            try (Context.Scope scope = Context.withBaggage("tenant", "a")) {
                taken = Context.wrap(task);
                assertEquals(Map.of(), plain.submit(task).get(10, TimeUnit.SECONDS));
                assertEquals(Map.of("tenant", "a"), wrapped.submit(task).get());
                assertEquals(Map.of("tenant", "a"), wrapped.invokeAll(List.of(task)).get(0).get());
                assertEquals(Map.of("tenant", "a"), wrapped.invokeAny(List.of(task)));
            }
            assertEquals(Map.of("tenant", "a"), plain.submit(taken).get(10, TimeUnit.SECONDS));
            assertEquals(Map.of(), wrapped.submit(task).get(10, TimeUnit.SECONDS));
        } finally {
            plain.shutdown();
        }
    }

    @Test
    void tooMuchBaggageIsRefused() {
        try (Context.Scope scope = Context.withBaggage("tenant", "a".repeat(3_000))) {
            PayloadTooLargeException e =
                    assertThrows(PayloadTooLargeException.class, ContextTest::told);
            assertEquals(Executed.NO, e.executed());
        }
    }

    @Test
    void optionsOfAScopeReachEveryCall() {
        RemoteCall patience = node.call("teller.patience").timeout(Duration.ofSeconds(20));
        assertTrue(patience.as(Long.class) >= 15);
        try (Context.Scope outer = CallOptions.timeout(Duration.ofSeconds(9)).scope()) {
            assertTrue(patience.as(Long.class) < 10);
            try (Context.Scope inner = CallOptions.attempts(1).scope()) {
                assertTrue(patience.as(Long.class) < 10);
            }
            try (Context.Scope inner = CallOptions.timeout(Duration.ofSeconds(4)).scope()) {
                assertTrue(patience.as(Long.class) < 5);
            }
        }
        assertTrue(patience.as(Long.class) >= 15);
    }
}
