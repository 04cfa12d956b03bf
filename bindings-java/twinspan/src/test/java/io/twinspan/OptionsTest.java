package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Options that the core carries out: affinity, hedge, health, drain. */
@Timeout(60)
class OptionsTest {
    /** Says where it runs; the first call of a key is slow where it is told so. */
    public static final class Where {
        private final String name;
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);

        Where(String name) {
            this.name = name;
        }

        public String who() {
            return name;
        }

        public String held() throws InterruptedException {
            entered.countDown();
            return String.valueOf(go.await(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void callsOfOneAffinityGoToOneProvider() {
        NodeConfig config = NodeTest.config();
        Node[] servers = new Node[3];
        for (int i = 0; i < servers.length; i++) {
            servers[i] =
                    Node.join(
                            App.named("w").serve("where", new Where("n" + i)),
                            config.name("n" + i));
        }
        try (Node client = Node.join(config.name("client"))) {
            client.waitFor("where", 3, Duration.ofSeconds(10));
            Map<String, String> first = new HashMap<>();
            for (int round = 0; round < 5; round++) {
                for (int key = 0; key < 30; key++) {
                    CallOptions options = CallOptions.affinity("customer-" + key);
                    String who = client.call("where.who").options(options).as(String.class);
                    assertEquals(first.computeIfAbsent("c" + key, k -> who), who);
                }
            }
            Set<String> used = new HashSet<>(first.values());
            assertEquals(Set.of("n0", "n1", "n2"), used);
            CallOptions hedged = CallOptions.hedge(0.1).withAssumeIdempotent();
            assertTrue(used.contains(client.call("where.who").options(hedged).as(String.class)));
        } finally {
            for (Node server : servers) {
                server.close(Duration.ZERO);
            }
        }
    }

    private static int status(int port, String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void aNodeThatDrainsIsNotReadyAndFinishesWhatRuns() throws Exception {
        int port = freePort();
        Where where = new Where("n");
        NodeConfig config = NodeTest.config();
        Node server =
                Node.join(
                        App.named("w").serve("where", where),
                        config.name("n").health("127.0.0.1:" + port));
        try (Node client = Node.join(config.name("client"))) {
            client.waitFor("where", Duration.ofSeconds(10));
            assertEquals(200, status(port, "/livez"));
            assertEquals(200, status(port, "/readyz"));
            assertTrue(server.ready());
            CompletableFuture<String> held = client.call("where.held").async(String.class);
            assertTrue(where.entered.await(5, TimeUnit.SECONDS));
            assertThrows(
                    DeadlineExceededException.class, () -> server.drain(Duration.ofMillis(50)));
            assertFalse(server.ready());
            assertEquals(200, status(port, "/livez"));
            assertEquals(503, status(port, "/readyz"));
            TwinspanException e =
                    assertThrows(
                            TwinspanException.class,
                            () ->
                                    client.call("where.who")
                                            .timeout(Duration.ofMillis(500))
                                            .as(String.class));
            assertEquals(Executed.NO, e.executed());
            where.go.countDown();
            assertEquals("true", held.get(5, TimeUnit.SECONDS));
            server.drain(Duration.ofSeconds(5));
        } finally {
            server.close(Duration.ZERO);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
