package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Payload;
import io.twinspan.internal.codec.ValueException;

import java.util.Iterator;
import java.util.function.Function;

/** The sending end of a stream. For one thread at a time. */
final class Outbound {
    private static final byte[] NOTHING = {};

    final LiveNode node;
    final long handle;
    private final String what;
    private long sent;

    /**
     * @param what the stream, for messages
     */
    Outbound(LiveNode node, long handle, String what) {
        this.node = node;
        this.handle = handle;
        this.what = what;
    }

    /** Encodes the next item, which must not change before it is sent. */
    Payload encode(Object item) {
        return encode(item, Codec::payload);
    }

    /** Encodes the next item; it may change afterwards. */
    Payload copy(Object item) {
        return encode(item, Codec::copy);
    }

    private Payload encode(Object item, Function<Object, Payload> encoding) {
        try {
            Payload encoded = encoding.apply(item);
            sent++;
            return encoded;
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.UNSERIALIZABLE,
                    Executed.YES,
                    "item " + sent + " of " + what + " can't cross: " + e.getMessage(),
                    "Change the value at the path in the message to a type that can cross.");
        }
    }

    /**
     * Sends an item. False: wait for {@link #room} before the next.
     *
     * @throws NativeException when nobody wants any more
     */
    boolean send(Payload item) {
        return Native.streamSend(handle, item.bytes(), item.parts());
    }

    /**
     * Waits until items are taken again.
     *
     * @throws NativeException when nobody wants any more
     */
    void room() {
        if (node.block(Native.ROOM, handle, NOTHING) == null) {
            throw Raise.interrupted("sending " + what + " was interrupted");
        }
    }

    /** Asks for room without waiting. */
    void askRoom(Answer answer) {
        long token = node.lane().enter(answer);
        try {
            Native.submit(Native.ROOM, handle, NOTHING, token);
        } catch (NativeException e) {
            node.lane().forget(token);
            answer.take(null, e.encoded());
        }
    }

    /**
     * Sends all items, on the thread that calls.
     *
     * @throws NativeException when nobody wants any more
     */
    void sendAll(Iterator<?> items) {
        while (items.hasNext()) {
            if (!send(encode(items.next()))) {
                room();
            }
        }
    }
}
