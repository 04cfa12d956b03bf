package io.twinspan.bench;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Twinspan in Java, by its public interface and with its defaults. */
final class Nodes implements Client {
    private static final Duration APPEARS_WITHIN = Duration.ofSeconds(30);
    private final Node node;
    private final Map<String, Caller> callers = new HashMap<>();

    private Nodes(Node node) {
        this.node = node;
    }

    /** A cluster for each transport, so that nobody takes the other's link. */
    private static NodeConfig config(String where) {
        return where.equals("tcp")
                ? NodeConfig.cluster("bench-tcp").transport("tcp")
                : NodeConfig.cluster("bench-host");
    }

    static void serve(String where) throws Exception {
        App app = App.named("bench-java").serve("echo_java", Echo.class, payload -> payload);
        try (Node node = Node.join(app, config(where))) {
            Conversation.say("ready");
            Conversation.waitForTheEnd();
        }
    }

    static void call(String where, List<String> providers) throws Exception {
        try (Node node = Node.join(config(where))) {
            for (String provider : providers) {
                node.waitFor("echo_" + provider, APPEARS_WITHIN);
            }
            Conversation.say("ready");
            Conversation.run(new Nodes(node));
        }
    }

    @Override
    public Caller caller(Order order) {
        return callers.computeIfAbsent(
                order.to(),
                to -> {
                    Echo echo = node.client("echo_" + to, Echo.class);
                    AsyncEcho future = node.client("echo_" + to, AsyncEcho.class);
                    return new Caller() {
                        @Override
                        public byte[] call(byte[] payload) {
                            return echo.call(payload);
                        }

                        @Override
                        public CompletableFuture<byte[]> future(byte[] payload) {
                            return future.call(payload);
                        }
                    };
                });
    }
}
