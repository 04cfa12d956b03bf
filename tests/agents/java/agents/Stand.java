package agents;

import io.twinspan.Limit;
import io.twinspan.Node;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A service whose providers can be made slow, failing or full; agents/python/stand.py is the same
 * in Python.
 */
public final class Stand {
    /** How a node does its jobs, under each name that it serves. */
    private record Tuned(double ms, boolean fails) {}

    private static final Map<String, Tuned> TUNED = new ConcurrentHashMap<>();

    private volatile Node node;

    void joined(Node joined) {
        node = joined;
    }

    public String who() {
        return node == null ? "" : node.name();
    }

    /** How {@code job} goes from now on. */
    public void tune(double ms, boolean fails) {
        TUNED.put(who(), new Tuned(ms, fails));
    }

    /** Takes a while, or fails at once. */
    public String job() throws InterruptedException {
        Tuned tuned = TUNED.getOrDefault(who(), new Tuned(0, false));
        if (tuned.fails()) {
            throw new IllegalStateException(who() + " is broken");
        }
        TimeUnit.NANOSECONDS.sleep((long) (tuned.ms() * 1e6));
        return who();
    }

    /** Waits until the driver releases it. */
    public String wide(String key) throws InterruptedException {
        Work.COUNTS.merge(key, 1, Integer::sum);
        Work.gate(key).await(30, TimeUnit.SECONDS);
        return who();
    }

    /** {@code wide}, one at a time. */
    @Limit(running = 1, waiting = 1)
    public String narrow(String key) throws InterruptedException {
        return wide(key);
    }

    /** {@code wide}, for those that wait with little. */
    @Limit(running = 1, bytes = 1000)
    public String light(String key, byte[] load) throws InterruptedException {
        return wide(key);
    }
}
