package io.twinspan.internal;

import io.twinspan.internal.codec.Codec;

/**
 * Items of a stream as they came over the neck: in one array, each behind its length (u32,
 * little-endian), or in an array each when one of them is large.
 */
final class Items {
    static final Items NONE = new Items(new byte[0]);

    private final byte[] framed;
    private final byte[][] single;
    private int at;

    /** Takes what the neck brought. */
    Items(Object given) {
        framed = given instanceof byte[] bytes ? bytes : null;
        single = given instanceof byte[][] arrays ? arrays : null;
    }

    boolean isEmpty() {
        return framed != null ? at == framed.length : at == single.length;
    }

    /** How many are left. */
    int count() {
        if (framed == null) {
            return single.length - at;
        }
        int count = 0;
        for (int i = at; i < framed.length; i += 4 + length(i)) {
            count++;
        }
        return count;
    }

    /** Decodes the next one. */
    Object next(Codec.Parts decoding) {
        if (framed == null) {
            byte[] item = single[at];
            single[at++] = null; // Large, and may be all that keeps it.
            return decoding.decode(item, 0, item.length);
        }
        int length = length(at);
        int start = at + 4;
        at = start + length;
        return decoding.decode(framed, start, length);
    }

    private int length(int i) {
        return framed[i] & 0xff
                | (framed[i + 1] & 0xff) << 8
                | (framed[i + 2] & 0xff) << 16
                | framed[i + 3] << 24;
    }
}
