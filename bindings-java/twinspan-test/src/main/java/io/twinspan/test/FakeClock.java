package io.twinspan.test;

import io.twinspan.Kind;
import io.twinspan.internal.Current;
import io.twinspan.internal.Raise;
import io.twinspan.internal.Running;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Time as the handlers of a fake node see it. A delay moves it on by itself, so that nothing waits
 * in earnest. Between {@link #hold} and {@link #release} only {@link #advance} moves it: then a
 * test sees what happens while a call is under way.
 */
public final class FakeClock {
    /** For so long a test's own thread waits on a held clock. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(50);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    /** The calls whose handlers run, and how many seconds they had at first. */
    private final Map<Running, Double> running = new LinkedHashMap<>();

    private Duration now = Duration.ZERO;
    private boolean held;

    FakeClock() {}

    /**
     * Answers how far anybody moved the clock since the node was made.
     *
     * @return zero at first
     */
    public Duration now() {
        lock.lock();
        try {
            return now;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves the clock. Calls whose deadline has passed then fail with {@code
     * DeadlineExceededException}, delays that are over end.
     *
     * @param by how far, not below zero
     */
    public void advance(Duration by) {
        check(by);
        lock.lock();
        try {
            Map<Running, Double> late = new LinkedHashMap<>(running);
            late.keySet().removeIf(call -> call.remainingNanos() > by.toNanos());
            // First of all: a handler that sees that time is up must not answer before.
            late.forEach(Running::expire);
            running.keySet().forEach(call -> call.pass(by.toNanos()));
            running.keySet().removeAll(late.keySet());
            now = now.plus(by);
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * From now on only {@link #advance} moves the clock.
     *
     * @return goes back to a clock that moves by itself when it is closed
     */
    public Held hold() {
        lock.lock();
        try {
            held = true;
        } finally {
            lock.unlock();
        }
        return this::release;
    }

    /** A clock that is held. */
    @FunctionalInterface
    public interface Held extends AutoCloseable {
        /** Lets it go. */
        @Override
        void close();
    }

    /** Delays move the clock by themselves again. */
    public void release() {
        lock.lock();
        try {
            held = false;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits on this clock; for handlers that stand for slow ones. Ends early when nobody waits for
     * the answer any more.
     *
     * @param delay how long, not below zero
     */
    public void sleep(Duration delay) {
        check(delay);
        until(now().plus(delay));
    }

    void until(Duration until) {
        Running call = Current.running();
        long patience = System.nanoTime() + PATIENCE.toNanos();
        lock.lock();
        try {
            if (!held) {
                pass(until, call);
                return;
            }
            while (held && now.compareTo(until) < 0 && (call == null || !call.cancelled())) {
                if (call == null && System.nanoTime() - patience > 0) {
                    throw Raise.error(
                            Kind.MISUSE,
                            "the clock was held, and nobody moved it for "
                                    + PATIENCE.toSeconds()
                                    + " s",
                            "Call advance() from another thread, or leave out hold().");
                }
                // Looked at now and then: whoever gives a call up doesn't move the clock.
                moved.awaitNanos(LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody else moves it: whoever waits does, no further than its caller waits. */
    private void pass(Duration until, Running call) {
        Duration left = until.minus(now);
        if (call != null) {
            Duration most = Duration.ofNanos(Math.max(0, call.remainingNanos()));
            left = left.compareTo(most) < 0 ? left : most;
        }
        advance(left.isNegative() ? Duration.ZERO : left);
    }

    private static void check(Duration by) {
        if (by.isNegative()) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "a clock goes forward, not by " + by,
                    "Give a duration above zero.");
        }
    }

    /**
     * While a handler runs, its deadline passes on this clock. Answers the time at which it began:
     * a delay counts from then, so that a test that sees the call may move the clock at once.
     */
    Duration counts(Running call) {
        lock.lock();
        try {
            // The caller's timeout, of which a moment is gone already.
            running.put(call, Math.ceil(call.remainingNanos() / 1e7) / 100);
            return now;
        } finally {
            lock.unlock();
        }
    }

    void ended(Running call) {
        lock.lock();
        try {
            running.remove(call);
        } finally {
            lock.unlock();
        }
    }
}
