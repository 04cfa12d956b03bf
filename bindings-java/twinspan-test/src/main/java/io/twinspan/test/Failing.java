package io.twinspan.test;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.Fault;

import java.util.concurrent.atomic.AtomicLong;

/** A service or method that fails, until {@link #end} or as often as was said. */
public final class Failing implements AutoCloseable {
    private final String name;
    private final Kind kind;
    private final AtomicLong left;

    Failing(String name, Kind kind, long times) {
        this.name = name;
        this.kind = kind;
        this.left = new AtomicLong(times);
    }

    /** Throws if it has a failure left for this method. */
    void take(String target) {
        String service = target.substring(0, target.lastIndexOf('.'));
        boolean meant = name.equals(target) || name.equals(service);
        if (!meant || left.getAndUpdate(n -> n > 0 ? n - 1 : 0) == 0) {
            return;
        }
        boolean unsure = kind == Kind.DEADLINE_EXCEEDED || kind == Kind.MAYBE_EXECUTED;
        throw new Fault(
                kind, unsure ? Executed.MAYBE : Executed.NO, "a test lets `" + name + "` fail");
    }

    /**
     * Answers whether calls are answered again.
     *
     * @return true once it ended
     */
    public boolean ended() {
        return left.get() == 0;
    }

    /** Calls are answered again. */
    public void end() {
        left.set(0);
    }

    /** The same as {@link #end}. */
    @Override
    public void close() {
        end();
    }
}
