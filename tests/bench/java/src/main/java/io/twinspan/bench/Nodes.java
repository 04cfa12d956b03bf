package io.twinspan.bench;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.Outcome;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Twinspan in Java, by its public interface and with its defaults. */
final class Nodes implements Client {
    private static final Duration APPEARS_WITHIN = Duration.ofSeconds(30);
    private final Node node;
    private final Map<String, Caller> callers = new HashMap<>();
    private final Map<String, Feed> feeds = new HashMap<>();

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
        App app = App.named("bench-java").serve("echo_java", new Provider());
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
    public Measured run(Order order, Pace pace) throws Exception {
        if (order.pace().equals("streamed")) {
            Feed feed =
                    feeds.computeIfAbsent(order.to(), to -> node.client("echo_" + to, Feed.class));
            return Flow.streamed(feed::items, order);
        }
        if (order.face().equals("call_many")) {
            return Flow.pipelined(payloads -> many(order.to(), payloads), order);
        }
        return Client.super.run(order, pace);
    }

    private Stream<byte[]> many(String provider, Iterator<byte[]> payloads) {
        Iterable<Args> sets = () -> new ArgsIterator(payloads);
        return node.callMany("echo_" + provider + ".call", sets)
                .window(Pace.WINDOW)
                .as(byte[].class)
                .map(Outcome::value);
    }

    private record ArgsIterator(Iterator<byte[]> payloads) implements Iterator<Args> {
        @Override
        public boolean hasNext() {
            return payloads.hasNext();
        }

        @Override
        public Args next() {
            return Args.of((Object) payloads.next());
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
