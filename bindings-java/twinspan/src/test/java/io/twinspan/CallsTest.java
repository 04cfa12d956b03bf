package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

@Timeout(60)
class CallsTest {
    interface Base<T> {
        T echo(T value);
    }

    interface Work extends Base<List<BigDecimal>> {
        @Override
        List<BigDecimal> echo(List<BigDecimal> value);

        String threadName();

        String loader();

        int nested(int depth);

        @Call(timeout = "100ms")
        String slow(int millis);

        CompletableFuture<String> slowLater(int millis);

        String greet(String name, Optional<String> title);

        int sum(int... values);

        String who();

        boolean cancelled();

        String thread_name();
    }

    /** The handlers. */
    static class WorkImpl {
        volatile Node node;
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch told = new CountDownLatch(1);

        public List<BigDecimal> echo(List<BigDecimal> value) {
            return value;
        }

        public String threadName() {
            return Thread.currentThread().getName();
        }

        public String loader() {
            return String.valueOf(Thread.currentThread().getContextClassLoader());
        }

        public int nested(int depth) {
            return depth == 0 ? 0 : 1 + node.client("work", Work.class).nested(depth - 1);
        }

        public String slow(int millis) throws InterruptedException {
            Thread.sleep(millis);
            return "done";
        }

        public String slowLater(int millis) throws InterruptedException {
            return slow(millis);
        }

        public String greet(String name, Optional<String> title) {
            return title.orElse("") + name;
        }

        public int sum(int... values) {
            int sum = 0;
            for (int value : values) {
                sum += value;
            }
            return sum;
        }

        public String who(CallContext context) {
            assertTrue(CallContext.current().isPresent());
            assertTrue(context.remaining().compareTo(Duration.ofSeconds(30)) <= 0);
            assertTrue(context.baggage().isEmpty());
            assertEquals(node.id(), context.callerId());
            return context.service()
                    + "."
                    + context.method()
                    + " by "
                    + context.caller()
                    + " in "
                    + context.language();
        }

        public boolean waitForCancel() throws InterruptedException {
            CallContext.current().orElseThrow().onCancel(told::countDown);
            entered.countDown();
            return told.await(20, TimeUnit.SECONDS);
        }

        @RenamedFrom({"cost", "what_it_costs"})
        public int price(@RenamedFrom("qty") int quantity) {
            return 3 * quantity;
        }

        public String pick(long value) {
            return "long " + value;
        }

        public String pick(String value) {
            return "text " + value;
        }

        public String pick(String value, @Default("5") int times) {
            return value.repeat(times);
        }

        public String pick(double value) {
            return "double " + value;
        }
    }

    static final WorkImpl IMPL = new WorkImpl();
    static Node node;
    static Work work;

    @BeforeAll
    static void join() {
        App app =
                App.named("work")
                        .serve("work", IMPL)
                        .function(
                                "geo.distance",
                                Fn.of(
                                        "a",
                                        Integer.class,
                                        "b",
                                        Integer.class,
                                        Integer.class,
                                        (a, b) -> b - a))
                        .function(
                                "geo.names",
                                Fn.of(new TypeRef<List<String>>() {}, () -> List.of("x")))
                        .onStart(joined -> IMPL.node = joined);
        node = Node.join(app, NodeTest.config());
        node.waitFor("work", Duration.ofSeconds(5));
        work = node.client("work", Work.class);
    }

    @AfterAll
    static void close() {
        node.close();
    }

    @Test
    void genericTypesOfTheContractAreHonoured() {
        Base<List<BigDecimal>> base = work;
        List<BigDecimal> value = List.of(new BigDecimal("1.50"));
        assertEquals(value, base.echo(value));
    }

    @Test
    void handlersRunOnTheNodesThreads() {
        assertTrue(work.threadName().startsWith("twinspan-" + node.name()), work.threadName());
        assertEquals(String.valueOf(CallsTest.class.getClassLoader()), work.loader());
    }

    @Test
    void methodsAreFoundByTheirAlias() {
        assertEquals(work.threadName().getClass(), work.thread_name().getClass());
        assertThrows(NoSuchMethodException.class, () -> work.cancelled());
    }

