package io.twinspan.internal;

import io.twinspan.RemoteStream;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The handle of a stream's receiving end, and what is closed with it. Apart from the stream's face,
 * so that the face can be collected: then this is closed.
 */
final class StreamEnd implements Runnable {
    private final AtomicLong handle;
    private final InputPump input;
    private volatile RemoteStream.Stats last = new RemoteStream.Stats(0, 0, 0, true);

    /**
     * @param handle in the core
     * @param input the stream among the arguments of the same call, which ends with it; or null
     */
    StreamEnd(long handle, InputPump input) {
        this.handle = new AtomicLong(handle);
        this.input = input;
    }

    /** 0 once it is closed. */
    long handle() {
        return handle.get();
    }

    boolean isClosed() {
        return handle.get() == 0;
    }

    RemoteStream.Stats stats() {
        long known = handle.get();
        if (known == 0) {
            return last;
        }
        try {
            Map<String, Object> stats = Wire.map(Native.streamStats(known));
            return new RemoteStream.Stats(
                    number(stats, "items"),
                    number(stats, "bytes"),
                    number(stats, "waiting"),
                    Boolean.TRUE.equals(stats.get("ended")));
        } catch (NativeException e) {
            return last; // Closed meanwhile.
        }
    }

    private static long number(Map<String, Object> stats, String key) {
        return stats.get(key) instanceof Number number ? number.longValue() : 0;
    }

    /** Closes it: when its reader has enough, when nothing more comes, when it is collected. */
    @Override
    public void run() {
        RemoteStream.Stats now = handle.get() == 0 ? last : stats();
        long known = handle.getAndSet(0);
        if (known != 0) {
            last = new RemoteStream.Stats(now.items(), now.bytes(), 0, true);
            Native.streamClose(known);
            if (input != null) {
                input.end();
            }
        }
    }
}
