package agents;

import static agents.Agent.map;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.CallContext;
import io.twinspan.CallOptions;
import io.twinspan.Limits;
import io.twinspan.Member;
import io.twinspan.Node;
import io.twinspan.RemoteCall;
import io.twinspan.RemoteStream;
import io.twinspan.ServiceInfo;
import io.twinspan.TypeRef;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What the scenarios let a caller do, by name, waiting in a thread or through futures;
 * agents/python/steps.py does the same.
 */
final class Steps {
    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    private final Map<String, String> faces = new ConcurrentHashMap<>();
    private final Map<String, Begun> begun = new ConcurrentHashMap<>();
    private final Flows flows = new Flows();

    /** A call under way: a future, and for a blocking call the thread that waits. */
    private record Begun(CompletableFuture<Object> future, Thread waiting) {}

    Object run(Map<?, ?> ask) throws Throwable {
        switch ((String) ask.get("do")) {
            case "join":
                return join(ask);
            case "close":
                return close(ask);
            case "drain":
                node(ask).drain(Agent.seconds(ask, "timeout", 10));
                return null;
            case "wait_for":
                node(ask).waitFor(text(ask, "service"), count(ask, 1), seconds(ask, "timeout"));
                return null;
            case "look":
                return look(ask);
            case "outside":
                return CallContext.current().isEmpty();
            case "call":
                begin(ask);
                return result(ask);
            case "begin":
                begin(ask);
                return null;
            case "result":
                return result(ask);
            case "peek":
                return peek(ask);
            case "cancel":
                cancel(ask);
                return null;
            case "burst":
                return burst(ask);
            case "rush":
                return new Rush(made(ask), ask).run(awaits(ask));
            case "call_all":
                return Many.all(node(ask), target(ask), args(ask), options(ask), awaits(ask));
            case "call_many":
                return Many.many(node(ask), target(ask), ask, options(ask));
            case "first_of":
                {
                    int n = ((Long) ask.get("n")).intValue();
                    return Many.first(
                            node(ask), target(ask), args(ask), n, options(ask), awaits(ask));
                }
            case "open":
                flows.keep(text(ask, "key"), opened(ask), awaits(ask));
                return null;
            case "take":
                return Literals.of(Agent.awaited(flows.take(ask)));
            case "batches":
                return flows.batches(ask);
            case "consume":
                return flows.consume(ask);
            case "stats":
                return flows.stats(ask);
            case "leave":
                flows.leave(ask);
                return null;
            default:
                throw new IllegalArgumentException("no step " + ask.get("do"));
        }
    }

    void forget() {
        for (String key : new ArrayList<>(nodes.keySet())) {
            nodes.remove(key).close(Duration.ZERO);
        }
        begun.clear();
        flows.forget();
    }

    private static String text(Map<?, ?> ask, String key) {
        return (String) ask.get(key);
    }

    private static int count(Map<?, ?> ask, int otherwise) {
        return ask.get("count") instanceof Long n ? n.intValue() : otherwise;
    }

    private static Duration seconds(Map<?, ?> ask, String key) {
        return Agent.seconds(ask, key, 10);
    }

    private Node node(Map<?, ?> ask) {
        return nodes.get(text(ask, "node"));
    }

    private boolean awaits(Map<?, ?> ask) {
        return "async".equals(faces.get(text(ask, "node")));
    }

    // Nodes

