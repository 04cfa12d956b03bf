package io.twinspan.internal;

import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;

/**
 * Items of a stream as they came over the neck: in one array, each behind its length (u32,
 * little-endian), or a body each when one of them is large.
 */
final class Items {
    static final Items NONE = new Items(new byte[0], null);

    private final byte[] framed;
    private final Body[] single;
    private int at;

    private Items(byte[] framed, Body[] single) {
        this.framed = framed;
        this.single = single;
    }

    /** Takes over large items: of each its bytes alone, or its parts. */
    static Items of(Object[][] given) {
        Body[] single = new Body[given.length];
        for (int i = 0; i < given.length; i++) {
            single[i] =
                    given[i].length == 1
                            ? Body.of((byte[]) given[i][0])
                            : Body.of(given[i], Native::bodyFree);
        }
        return new Items(null, single);
    }

    /** What the neck brought, taken over or in one array. */
    static Items of(Object given) {
        return given instanceof Items items ? items : new Items((byte[]) given, null);
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
    Object next(Codec.ItemDecoder decoding) {
        if (framed == null) {
            Body item = single[at];
            single[at++] = null; // Large, and may be all that keeps it.
            return decoding.decode(item);
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
