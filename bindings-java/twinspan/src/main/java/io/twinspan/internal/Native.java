package io.twinspan.internal;

import io.twinspan.internal.codec.Body;

/** The neck, as the native library registers it. Ids are longs, everything else is bytes. */
final class Native {
    /** Must equal the core's number. */
    static final int ABI = 3;

    /** Operations of {@link #block} and {@link #submit}. */
    static final int JOIN = 1;

    static final int SERVE = 2;
    static final int WAIT_FOR = 3;
    static final int DRAIN = 4;
    static final int CLOSE = 5;

    /** Waits until a stream, given as the node, takes items again. */
    static final int ROOM = 6;

    /** Offers more on a node that is alone. */
    static final int OFFER = 7;

    /**
     * Words of one event in the array of {@link #poll}: kind, token or call, node, method,
     * nanoseconds, depth and spare, stream of the arguments.
     */
    static final int WORDS = 7;

    /** Most events of one {@link #poll}. */
    static final int BATCH = 64;

    /** Kinds of events. */
    static final int DONE = 1;

    static final int FAILED = 2;
    static final int INVOKE = 3;
    static final int CANCEL = 4;

    /** Why the library is missing. Kept, so that the second try says what the first one said. */
    private static final RuntimeException FAILURE = load();

    private static RuntimeException load() {
        try {
            Loader.load(Native::register);
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    /** Throws why the library is missing. Called before the first native method of a node. */
    static void require() {
        if (FAILURE != null) {
            throw FAILURE;
        }
    }

    private Native() {}

    /** Registers the other methods if {@code abi} is the core's own; answers the core's number. */
    private static native int register(int abi);

    /** Called by the native side between two slices of a wait. */
    static boolean interrupted() {
        return Thread.currentThread().isInterrupted();
    }

    static native long laneOpen();

    static native void laneClose(long lane);

    /**
     * Parks up to {@code waitNanos}; answers the number of events. What an operation brought is a
     * {@code byte[]} (or the parts of a large one, see {@link #taken}), a {@code Long} (the handle
     * of a stream) or the items of one, see {@link Items}.
     */
    static native int poll(long lane, long[] words, Object[] objects, long waitNanos);

    /**
     * Parks until the operation is answered; null when the thread was interrupted, with the flag
     * still set.
     */
    static native byte[] block(int op, long node, byte[] encoded);

    static native void submit(int op, long node, byte[] encoded, long token);

    /**
     * Parks until the call is answered, with a {@code byte[]} or the {@code Long} of a stream; null
     * when the thread was interrupted. A negative timeout takes the method's.
     */
    static native Object callBlocking(
            long method,
            long parent,
            long timeoutNanos,
            byte[] context,
            byte[] payload,
            Object[] parts,
            long input);

    static native void call(
            long method,
            long parent,
            long timeoutNanos,
            byte[] context,
            byte[] payload,
            Object[] parts,
            long input,
            long token);

    static native void cancel(long token);

    static native long method(long node, byte[] encoded);

    static native void methodFree(long method);

    static native void reply(long call, byte[] payload, Object[] parts);

    /** Frees what a buffer of a large answer or argument stands for, see {@code Body}. */
    static native void bodyFree(long handle);

    /** What the native side answers, with large payloads and items taken over. */
    static Object taken(Object given) {
        if (given == null) {
            return null;
        }
        if (given.getClass() == Object[].class) {
            return Body.of((Object[]) given, Native::bodyFree);
        }
        return given instanceof Object[][] items ? Items.of(items) : given;
    }

    /** A payload as a body, whichever of both it is. */
    static Body body(Object given) {
        return given instanceof Body body ? body : Body.of((byte[]) given);
    }

    static native void fail(long call, byte[] encoded);

    static native byte[] context(long call);

    static native byte[] members(long node);

    static native byte[] services(long node);

    /** Empty if nobody serves it. */
    static native byte[] service(long node, String name);

    static native byte[] stats(long node);

    /**
     * What no longer fits somebody who relies on {@code wanted}: an encoded list of changes. Each
     * is an encoded service or the text of a contract file.
     */
    static native byte[] compare(byte[] wanted, byte[] offered);

    static native String explainError(int kind);

    static native long streamOpen();

    static native long streamAnswer(long call);

    /** False: wait for {@link #ROOM} before the next item. */
    static native boolean streamSend(long stream, byte[] item, Object[] parts);

    /** {@code encoded} may be null: the source ended well. */
    static native void streamEnd(long stream, byte[] encoded);

    static native void streamClose(long stream);

    static native byte[] streamStats(long stream);

    /** Parks until items come, see {@link Items}; null when the thread was interrupted. */
    static native Object nextBlocking(long stream, long parent, int most, int bytes);

    static native void next(long stream, long parent, int most, int bytes, long token);
}