    @Test
    void continuationsRunOnTheNodesThreads() throws Exception {
        String name =
                work.slowLater(50)
                        .thenApply(x -> Thread.currentThread().getName())
                        .get(5, TimeUnit.SECONDS);
        assertTrue(name.startsWith("twinspan-" + node.name()), name);
        ClassLoader loader =
                work.slowLater(50)
                        .thenApply(x -> Thread.currentThread().getContextClassLoader())
                        .get(5, TimeUnit.SECONDS);
        assertSame(CallsTest.class.getClassLoader(), loader);
        String async =
                work.slowLater(0)
                        .thenApplyAsync(x -> Thread.currentThread().getName())
                        .get(5, TimeUnit.SECONDS);
        assertTrue(async.startsWith("twinspan-" + node.name()), async);
    }

    @Test
    void nestedCallsDoNotExhaustTheWorkers() {
        assertEquals(20, work.nested(20));
    }

    @Test
    void timeouts() {
        DeadlineExceededException e =
                assertThrows(DeadlineExceededException.class, () -> work.slow(2000));
        assertTrue(e.retryable());
        // Options win over the annotation.
        assertEquals(
                "done",
                Twinspan.options(work, CallOptions.timeout(Duration.ofSeconds(5))).slow(200));
        assertThrows(
                DeadlineExceededException.class,
                () -> node.call("work.slow", 2000).timeout(Duration.ofMillis(50)).as(String.class));
    }

