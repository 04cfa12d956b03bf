package agents;

import io.twinspan.Args;
import io.twinspan.CallContext;
import io.twinspan.Default;
import io.twinspan.Idempotent;
import io.twinspan.Node;
import io.twinspan.WireError;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The service of the scenarios; agents/python/scene.py is the same in Python. A method and its
 * {@code Async} twin do the same.
 */
public final class Scene {
    private volatile Node node;

    /** Crosses with its fields. */
    @WireError("scene.Broken")
    public static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;
        private final String part;
        private final long pieces;

        public Broken(String part, long pieces) {
            super(part + " broke into " + pieces);
            this.part = part;
            this.pieces = pieces;
        }

        public String part() {
            return part;
        }

        public long pieces() {
            return pieces;
        }
    }

    void joined(Node joined) {
        node = joined;
    }

    private void tell(String event, String key) {
        Agent.event(event, key, who());
    }

    public String who() {
        return node == null ? "" : node.name();
    }

    public void nothing() {}

    public String touch(String key) {
        Work.COUNTS.merge(key, 1, Integer::sum);
        return who();
    }

    @Idempotent
    public String touchAgain(String key) {
        return touch(key);
    }

    public int whole(int value) {
        return value;
    }

    public String joinWords(String firstWord, @Default("world") String secondWord) {
        return firstWord + " " + secondWord;
    }

    @Deprecated
    public String glue(String a, String b) {
        return a + b;
    }

    String secret() {
        return "nobody may know";
    }

    // What a handler knows of its call

    public Map<String, Object> place() {
        return here();
    }

    public CompletableFuture<Map<String, Object>> placeAsync() {
        return CompletableFuture.completedFuture(here());
    }

    private Map<String, Object> here() {
        CallContext context = CallContext.current().orElseThrow();
        Map<String, Object> here = new LinkedHashMap<>();
        here.put("name", who());
        here.put("language", "java");
        here.put("caller", context.caller());
        here.put("caller_language", context.language());
        here.put("service", context.service());
        here.put("method", context.method());
        here.put("attempt", (long) context.attempt());
        here.put("depth", (long) context.depth());
        here.put("remaining_ms", context.remaining().toMillis());
        here.put("cancelled", context.cancelled());
        here.put("baggage", context.baggage());
        here.put("traceparent", context.traceparent());
        return here;
    }

    public List<Object> relay(List<String> path) {
        List<Object> all = new ArrayList<>(List.of(here()));
        if (!path.isEmpty()) {
            List<?> rest = on(path, "relay", rest(path)).as(List.class);
            all.addAll(rest);
        }
        return all;
    }

    public CompletableFuture<List<Object>> relayAsync(List<String> path) {
        List<Object> all = new ArrayList<>(List.of(here()));
        if (path.isEmpty()) {
            return CompletableFuture.completedFuture(all);
        }
        return on(path, "relayAsync", rest(path))
                .async(List.class)
                .thenApply(
                        rest -> {
                            all.addAll((List<?>) rest);
                            return all;
                        });
    }

    private io.twinspan.RemoteCall on(List<String> path, String method, Object... args) {
        return node.call(path.get(0) + "." + method, args);
    }

    private static List<String> rest(List<String> path) {
        return path.subList(1, path.size());
    }

    @Idempotent
    public String attempts(String key) {
        int attempt = CallContext.current().orElseThrow().attempt();
        Work.COUNTS.merge(key, 1, Integer::sum);
        Work.open(key);
        return who() + " " + attempt;
    }

    public long hurry(String service, long ms) {
        Map<?, ?> place =
                node.call(service + ".place")
                        .timeout(java.time.Duration.ofMillis(ms))
                        .as(Map.class);
        return (Long) place.get("remaining_ms");
    }

    // Some of several providers

    public String failsAt(String name) {
        if (who().equals(name)) {
            throw new IllegalArgumentException("not at " + name);
        }
        return who();
    }

    public String slowAt(String name, String key) {
        return who().equals(name) ? pause(key, 30_000) : who();
    }

    public CompletableFuture<String> slowAtAsync(String name, String key) {
        return who().equals(name)
                ? pauseAsync(key, 30_000)
                : CompletableFuture.completedFuture(who());
    }

    // Time

    /** An interrupt tells it. */
    public String pause(String key, @Default("30000") long ms) {
        Work.COUNTS.merge(key, 1, Integer::sum);
        tell("entered", key);
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            tell("told", key);
            throw new IllegalStateException("told", e);
        }
        tell("ended", key);
        return who();
    }

    public CompletableFuture<String> pauseAsync(String key, @Default("30000") long ms) {
        Work.COUNTS.merge(key, 1, Integer::sum);
        CompletableFuture<String> future = new CompletableFuture<>();
        // The library cancels the future itself, or the hook ends it: whoever comes first.
        future.whenComplete((value, e) -> tell(e == null ? "ended" : "told", key));
        CallContext.current()
                .orElseThrow()
                .onCancel(() -> future.completeExceptionally(new IllegalStateException("told")));
        tell("entered", key);
        CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS)
                .execute(() -> future.complete(who()));
        return future;
    }

    public String deaf(String key, long ms) {
        tell("entered", key);
        long until = System.nanoTime() + ms * 1_000_000;
        while (System.nanoTime() < until) {
            try {
                Thread.sleep(Math.max(1, (until - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException ignored) {
                // Answers late, whoever gave up.
            }
        }
        tell("ended", key);
        return "late";
    }

    public String chain(List<String> path, String key) {
        if (path.isEmpty()) {
            return pause(key, 30_000);
        }
        tell("passed", key);
        return on(path, "chain", rest(path), key).as(String.class);
    }

    public CompletableFuture<String> chainAsync(List<String> path, String key) {
        if (path.isEmpty()) {
            return pauseAsync(key, 30_000);
        }
        tell("passed", key);
        return on(path, "chainAsync", rest(path), key).async(String.class);
    }

    // Errors

    public void breaks(String part, long pieces) throws Broken {
        throw new Broken(part, pieces);
    }

    public void noted(String text) {
        IllegalArgumentException error = new IllegalArgumentException(text);
        error.addSuppressed(new IllegalStateException("a note beside it"));
        throw error;
    }

    public void exits() {
        throw new AssertionError("3");
    }

    public long overflows() {
        return overflows() + 1;
    }

    public void cancels() {
        throw new CancellationException("by itself");
    }

    public void timesOut() throws TimeoutException {
        throw new TimeoutException("the till does not answer");
    }

    public void longMessage(int length) {
        throw new IllegalArgumentException("x".repeat(length));
    }

    public CompletableFuture<Void> valueAsync(String text) {
        return CompletableFuture.failedFuture(new IllegalArgumentException(text));
    }

    public Object ask(String service, String method, @io.twinspan.Nullable Object argument) {
        return node.call(service + "." + method, Args.of(argument)).as(Object.class);
    }

    public CompletableFuture<Object> askAsync(
            String service, String method, @io.twinspan.Nullable Object argument) {
        return node.call(service + "." + method, Args.of(argument)).async(Object.class);
    }
}
