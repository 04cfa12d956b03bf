package agents;

import io.twinspan.Args;
import io.twinspan.CallOptions;
import io.twinspan.Node;
import io.twinspan.TwinspanException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Calls at a steady rate, whatever comes of them. {@code Flood} in storm.py is its twin. */
final class Flood {
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** What happened within a tenth of a second. */
    private static final class Slot {
        private long sent;
        private long ok;
        private long failed;
        private double slowest;
    }

    private final Node node;
    private final Map<?, ?> ask;
    private final String target;
    private final CallOptions options;
    private final byte[] blob;
    private final long begun = System.nanoTime();
    private final AtomicInteger open = new AtomicInteger();
    private final Map<Long, Slot> slots = new TreeMap<>();
    private final Map<String, Long> kinds = new TreeMap<>();

    Flood(Node node, Map<?, ?> ask) {
        this.node = node;
        this.ask = ask;
        target = ask.get("service") + ".busy";
        options =
                CallOptions.timeout(Duration.ofNanos(Trials.nanos(ask, "timeout"))).withAttempts(1);
        blob = new byte[((Long) ask.get("bytes")).intValue()];
    }

    Object run() {
        double rate = ((Number) ask.get("rate")).doubleValue();
        long until = begun + Trials.nanos(ask, "seconds");
        long sent = 0;
        for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
            long due = (long) ((now - begun) / 1e9 * rate);
            // What can't be sent in time is not made up for.
            for (long i = Math.min(due - sent, (Long) ask.get("burst")); i > 0; i--) {
                if (open.get() < (Long) ask.get("most_open")) {
                    one();
                }
            }
            sent = due;
            LockSupport.parkNanos(2_000_000);
        }
        long last = System.nanoTime() + Trials.nanos(ask, "timeout") + GRACE_NANOS;
        while (open.get() > 0 && System.nanoTime() < last) {
            LockSupport.parkNanos(5_000_000);
        }
        List<Object> told = new ArrayList<>();
        synchronized (this) {
            slots.forEach(
                    (at, slot) ->
                            told.add(
                                    Agent.map(
                                            "at",
                                            at / 10.0,
                                            "sent",
                                            slot.sent,
                                            "ok",
                                            slot.ok,
                                            "failed",
                                            slot.failed,
                                            "slowest_ms",
                                            slot.slowest)));
            return Agent.map("slots", told, "kinds", new TreeMap<>(kinds), "hung", open.get());
        }
    }

    private void one() {
        long at = System.nanoTime();
        open.incrementAndGet();
        synchronized (this) {
            slot(at).sent++;
        }
        node.call(target, Args.of("k", ask.get("ms"), blob))
                .options(options)
                .async(String.class)
                .whenComplete((answer, error) -> ended(at, answer, error));
    }

    private void ended(long at, String answer, Throwable thrown) {
        long now = System.nanoTime();
        Throwable error =
                thrown instanceof CompletionException && thrown.getCause() != null
                        ? thrown.getCause()
                        : thrown;
        String kind =
                error == null
                        ? "k".equals(answer) ? "ok" : "wrong"
                        : error instanceof TwinspanException e
                                ? e.kind().wireName()
                                : error.toString();
        synchronized (this) {
            kinds.merge(kind, 1L, Long::sum);
            Slot sent = slot(at);
            if (error == null) {
                sent.slowest = Math.max(sent.slowest, (now - at) / 1e6);
                slot(now).ok++;
            } else {
                sent.failed++;
            }
        }
        open.decrementAndGet();
    }

    private Slot slot(long at) {
        return slots.computeIfAbsent((at - begun) / 100_000_000, key -> new Slot());
    }
}