    private Object join(Map<?, ?> ask) {
        App app = App.named("scene").version(ask.get("version") instanceof String v ? v : "1");
        List<Scene> scenes = new ArrayList<>();
        List<Work> works = new ArrayList<>();
        List<Feeds> feeds = new ArrayList<>();
        List<Stand> stands = new ArrayList<>();
        for (Object pair : ask.get("serve") instanceof List<?> all ? all : List.of()) {
            List<?> one = (List<?>) pair;
            String name = (String) one.get(1);
            switch ((String) one.get(0)) {
                case "work":
                    {
                        Work work = new Work();
                        works.add(work);
                        app.serve(name, work);
                        break;
                    }
                case "scene":
                    {
                        Scene scene = new Scene();
                        scenes.add(scene);
                        app.serve(name, scene);
                        break;
                    }
                case "feed":
                    {
                        Feeds feed = new Feeds();
                        feeds.add(feed);
                        app.serve(name, feed);
                        break;
                    }
                case "stand":
                    {
                        Stand stand = new Stand();
                        stands.add(stand);
                        app.serve(name, stand);
                        break;
                    }
                default:
                    throw new IllegalArgumentException("nothing serves as " + one);
            }
            if (ask.get("limits") instanceof Map<?, ?> all
                    && all.get(name) instanceof Map<?, ?> l) {
                app.limit(name, limits(l));
            }
            if (ask.get("balance") instanceof String balance) {
                app.balance(name, balance);
            }
        }
        if (ask.get("hold") instanceof String hold) {
            app.onStart(
                    joining -> {
                        Agent.event("starting", hold, "");
                        Work.open(hold);
                    });
            app.onStop(() -> Agent.event("stopped", hold, ""));
        }
        Node node = Node.join(app, Agent.config((Map<?, ?>) ask.get("options")));
        scenes.forEach(scene -> scene.joined(node));
        works.forEach(work -> work.joined(node));
        feeds.forEach(feed -> feed.joined(node));
        stands.forEach(stand -> stand.joined(node));
        nodes.put(text(ask, "node"), node);
        faces.put(text(ask, "node"), text(ask, "face"));
        return map("id", node.id(), "name", node.name(), "cluster", node.cluster());
    }

    private static Limits limits(Map<?, ?> said) {
        Limits limits = Limits.none();
        for (Map.Entry<?, ?> one : said.entrySet()) {
            int most = ((Long) one.getValue()).intValue();
            limits =
                    switch ((String) one.getKey()) {
                        case "running" -> limits.running(most);
                        case "waiting" -> limits.waiting(most);
                        default -> limits.bytes(most);
                    };
        }
        return limits;
    }

    private Object close(Map<?, ?> ask) {
        long at = System.nanoTime();
        node(ask).close(seconds(ask, "drain"));
        if (Boolean.TRUE.equals(ask.get("gone"))) {
            nodes.remove(text(ask, "node"));
        }
        return (System.nanoTime() - at) / 1e6;
    }

    private Object look(Map<?, ?> ask) {
        Node node = node(ask);
        switch (text(ask, "at")) {
            case "state":
                return map("ready", node.ready(), "closed", node.closed(), "name", node.name());
            case "stats":
                return node.stats();
            case "members":
                {
                    Map<String, Object> all = new LinkedHashMap<>();
                    for (Member m : node.members()) {
                        List<String> services = m.services().stream().sorted().toList();
                        all.put(
                                m.name(),
                                map(
                                        "state",
                                        m.state(),
                                        "language",
                                        m.language(),
                                        "me",
                                        m.me(),
                                        "services",
                                        services));
                    }
                    return all;
                }
            default:
                return services(node);
        }
    }

