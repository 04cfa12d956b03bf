package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Several calls at once. */
@Timeout(60)
class ScatterTest {
    /** Two of three are slow or fail. */
    public static final class Cache {
        static final CountDownLatch OTHERS = new CountDownLatch(2);
        private final String name;
        final CountDownLatch interrupted = new CountDownLatch(1);
        final AtomicInteger atOnce = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        Cache(String name) {
            this.name = name;
        }

        public String clear(int keys) {
            if (name.equals("b")) {
                throw new IllegalStateException("locked");
            }
            return name + keys;
        }

        public String race() throws InterruptedException {
            if (name.equals("c")) {
                OTHERS.await(); // Else they may be cancelled before they run.
                return "c";
            }
            OTHERS.countDown();
            try {
                Thread.sleep(30_000);
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return name;
        }

        public int twice(int n) throws InterruptedException {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            try {
                if (n % 7 == 0) {
                    throw new IllegalArgumentException("seven");
                }
                Thread.sleep(1);
                return 2 * n;
            } finally {
                atOnce.decrementAndGet();
            }
        }
    }

    private static final List<Cache> CACHES =
            List.of(new Cache("a"), new Cache("b"), new Cache("c"));
    private static final Node[] NODES = new Node[3];
    private static final NodeConfig CONFIG = NodeTest.config();
    private static Node client;

    @BeforeAll
    static void join() {
        for (int i = 0; i < NODES.length; i++) {
            Cache cache = CACHES.get(i);
            NODES[i] = Node.join(App.named("c").serve("cache", cache), CONFIG.name(cache.name));
        }
        client = Node.join(CONFIG.name("client"));
        client.waitFor("cache", 3, Duration.ofSeconds(10));
    }

    @AfterAll
    static void close() {
        client.close();
        for (Node node : NODES) {
            node.close(Duration.ZERO);
        }
    }

    @Test
    void everyProviderIsAsked() throws Exception {
        Map<String, Outcome<String>> all = client.callAll("cache.clear", 3).as(String.class);
        assertEquals(Set.of("a", "b", "c"), all.keySet());
        assertEquals("a3", all.get("a").value());
        assertEquals("c3", all.get("c").value());
        assertTrue(all.get("b").isError());
        RemoteCallException e = assertThrows(RemoteCallException.class, () -> all.get("b").value());
        assertSame(e, all.get("b").error().orElseThrow());
        assertEquals("b", e.node());
        assertEquals("locked", e.remoteMessage());
        Map<String, Outcome<String>> later =
                client.callAll("cache.clear", 4).async(String.class).get(10, TimeUnit.SECONDS);
        assertEquals("a4", later.get("a").value());
        assertThrows(NotFoundException.class, () -> client.callAll("nobody.there").as(Void.class));
    }

    @Test
    void theFirstAnswerCountsAndTheOthersAreCancelled() throws Exception {
        assertEquals("c", client.firstOf("cache.race", Args.of(), 3).as(String.class));
        assertTrue(CACHES.get(0).interrupted.await(5, TimeUnit.SECONDS));
        assertTrue(CACHES.get(1).interrupted.await(5, TimeUnit.SECONDS));
        RemoteCallException e =
                assertThrows(
                        RemoteCallException.class,
                        () -> client.firstOf("cache.twice", Args.of(7), 2).as(Integer.class));
        assertEquals(1, e.getSuppressed().length);
        assertThrows(BadConfigException.class, () -> client.firstOf("cache.race", Args.of(), 0));
        CompletableFuture<Integer> later =
                client.firstOf("cache.twice", Args.of(5), 2).async(Integer.class);
        assertEquals(10, later.get(10, TimeUnit.SECONDS));
    }

    @Test
    void nobodyReadyIsNoAnswerOfNobody() throws Exception {
        NodeConfig config = CONFIG.name("lonely");
        Cache cache = new Cache("lonely");
        try (Node lonely = Node.join(App.named("c").serve("lonely", cache), config)) {
            client.waitFor("lonely", 1, Duration.ofSeconds(10));
            lonely.drain(Duration.ofSeconds(5));
            // The news of it travels.
            long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (client.services().stream()
                    .filter(service -> service.name().equals("lonely"))
                    .flatMap(service -> service.providers().stream())
                    .anyMatch(ServiceInfo.Provider::ready)) {
                assertTrue(System.nanoTime() < until, "a draining provider stays ready");
                Thread.sleep(5);
            }
            assertThrows(
                    UnavailableException.class,
                    () -> client.callAll("lonely.clear", 1).as(Void.class));
            assertThrows(
                    UnavailableException.class,
                    () -> client.firstOf("lonely.twice", Args.of(1), 2).as(Integer.class));
        }
    }

    @Test
    void manyCallsEndInTheirOrder() {
        Iterable<Args> sets = () -> IntStream.range(0, 300).mapToObj(n -> Args.of(n)).iterator();
        List<Outcome<Integer>> all;
        try (Stream<Outcome<Integer>> ends =
                client.callMany("cache.twice", sets).window(16).as(Integer.class)) {
            all = ends.toList();
        }
        assertEquals(300, all.size());
        for (int n = 0; n < all.size(); n++) {
            assertEquals(n % 7 == 0, all.get(n).isError(), "call " + n);
            if (n % 7 != 0) {
                assertEquals(2 * n, all.get(n).value());
            }
        }
        for (Cache cache : CACHES) {
            assertTrue(cache.most.get() <= 16, "at once: " + cache.most);
        }
        assertThrows(
                BadConfigException.class, () -> client.callMany("cache.twice", sets).window(0));
    }

    @Test
    void argumentsAreReadAsTheCallsAreMade() {
        AtomicInteger read = new AtomicInteger();
        Iterable<Args> endless =
                () -> Stream.generate(() -> Args.of(read.incrementAndGet())).iterator();
        Set<Integer> seen = new TreeSet<>();
        try (Stream<Outcome<Integer>> ends =
                client.callMany("cache.twice", endless).window(8).as(Integer.class)) {
            ends.limit(20).filter(end -> !end.isError()).forEach(end -> seen.add(end.value()));
        }
        assertFalse(seen.isEmpty());
        assertTrue(read.get() <= 28, "read: " + read);
    }
}
