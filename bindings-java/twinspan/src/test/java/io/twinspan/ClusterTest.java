package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Two nodes of one process, which meet over a link. */
@Timeout(60)
class ClusterTest {
    interface Shop {
        @Idempotent
        String echo(String text);

        byte[] reversed(byte[] bytes);

        int fail(int code);

        @Deprecated
        String old();
    }

    static final class ShopImpl implements Shop {
        @Override
        public String echo(String text) {
            return text;
        }

        @Override
        public byte[] reversed(byte[] bytes) {
            byte[] out = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                out[i] = bytes[bytes.length - 1 - i];
            }
            return out;
        }

        @Override
        public int fail(int code) {
            throw new IllegalArgumentException("code " + code);
        }

        @Override
        @Deprecated
        public String old() {
            return "old";
        }
    }

    @Test
    void twoNodesMeet() throws Exception {
        NodeConfig config = NodeTest.config();
        App app = App.named("shop").version("1.2.3").serve("shop", Shop.class, new ShopImpl());
        try (Node server = Node.join(app, config.name("server"));
                Node client = Node.join(App.named("client"), config.name("client"))) {
            client.waitFor("shop", Duration.ofSeconds(10));
            assertNotEquals(server.id(), client.id());
            Shop shop = client.client("shop", Shop.class);
            for (int i = 0; i < 100; i++) {
                assertEquals("text " + i, shop.echo("text " + i));
            }
            // Above the size from which bodies travel by a link of their own.
            byte[] large = new byte[1 << 20];
            large[0] = 7;
            byte[] back = shop.reversed(large);
            assertEquals(7, back[back.length - 1]);
            RemoteCallException e = assertThrows(RemoteCallException.class, () -> shop.fail(3));
            assertEquals("server", e.node());
            assertEquals("fail", e.getStackTrace()[0].getMethodName());

            assertTrue(server.ready());
            Member seen =
                    client.members().stream()
                            .filter(member -> member.name().equals("server"))
                            .findFirst()
                            .orElseThrow();
            assertEquals(server.id(), seen.id());
            assertEquals("java", seen.language());
            assertEquals("shop", seen.app());
            assertEquals("1.2.3", seen.appVersion());
            assertEquals("ready", seen.state());
            assertEquals(ProcessHandle.current().pid(), seen.pid());
            assertEquals(List.of("shop"), seen.services());
            assertFalse(seen.me());
            assertEquals(1, client.members().stream().filter(Member::me).count());

            ServiceInfo service =
                    client.services().stream()
                            .filter(one -> one.name().equals("shop"))
                            .findFirst()
                            .orElseThrow();
            assertEquals(
                    List.of("server"),
                    service.providers().stream().map(ServiceInfo.Provider::name).toList());
            ServiceInfo.Method echo =
                    service.methods().stream()
                            .filter(method -> method.name().equals("echo"))
                            .findFirst()
                            .orElseThrow();
            assertEquals(
                    List.of(
                            new ServiceInfo.Parameter(
                                    "text", "both", "text", false, null, List.of())),
                    echo.parameters());
            assertEquals("text", echo.returns());
            assertTrue(echo.idempotent());
            assertTrue(
                    service.methods().stream()
                            .anyMatch(
                                    method -> method.name().equals("old") && method.deprecated()));
            assertTrue(client.stats().get("links") instanceof Number);

            List<CompletableFuture<String>> all = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                all.add(client.call("shop.echo", "n" + i).async(String.class));
            }
            for (int i = 0; i < all.size(); i++) {
                assertEquals("n" + i, all.get(i).get(20, TimeUnit.SECONDS));
            }
        }
    }

    /** Calls on. */
    public static final class Front {
        volatile Shop shop;

        public int relay(int code) {
            return shop.fail(code);
        }
    }

    @Test
    void bothLegsStandInOneTrace() {
        NodeConfig config = NodeTest.config();
        Front front = new Front();
        App middle =
                App.named("front")
                        .serve("front", front)
                        .onStart(node -> front.shop = node.client("shop", Shop.class));
        try (Node server =
                        Node.join(
                                App.named("shop").serve("shop", Shop.class, new ShopImpl()),
                                config.name("server"));
                Node relay = Node.join(middle, config.name("relay"));
                Node client = Node.join(config.name("client"))) {
            assertTrue(server.ready());
            relay.waitFor("shop", Duration.ofSeconds(10));
            client.waitFor("front", Duration.ofSeconds(10));
            RemoteCallException e =
                    assertThrows(
                            RemoteCallException.class,
                            () -> client.call("front.relay", 5).as(Integer.class));
            assertEquals("io.twinspan.RemoteCallException", e.type());
            assertEquals("relay", e.node());
            assertTrue(e.is("twinspan.RemoteError"));
            assertEquals("relay", e.getStackTrace()[0].getMethodName());
            // What was told of the leg between is the handler, not the executor that runs it.
            assertEquals(List.of("relay"), told(e));
            assertEquals(
                    "io.twinspan.RemoteCallException: call shop.fail:"
                            + " java.lang.IllegalArgumentException: code 5",
                    e.getMessage().split("\n")[0].replace("call front.relay: ", ""));
            assertEquals(1, e.getMessage().split("remote frames", -1).length - 1, e.getMessage());
            RemoteCallException behind = (RemoteCallException) e.getCause();
            assertTrue(behind.is(IllegalArgumentException.class));
            assertEquals("code 5", behind.remoteMessage());
            assertEquals("server", behind.node());
            assertEquals(List.of("fail"), told(behind));
        }
    }

    private static List<String> told(RemoteCallException e) {
        return Arrays.stream(e.getStackTrace())
                .limit(e.remoteFrames())
                .map(StackTraceElement::getMethodName)
                .toList();
    }

    /** Says where it runs. */
    public static final class Where {
        private final String name;

        Where(String name) {
            this.name = name;
        }

        public String who() {
            return name;
        }
    }

    @Test
    void theProviderChoosesTheBalance() {
        NodeConfig config = NodeTest.config();
        App one = App.named("one").serve("where", new Where("one")).balance("where", "round_robin");
        App two = App.named("two").balance("where", "round_robin").serve("where", new Where("two"));
        assertThrows(BadConfigException.class, () -> App.named("x").balance("where", "fastest"));
        try (Node first = Node.join(one, config.name("one"));
                Node second = Node.join(two, config.name("two"));
                Node client = Node.join(config.name("client"))) {
            assertFalse(first.closed() || second.closed());
            client.waitFor("where", 2, Duration.ofSeconds(10));
            String last = client.call("where.who").as(String.class);
            for (int i = 0; i < 6; i++) {
                String next = client.call("where.who").as(String.class);
                assertNotEquals(last, next);
                last = next;
            }
        }
    }

    @Test
    void aClosedNodeSaysSo() {
        NodeConfig config = NodeTest.config();
        Node node = Node.join(App.named("shop").serve("shop", Shop.class, new ShopImpl()), config);
        Shop shop = node.client("shop", Shop.class);
        assertEquals("x", shop.echo("x"));
        node.close();
        node.close();
        assertFalse(node.ready());
        assertTrue(node.closed());
        ClosedException e = assertThrows(ClosedException.class, () -> shop.echo("x"));
        assertEquals(Executed.NO, e.executed());
        // A call that answers with a future never throws itself, prepared or not.
        CompletableFuture<String> prepared = node.call("shop.echo", "x").async(String.class);
        CompletableFuture<String> fresh = node.call("shop.old").async(String.class);
        for (CompletableFuture<String> future : List.of(prepared, fresh)) {
            java.util.concurrent.ExecutionException failed =
                    assertThrows(
                            java.util.concurrent.ExecutionException.class,
                            () -> future.get(5, TimeUnit.SECONDS));
            assertEquals(Executed.NO, ((ClosedException) failed.getCause()).executed());
        }
    }

    @Test
    void closingIsNotEndedByAnInterrupt() {
        Node node =
                Node.join(
                        App.named("shop").serve("shop", Shop.class, new ShopImpl()),
                        NodeTest.config());
        Thread.currentThread().interrupt();
        node.close();
        assertTrue(Thread.interrupted());
        assertThrows(ClosedException.class, () -> node.members());
    }

    @Test
    void nobodyServesIt() {
        try (Node node = Node.join(NodeTest.config())) {
            TwinspanException e =
                    assertThrows(
                            TwinspanException.class,
                            () ->
                                    node.call("nobody.there")
                                            .timeout(Duration.ofMillis(300))
                                            .as(String.class));
            assertEquals(Executed.NO, e.executed());
            assertThrows(
                    DeadlineExceededException.class,
                    () -> node.waitFor("nobody", Duration.ofMillis(100)));
        }
    }

    @Test
    void aHookThatThrowsEndsTheJoin() {
        boolean[] stopped = {false};
        App app =
                App.named("broken")
                        .onStart(
                                node -> {
                                    throw new IllegalStateException("no database");
                                })
                        .onStop(() -> stopped[0] = true);
        IllegalStateException e =
                assertThrows(IllegalStateException.class, () -> Node.join(app, NodeTest.config()));
        assertEquals("no database", e.getMessage(), Arrays.toString(e.getSuppressed()));
        assertTrue(stopped[0]);
    }

    @Test
    void settingsThatAreWrongAreNamed() {
        BadConfigException e =
                assertThrows(
                        BadConfigException.class,
                        () -> Node.join(NodeConfig.cluster("no spaces please")));
        assertTrue(e.getMessage().contains("cluster"), e.getMessage());
    }
}
