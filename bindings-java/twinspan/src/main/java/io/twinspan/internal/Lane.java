package io.twinspan.internal;

import io.twinspan.Kind;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A lane of the core and the operations that are under way on it. */
final class Lane {
    private static final long SEQUENCE = (1L << 48) - 1;

    final long id = open();
    private final AtomicLong sequence = new AtomicLong();
    private final ConcurrentHashMap<Long, Answer> waiting = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private static long open() {
        Native.require();
        try {
            return Native.laneOpen();
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }

    /** Draws a token and enters who waits for it. */
    long enter(Answer answer) {
        long token = id << 48 | sequence.incrementAndGet() & SEQUENCE;
        waiting.put(token, answer);
        if (closed && waiting.remove(token) != null) {
            throw Raise.error(Kind.CLOSED, "the node is closed", "Join again.");
        }
        return token;
    }

    /** Takes back a token whose operation was refused. */
    void forget(long token) {
        waiting.remove(token);
    }

    void answered(long token, Object given, byte[] error) {
        Answer answer = waiting.remove(token);
        if (answer != null) {
            answer.take(given, error);
        } else {
            unheard(given);
        }
    }

    /** Nobody takes the answer: if it is a stream, its sender must not wait for ever. */
    static void unheard(Object given) {
        if (given instanceof Long stream) {
            Native.streamClose(stream);
        }
    }

    /** Asks the core to give an operation up; its answer still comes. */
    void cancel(long token) {
        if (waiting.containsKey(token)) {
            try {
                Native.cancel(token);
            } catch (NativeException e) {
                // Answered in the meantime, or the lane is closed: there is nothing left to cancel.
            }
        }
    }

    /** Ends the lane, which ends its pump. */
    void close() {
        closed = true;
        try {
            Native.laneClose(id);
        } catch (NativeException e) {
            // Closed already.
        }
    }

    /** Answers everybody who still waits; the pump's last act. */
    void failAll(Kind kind, String message) {
        closed = true;
        byte[] error =
                Wire.encode(Raise.parts(kind, io.twinspan.Executed.MAYBE, message, "Join again."));
        for (Long token : waiting.keySet()) {
            answered(token, null, error);
        }
    }
}