    @Test
    void anInterruptEndsTheWaitAndStaysSet() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Work patient = node.client("work", Work.class, CallOptions.timeout(Duration.ofSeconds(20)));
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                patient.slow(10_000);
                            } catch (Throwable e) {
                                thrown.set(e);
                                flag.set(Thread.currentThread().isInterrupted());
                            }
                        });
        thread.start();
        while (thread.getState() == Thread.State.NEW) {
            Thread.onSpinWait();
        }
        Thread.sleep(100);
        long before = System.nanoTime();
        thread.interrupt();
        thread.join(5000);
        assertFalse(thread.isAlive());
        assertTrue(System.nanoTime() - before < 2_000_000_000L, "the interrupt took too long");
        assertSame(CallInterruptedException.class, thrown.get().getClass());
        assertTrue(flag.get());
    }

    @Test
    void cancellingAFutureTellsTheHandler() throws Exception {
        CompletableFuture<Boolean> future = node.call("work.waitForCancel").async(Boolean.class);
        assertTrue(IMPL.entered.await(5, TimeUnit.SECONDS));
        assertTrue(future.cancel(true));
        assertTrue(IMPL.told.await(5, TimeUnit.SECONDS));
        assertThrows(CancellationException.class, future::join);
    }

    @Test
    void optionalDefaultAndVarargs() {
        assertEquals("Ada", work.greet("Ada", Optional.empty()));
        assertEquals("Dr Ada", work.greet("Ada", Optional.of("Dr ")));
        assertEquals("Ada", node.call("work.greet", "Ada").as(String.class));
        assertEquals(6, work.sum(1, 2, 3));
        assertEquals(0, work.sum());
    }

    @Test
    void overloads() {
        assertEquals("long 7", node.call("work.pick", 7).as(String.class));
        assertEquals("double 7.5", node.call("work.pick", 7.5).as(String.class));
        assertEquals("text a", node.call("work.pick", "a").as(String.class));
        assertEquals("aa", node.call("work.pick", "a", 2).as(String.class));
        assertEquals(
                "aaa",
                node.call("work.pick", Args.of().named("value", "a").named("times", 3))
                        .as(String.class));
    }

    @Test
    void formerNamesStayAlive() {
        for (String name : List.of("price", "cost", "whatItCosts")) {
            assertEquals(6, node.call("work." + name, 2).as(Integer.class));
        }
        for (String name : List.of("quantity", "qty")) {
            assertEquals(9, node.call("work.price", Args.of().named(name, 3)).as(Integer.class));
        }
        BadArgumentsException e =
                assertThrows(
                        BadArgumentsException.class,
                        () -> node.call("work.price", Args.of(1).named("qty", 1)).as(Void.class));
        assertTrue(e.getMessage().contains("given twice"), e.getMessage());
        List<String> deprecated =
                node.services().stream()
                        .filter(service -> service.name().equals("work"))
                        .flatMap(service -> service.methods().stream())
                        .filter(ServiceInfo.Method::deprecated)
                        .map(ServiceInfo.Method::name)
                        .toList();
        assertEquals(List.of("cost", "what_it_costs"), deprecated);
        class Taken {
            @RenamedFrom("g")
            public int f() {
                return 1;
            }

            public int g() {
                return 2;
            }
        }
        assertThrows(MisuseException.class, () -> App.named("t").serve("t", new Taken()));
    }

    @Test
    void functions() throws Exception {
        assertEquals(3, node.call("geo.distance", Args.of(1).named("b", 4)).as(Integer.class));
        assertEquals(
                List.of("x"),
                node.call("geo.names")
                        .async(new TypeRef<List<String>>() {})
                        .get(5, TimeUnit.SECONDS));
    }

    @Test
    void theContextIsInjectedAndInvisible() {
        assertEquals("work.who by " + node.name() + " in java", work.who());
        assertTrue(CallContext.current().isEmpty());
    }

    @Test
    void optionsAddUp() {
        RemoteCall call =
                node.call("work.slow", 5_000)
                        .timeout(Duration.ofMillis(100))
                        .options(CallOptions.attempts(1));
        assertThrows(DeadlineExceededException.class, () -> call.as(String.class));
        assertThrows(BadConfigException.class, () -> CallOptions.timeout(Duration.ofMillis(-1)));
        assertThrows(BadConfigException.class, () -> CallOptions.attempts(17));
        assertThrows(BadConfigException.class, () -> CallOptions.hedge(0.6));
        assertThrows(BadConfigException.class, () -> CallOptions.hedge(Double.NaN));
        BadConfigException e =
                assertThrows(BadConfigException.class, () -> CallOptions.balance("fastest"));
        assertEquals(
                "balance is one of least_loaded, round_robin, hash, local_first, not fastest",
                e.getMessage().split("\n")[0]);
    }

    @Test
    void proxiesAnswerObjectsMethodsLocally() {
        Work same = node.client("work", Work.class);
        assertEquals(work, same);
        assertEquals(work.hashCode(), same.hashCode());
        assertNotEquals(work, Twinspan.options(work, CallOptions.attempts(1)));
        assertTrue(work.toString().contains("work"));
        assertFalse(work.equals(null));
        assertThrows(
                MisuseException.class, () -> Twinspan.options("no proxy", CallOptions.defaults()));
    }

    @Test
    void tiesAreRefusedWhenServed() {
        class Tied {
            public int f(int a) {
                return a;
            }

            public int f(long a) {
                return (int) a;
            }
        }
        MisuseException e =
                assertThrows(
                        MisuseException.class, () -> App.named("tied").serve("tied", new Tied()));
        assertTrue(
                e.getMessage().contains("f(int)") && e.getMessage().contains("f(long)"),
                e.getMessage());

        class Filled {
            public int g(String a, @Default("1") int b) {
                return b;
            }

            public double g(String a, @Default("1") double b) {
                return b;
            }
        }
        assertThrows(
                MisuseException.class,
                () -> App.named("filled").serve("filled", new Filled()),
                "g(text) fits both alike");
    }

    @Test
    void manyThreadsShareAClient() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(16);
        List<java.util.concurrent.Future<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int n = i;
            answers.add(callers.submit(() -> work.sum(n, 1)));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertEquals(i + 1, answers.get(i).get(20, TimeUnit.SECONDS));
        }
        callers.shutdown();
    }

    @Test
    void aHandlerMayWaitForAsyncCalls() throws Exception {
        // More waiting handlers than workers: completions must not queue behind them.
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.add(node.call("work.nested", 2).async(Integer.class));
        }
        for (CompletableFuture<Integer> one : all) {
            assertEquals(2, one.get(20, TimeUnit.SECONDS));
        }
        assertNull(node.call("work.sum", 1).as(Void.class));
    }
}
