package io.twinspan.internal.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The large arrays and buffers beside a payload that is being written. */
final class Parts {
    /** From this size on it pays not to copy an array into the payload first. */
    static final int LARGE = 1 << 16;

    /** Words of a part in the table. */
    private static final int WORDS = 4;

    /** Keeps the table small; what is beyond is copied. */
    private static final int MOST = 256;

    private final List<Object> objects = new ArrayList<>(0);
    private long[] table = {};
    private long bytes;

    /**
     * Takes an array or a buffer, from its position to its limit; false when it must be copied.
     *
     * @param place where its bytes belong in the payload
     * @param length in bytes
     */
    boolean take(int place, Object source, long length) {
        if (length < LARGE || objects.size() == MOST) {
            return false;
        }
        Object object = source;
        long first = 0;
        if (source instanceof ByteBuffer buffer) {
            if (buffer.isDirect()) {
                object = buffer.slice();
            } else if (buffer.hasArray()) {
                object = buffer.array();
                first = buffer.arrayOffset() + buffer.position();
            } else {
                return false;
            }
        }
        int at = objects.size() * WORDS;
        if (at == table.length) {
            table = Arrays.copyOf(table, Math.max(2 * at, WORDS));
        }
        table[at] = place;
        table[at + 1] = number(object);
        table[at + 2] = first;
        table[at + 3] = length;
        objects.add(object);
        bytes += length;
        return true;
    }

    /** The numbers are those of the native side. */
    private static int number(Object object) {
        if (object instanceof ByteBuffer) {
            return 0;
        }
        if (object instanceof byte[]) {
            return 1;
        }
        if (object instanceof short[]) {
            return 2;
        }
        if (object instanceof int[]) {
            return 3;
        }
        if (object instanceof long[]) {
            return 4;
        }
        return object instanceof float[] ? 5 : 6;
    }

    /** How many bytes stand beside the payload. */
    long bytes() {
        return bytes;
    }

    /** As {@link Payload#parts()}, for a payload that was moved by {@code by} bytes. */
    Object[] moved(int by) {
        long[] words = Arrays.copyOf(table, objects.size() * WORDS);
        for (int at = 0; at < words.length; at += WORDS) {
            words[at] += by;
        }
        Object[] out = new Object[objects.size() + 1];
        out[0] = words;
        for (int i = 0; i < objects.size(); i++) {
            out[i + 1] = objects.get(i);
        }
        return out;
    }
}
