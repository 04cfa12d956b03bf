package agents;

import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;

/**
 * Items that know when their reader went away: made in a provider's handler, or among a caller's
 * arguments.
 */
final class Source<T> implements Iterator<T>, AutoCloseable {
    private final long n;
    private final LongFunction<T> item;
    private final Runnable closed;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private long next;

    Source(long n, LongFunction<T> item, Runnable closed) {
        this.n = n;
        this.item = item;
        this.closed = closed;
    }

    /** What a caller sends, by the name that agents/python/feeds.py has for it. */
    static Source<Long> of(String kind, long n, String key, String node) {
        Runnable closed = () -> Agent.event("closed", key, node);
        switch (kind) {
            case "numbers":
                return new Source<>(n, at -> counted(at, key), closed);
            case "breaking":
                return new Source<>(
                        n + 1,
                        at -> {
                            if (at == n) {
                                throw new IllegalArgumentException("it broke after " + n);
                            }
                            return counted(at, key);
                        },
                        closed);
            case "gated":
                return new Source<>(
                        n,
                        at -> {
                            awaited(Work.gate(key + "-" + at));
                            return at;
                        },
                        closed);
            default:
                throw new IllegalArgumentException("no source " + kind);
        }
    }

    private static long counted(long at, String key) {
        Work.COUNTS.merge(key, 1, Integer::sum);
        return at;
    }

    /** Waits for the driver, unless nobody wants the item any more. */
    static void awaited(CountDownLatch gate) {
        try {
            gate.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("told", e);
        }
    }

    @Override
    public boolean hasNext() {
        return next < n;
    }

    @Override
    public T next() {
        return item.apply(next++);
    }

    @Override
    public void close() {
        if (open.getAndSet(false)) {
            closed.run();
        }
    }
}
