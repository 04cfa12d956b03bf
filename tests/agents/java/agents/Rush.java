package agents;

import static agents.Agent.map;

import io.twinspan.TwinspanException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Many callers at once for a while, and who answered how; agents/python/rush.py does the same. */
final class Rush {
    private final Steps.Made made;
    private final int atOnce;
    private final long nanos;
    private final Map<String, Long> answers = new LinkedHashMap<>();
    private final Map<String, Long> errors = new LinkedHashMap<>();
    private final List<Double> took = new ArrayList<>();
    private volatile long until;

    Rush(Steps.Made made, Map<?, ?> ask) {
        this.made = made;
        atOnce = ((Long) ask.get("at_once")).intValue();
        nanos = (long) (((Number) ask.get("seconds")).doubleValue() * 1e9);
    }

    Object run(boolean awaits) throws Exception {
        until = System.nanoTime() + nanos;
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            if (awaits) {
                next(done);
                continue;
            }
            Thread thread = new Thread(() -> blocking(done), "rush-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
                .get(nanos / 1_000_000_000 + 30, TimeUnit.SECONDS);
        return told();
    }

    private void blocking(CompletableFuture<Void> done) {
        try {
            for (long at = System.nanoTime(); at < until; at = System.nanoTime()) {
                try {
                    ended(at, made.now(), null);
                } catch (TwinspanException e) {
                    ended(at, null, e);
                }
            }
            done.complete(null);
        } catch (Throwable e) {
            done.completeExceptionally(e);
        }
    }

    private void next(CompletableFuture<Void> done) {
        long at = System.nanoTime();
        if (at >= until) {
            done.complete(null);
            return;
        }
        made.later()
                .whenCompleteAsync(
                        (answer, thrown) -> {
                            Throwable why =
                                    thrown instanceof CompletionException
                                            ? thrown.getCause()
                                            : thrown;
                            if (why != null && !(why instanceof TwinspanException)) {
                                done.completeExceptionally(why);
                                return;
                            }
                            ended(at, answer, (TwinspanException) why);
                            next(done);
                        });
    }

    private synchronized void ended(long at, Object who, TwinspanException error) {
        if (error == null) {
            took.add((System.nanoTime() - at) / 1e6);
            answers.merge(String.valueOf(who), 1L, Long::sum);
        } else {
            String node = error.node() == null ? "" : error.node();
            errors.merge(node + " " + error.kind().wireName(), 1L, Long::sum);
        }
    }

    private synchronized Map<String, Object> told() {
        long calls = took.size() + errors.values().stream().mapToLong(Long::longValue).sum();
        if (took.isEmpty()) {
            took.add(0.0);
        }
        Collections.sort(took);
        return map(
                "answers",
                answers,
                "errors",
                errors,
                "calls",
                calls,
                "p50_ms",
                took.get(took.size() / 2),
                "p99_ms",
                took.get(took.size() * 99 / 100));
    }
}
