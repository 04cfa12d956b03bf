package agents;

import io.twinspan.CallContext;
import io.twinspan.Idempotent;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The service on which faults are tried: every execution leaves a line in a file before anything
 * else happens. deeds.py is its twin.
 */
public final class Deeds {
    /** After so long a handler that is never told of its cancel gives up. */
    private static final long PATIENCE_MS = 10_000;

    private final FileOutputStream file;
    private List<Object> started = new ArrayList<>();
    private List<Object> told = new ArrayList<>();

    Deeds(String path) throws IOException {
        // One write with O_APPEND a line: a kill leaves it whole or not at all.
        file = new FileOutputStream(path, true);
    }

    public List<Object> once(String key, double ms) throws IOException, InterruptedException {
        return done(key, ms);
    }

    @Idempotent
    public List<Object> twice(String key, double ms) throws IOException, InterruptedException {
        return done(key, ms);
    }

    private List<Object> done(String key, double ms) throws IOException, InterruptedException {
        long attempt = CallContext.current().orElseThrow().attempt();
        file.write((key + " " + attempt + "\n").getBytes(StandardCharsets.UTF_8));
        if (ms > 0) {
            Thread.sleep((long) ms, (int) (ms % 1 * 1_000_000));
        }
        return List.of(key, attempt, ProcessHandle.current().pid());
    }

    public String busy(String key, double ms, byte[] blob) throws InterruptedException {
        Thread.sleep((long) ms, (int) (ms % 1 * 1_000_000));
        return blob.length > 0 ? key : "";
    }

    /** A handler that is interrupted when its call is cancelled. */
    public String wait(String key) {
        note(false, key);
        try {
            Thread.sleep(PATIENCE_MS);
            return "never told";
        } catch (InterruptedException e) {
            boolean cancelled = CallContext.current().orElseThrow().cancelled();
            if (cancelled) {
                note(true, key);
            }
            return cancelled ? "told" : "interrupted without a cancel";
        }
    }

    private void note(boolean end, String key) {
        long at = System.nanoTime();
        synchronized (this) {
            (end ? told : started).add(List.of(key, at));
        }
    }

    /** What the handlers noted since the last time. */
    synchronized Map<String, Object> take() {
        Map<String, Object> taken = Agent.map("started", started, "told", told);
        started = new ArrayList<>();
        told = new ArrayList<>();
        return taken;
    }
}