    private static Map<String, Object> services(Node node) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (ServiceInfo service : node.services()) {
            TreeSet<String> providers = new TreeSet<>();
            service.providers().stream()
                    .filter(ServiceInfo.Provider::ready)
                    .forEach(p -> providers.add(p.name()));
            Map<String, Object> methods = new LinkedHashMap<>();
            service.methods().forEach(m -> methods.put(m.name(), m.deprecated()));
            out.put(service.name(), map("providers", providers, "methods", methods));
        }
        return out;
    }

    // Calls

    @SuppressWarnings("try")
    private void begin(Map<?, ?> ask) throws ReflectiveOperationException {
        Made made = ask.containsKey("stream") ? taking(ask) : made(ask);
        String key = text(ask, "key");
        if (awaits(ask)) {
            try (Around around = new Around(ask)) {
                begun.put(key, new Begun(made.later(), null));
            }
            return;
        }
        CompletableFuture<Object> future = new CompletableFuture<>();
        Thread waiting =
                new Thread(
                        () -> {
                            try (Around around = new Around(ask)) {
                                future.complete(made.now());
                            } catch (Throwable e) {
                                future.completeExceptionally(e);
                            }
                        },
                        "call-" + key);
        waiting.setDaemon(true);
        begun.put(key, new Begun(future, waiting));
        waiting.start();
    }

    /** A call that can be made in both ways. */
    interface Made {
        Object now() throws Throwable;

        CompletableFuture<Object> later();
    }

    private Made taking(Map<?, ?> ask) {
        return new Made() {
            @Override
            public Object now() throws Throwable {
                return Agent.awaited(flows.take(ask));
            }

            @Override
            public CompletableFuture<Object> later() {
                return flows.take(ask);
            }
        };
    }

    private Made made(Map<?, ?> ask) throws ReflectiveOperationException {
        if (Boolean.TRUE.equals(ask.get("contract"))) {
            Object[] args = Agent.arguments(ask.get("args"));
            return Faces.made(
                    node(ask), text(ask, "service"), text(ask, "method"), args, options(ask));
        }
        RemoteCall chosen = node(ask).call(target(ask), args(ask)).options(options(ask));
        return new Made() {
            @Override
            public Object now() {
                return chosen.as(Object.class);
            }

            @Override
            public CompletableFuture<Object> later() {
                return chosen.async(Object.class);
            }
        };
    }

    @SuppressWarnings("unchecked")
    private RemoteStream<Object> opened(Map<?, ?> ask) throws Throwable {
        RemoteCall call = node(ask).call(target(ask), args(ask)).options(options(ask));
        TypeRef<RemoteStream<Object>> type = new TypeRef<>() {};
        return awaits(ask) ? (RemoteStream<Object>) Agent.awaited(call.async(type)) : call.as(type);
    }

    private static String target(Map<?, ?> ask) {
        return text(ask, "service") + "." + text(ask, "method");
    }

    private static CallOptions options(Map<?, ?> ask) {
        return Agent.options((Map<?, ?>) ask.get("options"));
    }

    private Args args(Map<?, ?> ask) throws ReflectiveOperationException {
        List<Object> positional = new ArrayList<>();
        for (Object one : ask.get("args") instanceof List<?> all ? all : List.of()) {
            positional.add(argument(ask, one));
        }
        Args all = Args.of(positional.toArray());
        if (ask.get("kwargs") instanceof Map<?, ?> kwargs) {
            for (Map.Entry<?, ?> one : kwargs.entrySet()) {
                all = all.named((String) one.getKey(), argument(ask, one.getValue()));
            }
        }
        return all;
    }

    /** A value, or a stream of what a {@link Source} gives, also where it is not allowed. */
    private Object argument(Map<?, ?> ask, Object literal) throws ReflectiveOperationException {
        if (literal instanceof List<?> list) {
            List<Object> all = new ArrayList<>();
            for (Object part : list) {
                all.add(argument(ask, part));
            }
            return all;
        }
        if (!(literal instanceof Map<?, ?> tagged) || !"stream".equals(tagged.get("t"))) {
            return Literals.value(literal);
        }
        List<?> parts = (List<?>) tagged.get("v");
        Source<Long> source =
                Source.of((String) parts.get(0), (Long) parts.get(1), (String) parts.get(2), "");
        return awaits(ask) ? new Emitter<>(source) : source;
    }

    private Object result(Map<?, ?> ask) throws Throwable {
        Object result = Agent.awaited(begun.remove(text(ask, "key")).future());
        boolean digest = Boolean.TRUE.equals(ask.get("digest"));
        return Literals.of(digest ? new Work().digest((byte[]) result) : result);
    }

    /** Whether a call has ended within a moment; throws its error. */
    private boolean peek(Map<?, ?> ask) throws Throwable {
        try {
            begun.get(text(ask, "key")).future().get((Long) ask.get("seconds"), TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    private void cancel(Map<?, ?> ask) {
        Begun one = begun.get(text(ask, "key"));
        if (one.waiting() != null) {
            one.waiting().interrupt();
        } else {
            one.future().cancel(true);
        }
    }

    private Object burst(Map<?, ?> ask) throws Throwable {
        Map<String, Object> answers = new LinkedHashMap<>();
        for (long i = 0; i < (Long) ask.get("count"); i++) {
            Made made = made(ask);
            Object answer = awaits(ask) ? made.later().get(20, TimeUnit.SECONDS) : made.now();
            answers.merge(String.valueOf(answer), 1L, (a, b) -> (Long) a + (Long) b);
        }
        return answers;
    }
}
