package agents;

import static agents.Agent.map;

import io.twinspan.RemoteStream;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The streams that a caller holds, and the steps that read them. */
final class Flows {
    private final Map<String, Held> streams = new ConcurrentHashMap<>();

    /** A stream, and the reader of it once somebody takes single items. */
    private static final class Held {
        final RemoteStream<Object> stream;
        final boolean awaits;
        private Reader reader;

        Held(RemoteStream<Object> stream, boolean awaits) {
            this.stream = stream;
            this.awaits = awaits;
        }

        synchronized Reader reader() {
            if (reader == null) {
                reader = Reader.of(stream, awaits);
            }
            return reader;
        }

        synchronized void close() {
            if (reader == null) {
                stream.close();
            } else {
                reader.close();
            }
        }
    }

    void keep(String key, RemoteStream<Object> stream, boolean awaits) {
        streams.put(key, new Held(stream, awaits));
    }

    void forget() {
        streams.clear();
    }

    CompletableFuture<Object> take(Map<?, ?> ask) {
        return held(ask).reader().take((Long) ask.get("most"));
    }

    private Held held(Map<?, ?> ask) {
        return streams.get((String) ask.get("stream"));
    }

    /** All items in lists of at most {@code most}. */
    Object batches(Map<?, ?> ask) throws ReflectiveOperationException {
        List<Object> lengths = new ArrayList<>();
        List<Object> items = new ArrayList<>();
        for (List<Object> batch : held(ask).stream.batches(((Long) ask.get("most")).intValue())) {
            lengths.add((long) batch.size());
            items.addAll(batch);
        }
        return Literals.of(map("lengths", lengths, "items", items));
    }

    /** All items: how many, and the digest of their bytes or their sum. */
    @SuppressWarnings("unchecked")
    Object consume(Map<?, ?> ask) throws Throwable {
        Held held = held(ask);
        List<Object> items = new ArrayList<>();
        if (held.awaits) {
            Gatherer<Object> all = new Gatherer<>(Long.MAX_VALUE, Long.MAX_VALUE);
            held.stream.publisher().subscribe(all);
            items = (List<Object>) Agent.awaited(all.done.thenApply(done -> (Object) done));
        } else {
            for (Object item : held.stream) {
                items.add(item);
            }
        }
        long sum = 0;
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Object item : items) {
            if (item instanceof byte[] bytes) {
                digest.update(bytes);
            } else {
                sum += (Long) item;
            }
        }
        long count = items.size();
        return count > 0 && items.get(0) instanceof byte[]
                ? map("count", count, "digest", HexFormat.of().formatHex(digest.digest()))
                : map("count", count, "sum", sum);
    }

    Object stats(Map<?, ?> ask) {
        RemoteStream.Stats told = held(ask).stream.stats();
        return map(
                "items",
                told.items(),
                "bytes",
                told.bytes(),
                "waiting",
                told.waiting(),
                "ended",
                told.ended());
    }

    /** Closes a stream, or lets the garbage collector find it. */
    void leave(Map<?, ?> ask) throws InterruptedException {
        Held left = streams.remove((String) ask.get("stream"));
        if (!"drop".equals(ask.get("how"))) {
            left.close();
            return;
        }
        left = null;
        // The collector decides which objects it finds in one go.
        for (int i = 0; i < 5; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }
}
