package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Body;

/**
 * Carries events from the core to the waiting calls and the handlers. One daemon thread per node;
 * it never runs user code.
 */
final class Pump implements Runnable {
    private static final long WAIT_NANOS = 60_000_000_000L;

    /** Who runs handlers. */
    interface Inbox {
        /** Hands an invocation on; it is answered whatever happens. */
        void invoke(long call, int method, long remainingNanos, int depth, Body body, long input);

        /** The caller no longer wants the answer. */
        void cancelled(long call);

        /** Nothing comes any more, and nothing that is answered arrives. */
        void ended();
    }

    private final Lane lane;
    private final Inbox inbox;

    private Pump(Lane lane, Inbox inbox) {
        this.lane = lane;
        this.inbox = inbox;
    }

    /** Starts the thread; it ends with the lane. */
    static Thread start(Lane lane, Inbox inbox, String name) {
        // Without the joiner's inheritable thread locals, which every thread that runs handlers
        // would get from here.
        Thread thread = new Thread(null, new Pump(lane, inbox), "twinspan-pump-" + name, 0, false);
        thread.setDaemon(true);
        // Passed on to the node's threads: continuations look up classes where the program that
        // joined does.
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.start();
        return thread;
    }

    @Override
    public void run() {
        long[] words = new long[Native.BATCH * Native.WORDS];
        Object[] objects = new Object[Native.BATCH];
        try {
            while (true) {
                int count = Native.poll(lane.id, words, objects, WAIT_NANOS);
                for (int i = 0; i < count; i++) {
                    Object given = Native.taken(objects[i]);
                    objects[i] = null;
                    dispatch(words, i * Native.WORDS, given);
                }
            }
        } catch (NativeException e) {
            lane.failAll(Kind.CLOSED, "the node was closed before the answer came");
        } catch (Throwable e) {
            Log.warn("the pump ends: {}", e.toString());
            lane.failAll(Kind.INTERNAL, "the thread that takes answers ended: " + e);
            lane.close();
        } finally {
            inbox.ended();
        }
    }

    private void dispatch(long[] words, int at, Object given) {
        long id = words[at + 1];
        try {
            switch ((int) words[at]) {
                case Native.DONE -> {
                    byte[] full = given == null ? noRoom() : null;
                    lane.answered(id, given, full);
                }
                case Native.FAILED ->
                        lane.answered(id, null, given == null ? noRoom() : (byte[]) given);
                case Native.INVOKE ->
                        inbox.invoke(
                                id,
                                (int) words[at + 3],
                                words[at + 4],
                                (int) words[at + 5] & 0xff,
                                Native.body(given),
                                words[at + 6]);
                case Native.CANCEL -> inbox.cancelled(id);
                default -> {}
            }
        } catch (Throwable e) {
            // One event must not stop the others: whoever waits for this one is told by what its
            // own code does next.
            Log.warn("an event was lost: {}", e.toString());
            if (words[at] == Native.INVOKE) {
                fail(id, e);
            }
        }
    }

    private static void fail(long call, Throwable why) {
        try {
            Native.fail(
                    call,
                    Wire.encode(
                            Raise.parts(
                                    Kind.INTERNAL,
                                    Executed.NO,
                                    "the invocation could not be started: " + why,
                                    Native.explainError(Kind.INTERNAL.number()))));
        } catch (Throwable e) {
            Log.warn("an invocation stays unanswered: {}", e.toString());
        }
    }

    private static byte[] noRoom() {
        return Wire.encode(
                Raise.parts(
                        Kind.INTERNAL,
                        Executed.YES,
                        "the Java heap has no room for the answer",
                        "Raise -Xmx, or ask for less at once."));
    }
}
