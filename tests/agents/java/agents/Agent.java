package agents;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.Call;
import io.twinspan.CallOptions;
import io.twinspan.Member;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.ServiceInfo;
import io.twinspan.tests.Json;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The Java agent: reads one JSON object a line, answers each with one, and tells events as they
 * happen. It speaks what agents/python/agent.py describes.
 */
public final class Agent {
    private static final PrintStream OUT =
            new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    private final Map<String, Load> loads = new ConcurrentHashMap<>();
    private final Trials trials = new Trials();
    private final Steps steps = new Steps();

    public static void main(String[] args) throws Exception {
        // What handlers and libraries print must not look like an answer.
        System.setOut(System.err);
        // Loaded before the barrier of a race, as `import twinspan` is in Python.
        Class.forName("io.twinspan.internal.Native");
        Class.forName("io.twinspan.Node");
        Agent agent = new Agent();
        emit(map("event", "up", "language", "java", "pid", ProcessHandle.current().pid()));
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<?, ?> ask = (Map<?, ?>) Json.read(line);
            Thread thread = new Thread(() -> agent.answer(ask), "ask-" + ask.get("op"));
            thread.setDaemon(true);
            thread.start();
        }
        // The driver is gone, or done with us.
        Runtime.getRuntime().halt(0);
    }

    static void event(String name, String key, String node) {
        emit(map("event", name, "key", key, "node", node));
    }

    private static void emit(Map<String, Object> told) {
        String line = Json.write(told);
        synchronized (OUT) {
            OUT.println(line);
        }
    }

    static Map<String, Object> map(Object... pairs) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            out.put((String) pairs[i], pairs[i + 1]);
        }
        return out;
    }

    private void answer(Map<?, ?> ask) {
        try {
            Object ok = run(ask);
            emit(map("id", ask.get("id"), "ok", ok));
        } catch (Throwable e) {
            emit(map("id", ask.get("id"), "error", Told.error(e, 0)));
        }
    }

    private Object run(Map<?, ?> ask) throws Throwable {
        switch ((String) ask.get("op")) {
            case "join":
                return join(ask);
            case "close":
                {
                    long begun = System.nanoTime();
                    node(ask).close(seconds(ask, "drain", 10));
                    return (System.nanoTime() - begun) / 1e6;
                }
            case "drain":
                node(ask).drain(seconds(ask, "timeout", 10));
                return null;
            case "forget":
                return forget();
            case "crash":
                Runtime.getRuntime().halt(9);
                return null;
            case "members":
                return node(ask).members().stream().map(Agent::member).toList();
            case "services":
                return services(ask);
            case "wait_for":
                node(ask)
                        .waitFor(
                                (String) ask.get("service"),
                                ask.get("count") instanceof Long n ? n.intValue() : 1,
                                seconds(ask, "timeout", 10));
                return null;
            case "watch":
                return watch(ask);
            case "call":
                return call(ask);
            case "cancelled":
                return cancelled(ask);
            case "release":
                Work.gate((String) ask.get("key")).countDown();
                return null;
            case "count":
                return Work.COUNTS.getOrDefault((String) ask.get("key"), 0);
            case "load":
                loads.put((String) ask.get("key"), new Load(node(ask), ask));
                return null;
            case "unload":
                return loads.remove((String) ask.get("key")).stop();
            case "burst":
                return burst(ask);
            case "step":
                return steps.run(ask);
            case "ping":
                return System.nanoTime();
            case "memory_mark":
                return Large.mark();
            case "memory_peak":
                return Large.peak();
            case "carry":
                return Large.carry(node(ask), ask);
            default:
                return trials.run(node(ask), ask);
        }
    }

    private Node node(Map<?, ?> ask) {
        return nodes.get((String) ask.get("node"));
    }

    static Duration seconds(Map<?, ?> ask, String key, double otherwise) {
        double value = ask.get(key) instanceof Number n ? n.doubleValue() : otherwise;
        return Duration.ofNanos((long) (value * 1e9));
    }

    private Object join(Map<?, ?> ask) throws Exception {
        App app = App.named(ask.get("app") instanceof String name ? name : "agent");
        List<Work> served = new ArrayList<>();
        if (ask.get("serve") instanceof List<?> names) {
            for (Object name : names) {
                Work work = new Work();
                served.add(work);
                app.serve((String) name, work);
            }
        }
        trials.offer(app, ask);
        NodeConfig config = config((Map<?, ?>) ask.get("options"));
        if (ask.get("barrier") instanceof String barrier) {
            try (RandomAccessFile file = new RandomAccessFile(barrier, "r")) {
                emit(map("event", "waiting", "key", barrier));
                FileLock lock = file.getChannel().lock(0, Long.MAX_VALUE, true);
                lock.release();
            }
        }
        long begun = System.nanoTime();
        Node node = Node.join(app, config);
        long joined = System.nanoTime();
        served.forEach(work -> work.joined(node));
        nodes.put((String) ask.get("node"), node);
        return map(
                "id",
                node.id(),
                "name",
                node.name(),
                "cluster",
                node.cluster(),
                "addresses",
                node.addresses(),
                "ms",
                (joined - begun) / 1e6);
    }

    static NodeConfig config(Map<?, ?> options) {
        NodeConfig config = NodeConfig.defaults();
        for (Map.Entry<?, ?> option : (options == null ? Map.of() : options).entrySet()) {
            Object value = option.getValue();
            config =
                    switch ((String) option.getKey()) {
                        case "cluster" -> NodeConfig.cluster((String) value);
                        default -> config;
                    };
        }
        for (Map.Entry<?, ?> option : (options == null ? Map.of() : options).entrySet()) {
            Object value = option.getValue();
            config =
                    switch ((String) option.getKey()) {
                        case "cluster" -> config;
                        case "name" -> config.name((String) value);
                        case "listen" -> config.listen((String) value);
                        case "advertise" -> config.advertise((String) value);
                        case "seeds" -> config.seeds(((List<?>) value).toArray(new String[0]));
                        case "identity" -> config.identity(Path.of((String) value));
                        case "local" -> config.local((Boolean) value);
                        case "hide_errors" -> config.hideErrors((Boolean) value);
                        case "workers" -> config.workers(((Long) value).intValue());
                        case "max_threads" -> config.maxThreads(((Long) value).intValue());
                        case "max_payload" -> config.maxPayload((Long) value);
                        case "memory" -> config.memory((Long) value);
                        case "transport" -> config.transport((String) value);
                        case "health" -> config.health((String) value);
                        default ->
                                throw new IllegalArgumentException("no option " + option.getKey());
                    };
        }
        return config;
    }

    private Object forget() throws InterruptedException {
        for (String key : new ArrayList<>(nodes.keySet())) {
            nodes.remove(key).close(Duration.ZERO);
        }
        steps.forget();
        for (Load load : loads.values()) {
            load.stop();
        }
        loads.clear();
        Work.GATES.clear();
        Work.COUNTS.clear();
        return null;
    }

    private static Map<String, Object> member(Member m) {
        return map(
                "id",
                m.id(),
                "name",
                m.name(),
                "language",
                m.language(),
                "pid",
                m.pid(),
                "state",
                m.state(),
                "me",
                m.me(),
                "services",
                m.services());
    }

    private Object services(Map<?, ?> ask) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (ServiceInfo service : node(ask).services()) {
            TreeSet<String> providers = new TreeSet<>();
            service.providers().stream()
                    .filter(ServiceInfo.Provider::ready)
                    .forEach(p -> providers.add(p.name()));
            TreeSet<String> methods = new TreeSet<>();
            service.methods().forEach(m -> methods.add(m.name()));
            out.put(service.name(), map("providers", providers, "methods", methods));
        }
        return out;
    }

    private Object watch(Map<?, ?> ask) throws InterruptedException {
        Node node = node(ask);
        long until = System.nanoTime() + seconds(ask, "timeout", 10).toNanos();
        while (true) {
            Map<String, Object> seen = new LinkedHashMap<>();
            TreeSet<Object> ready = new TreeSet<>();
            for (Member member : node.members()) {
                seen.put(member.name(), member.state());
                if (member.state().equals("ready")) {
                    ready.add(member.name());
                }
            }
            long at = System.nanoTime();
            boolean done =
                    ask.get("ready") instanceof List<?> wanted
                            ? ready.equals(new TreeSet<>(wanted))
                            : ((List<?>) ask.get("states"))
                                    .contains(seen.getOrDefault((String) ask.get("name"), "gone"));
            if (done || at > until) {
                return map("done", done, "at", at, "seen", seen);
            }
            Thread.sleep(5);
        }
    }

    static CallOptions options(Map<?, ?> chosen) {
        CallOptions options = CallOptions.defaults();
        for (Map.Entry<?, ?> option : (chosen == null ? Map.of() : chosen).entrySet()) {
            Object value = option.getValue();
            options =
                    switch ((String) option.getKey()) {
                        case "timeout" ->
                                options.withTimeout(
                                        Duration.ofNanos(
                                                (long) (((Number) value).doubleValue() * 1e9)));
                        case "attempts" -> options.withAttempts(((Long) value).intValue());
                        case "balance" -> options.withBalance((String) value);
                        case "affinity" -> options.withAffinity((String) value);
                        case "hedge" -> options.withHedge(((Number) value).doubleValue());
                        case "assume_idempotent" ->
                                (Boolean) value ? options.withAssumeIdempotent() : options;
                        default ->
                                throw new IllegalArgumentException("no option " + option.getKey());
                    };
        }
        return options;
    }

    static Object[] arguments(Object literals) throws ReflectiveOperationException {
        return literals == null ? new Object[0] : ((List<?>) Literals.value(literals)).toArray();
    }

    private Object call(Map<?, ?> ask) throws Throwable {
        Object[] args = Literals.alive(node(ask), arguments(ask.get("args")));
        Args all = Args.of(args);
        if (ask.get("kwargs") instanceof Map<?, ?> kwargs) {
            for (Map.Entry<?, ?> one : kwargs.entrySet()) {
                all = all.named((String) one.getKey(), Literals.value(one.getValue()));
            }
        }
        long begun = System.nanoTime();
        Object result = made(ask, args, all);
        double taken = (System.nanoTime() - begun) / 1e6;
        Object value =
                "digest".equals(ask.get("result")) ? new Work().digest((byte[]) result) : result;
        return map("value", Literals.of(value), "ms", taken);
    }

    private Object made(Map<?, ?> ask, Object[] args, Args all) throws Throwable {
        Node node = node(ask);
        String target = ask.get("service") + "." + ask.get("method");
        CallOptions options = options((Map<?, ?>) ask.get("options"));
        String style = ask.get("style") instanceof String given ? given : "node";
        switch (style) {
            case "node":
            case "untyped":
                return node.call(target, all).options(options).as(Object.class);
            case "node_async":
            case "untyped_async":
                return awaited(node.call(target, all).options(options).async(Object.class));
            case "typed":
                return proxied(
                        Types.Face.class,
                        node.client((String) ask.get("service"), Types.Face.class, options),
                        ask,
                        args);
            case "typed_async":
                return awaited(
                        proxied(
                                Types.AsyncFace.class,
                                node.client(
                                        (String) ask.get("service"),
                                        Types.AsyncFace.class,
                                        options),
                                ask,
                                args));
            case "in_continuation":
                {
                    // A blocking call where the answer of another one is handled.
                    Args blocking = all;
                    return awaited(
                            node.call(ask.get("service") + ".who")
                                    .async(Object.class)
                                    .thenApply(
                                            who ->
                                                    node.call(target, blocking)
                                                            .options(options)
                                                            .as(Object.class)));
                }
            case "annotated":
                return node.client((String) ask.get("service"), Hasty.class)
                        .slow((Long) args[0], (String) args[1]);
            default:
                throw new IllegalArgumentException("no style " + style);
        }
    }

    /** Its timeout is in the contract. */
    interface Hasty {
        @Call(timeout = "200ms")
        String slow(long ms, String key);
    }

    private static Object proxied(Class<?> face, Object proxy, Map<?, ?> ask, Object[] args)
            throws Throwable {
        for (Method method : face.getDeclaredMethods()) {
            if (method.getName().equals(ask.get("method"))
                    && method.getParameterCount() == args.length) {
                Object[] fitted = new Object[args.length];
                for (int i = 0; i < args.length; i++) {
                    fitted[i] = Literals.fit(args[i], method.getGenericParameterTypes()[i]);
                }
                try {
                    return method.invoke(proxy, fitted);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            }
        }
        throw new NoSuchMethodException(face + " has no " + ask.get("method"));
    }

    static Object awaited(Object future) throws Throwable {
        try {
            return ((CompletableFuture<?>) future).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    private Object cancelled(Map<?, ?> ask) throws Throwable {
        CompletableFuture<Object> future =
                node(ask)
                        .call(
                                ask.get("service") + "." + ask.get("method"),
                                Args.of(arguments(ask.get("args"))))
                        .async(Object.class);
        Work.gate((String) ask.get("key")).await(20, TimeUnit.SECONDS);
        future.cancel(true);
        try {
            return String.valueOf(future.get(20, TimeUnit.SECONDS));
        } catch (CancellationException e) {
            return "cancelled";
        }
    }

    private Object burst(Map<?, ?> ask) {
        Map<String, Object> answers = new LinkedHashMap<>();
        CallOptions options = options((Map<?, ?>) ask.get("options"));
        for (long i = 0; i < (Long) ask.get("count"); i++) {
            String answer =
                    node(ask)
                            .call(ask.get("service") + "." + ask.get("method"))
                            .options(options)
                            .as(String.class);
            answers.merge(answer, 1L, (a, b) -> (Long) a + (Long) b);
        }
        return answers;
    }
}
