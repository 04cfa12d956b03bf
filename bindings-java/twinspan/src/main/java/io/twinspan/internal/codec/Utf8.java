package io.twinspan.internal.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks whether bytes are UTF-8, without making anything of them. */
final class Utf8 {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long HIGH = 0x8080_8080_8080_8080L;

    private Utf8() {}

    /** Whether the bytes from {@code at} to {@code end} are: no surrogates, nothing overlong. */
    static boolean isValid(byte[] bytes, int at, int end) {
        while (at < end) {
            if (end - at >= Long.BYTES && ((long) LONG.get(bytes, at) & HIGH) == 0) {
                at += Long.BYTES;
                continue;
            }
            int first = bytes[at++];
            if (first >= 0) {
                continue;
            }
            int more = more(first);
            if (more == 0 || end - at < more || !follows(first, bytes[at])) {
                return false;
            }
            for (int i = 1; i < more; i++) {
                if ((bytes[at + i] & 0xc0) != 0x80) {
                    return false;
                }
            }
            at += more;
        }
        return true;
    }

    /** How many bytes follow a first one; 0 when none can. */
    private static int more(int first) {
        int lead = first & 0xff;
        if (lead < 0xc2 || lead > 0xf4) {
            return 0;
        }
        return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    }

    /** Whether the second byte fits the first: it alone tells overlong ones and surrogates. */
    private static boolean follows(int first, int second) {
        int next = second & 0xff;
        return switch (first & 0xff) {
            case 0xe0 -> next >= 0xa0 && next <= 0xbf;
            case 0xed -> next >= 0x80 && next <= 0x9f;
            case 0xf0 -> next >= 0x90 && next <= 0xbf;
            case 0xf4 -> next >= 0x80 && next <= 0x8f;
            default -> next >= 0x80 && next <= 0xbf;
        };
    }
}
