package agents;

import io.twinspan.Args;
import io.twinspan.CallOptions;
import io.twinspan.Node;
import io.twinspan.TwinspanException;
import io.twinspan.tests.Json;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls of one node under a fault, each with exactly one recorded outcome. storm.py is its twin.
 */
final class Storm {
    /** After its deadline a call may take so much longer until it counts as hung. */
    private static final long GRACE_MS = 15_000;

    private final Node node;
    private final Map<?, ?> ask;
    private final CallOptions options;
    private final long timeoutMs;
    private final List<Object> records = new ArrayList<>();
    private final Map<Thread, List<Object>> open = new HashMap<>();
    private final AtomicLong number = new AtomicLong();

    Storm(Node node, Map<?, ?> ask) {
        this.node = node;
        this.ask = ask;
        double timeout = ask.get("timeout") instanceof Number n ? n.doubleValue() : 10;
        timeoutMs = (long) (timeout * 1000);
        options = CallOptions.timeout(Duration.ofMillis(timeoutMs));
    }

    Object run() throws InterruptedException, IOException {
        long until = System.nanoTime() + Trials.nanos(ask, "seconds");
        List<Thread> threads = new ArrayList<>();
        for (long i = 0; i < (Long) ask.get("in_flight"); i++) {
            Thread thread = new Thread(() -> place(until), "storm-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            long left = (until - System.nanoTime()) / 1_000_000 + timeoutMs + GRACE_MS;
            thread.join(Math.max(1, left));
        }
        List<String> lines = new ArrayList<>();
        synchronized (records) {
            for (List<Object> hung : open.values()) {
                long now = System.nanoTime();
                records.add(
                        List.of(
                                hung.get(0),
                                hung.get(1),
                                "hung",
                                "",
                                hung.get(2),
                                now,
                                0L,
                                0L,
                                true));
            }
            records.forEach(record -> lines.add(Json.write(record)));
        }
        Files.write(Path.of((String) ask.get("log")), lines);
        return Agent.map("sent", lines.size());
    }

    private void place(long until) {
        double pause = ask.get("pause_ms") instanceof Number n ? n.doubleValue() : 0;
        while (System.nanoTime() < until) {
            long at = number.incrementAndGet();
            one((String) ask.get("prefix") + at, at % 2 == 0 ? "once" : "twice");
            if (pause > 0) {
                try {
                    Thread.sleep((long) pause, (int) (pause % 1 * 1_000_000));
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }

    private void one(String key, String method) {
        long begun = System.nanoTime();
        String kind = "";
        String executed = "";
        List<?> answer = List.of("", 0L, 0L);
        synchronized (records) {
            open.put(Thread.currentThread(), List.of(key, method, begun));
        }
        try {
            answer =
                    node.call(ask.get("service") + "." + method, Args.of(key, ask.get("ms")))
                            .options(options)
                            .as(List.class);
        } catch (TwinspanException e) {
            kind = e.kind().wireName();
            executed = e.executed().name().toLowerCase(Locale.ROOT);
        } catch (RuntimeException e) {
            kind = e.getClass().getName();
        }
        long ended = System.nanoTime();
        boolean right = !kind.isEmpty() || key.equals(answer.get(0));
        synchronized (records) {
            open.remove(Thread.currentThread());
            records.add(
                    List.of(
                            key,
                            method,
                            kind,
                            executed,
                            begun,
                            ended,
                            answer.get(1),
                            answer.get(2),
                            right));
        }
    }
}
