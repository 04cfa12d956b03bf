package io.twinspan.internal.codec;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Short texts of values and types for messages. A peer chooses the values, so everything is cut.
 */
final class Show {
    private static final int LONGEST = 40;

    private Show() {}

    static String value(Object value) {
        if (value instanceof String text) {
            return text(text);
        }
        if (value instanceof BigInteger big) {
            return integer(big);
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] start = new byte[Math.min(8, buffer.remaining())];
            buffer.duplicate().get(start);
            return "bytes " + HexFormat.of().formatHex(start) + (buffer.remaining() > 8 ? "…" : "");
        }
        String shown = String.valueOf(value);
        return shown.length() > LONGEST ? shown.substring(0, LONGEST) + "…" : shown;
    }

    /** A name behind its article. */
    static String a(String name) {
        return ("aeiouAEIOU".indexOf(name.charAt(0)) >= 0 ? "an " : "a ") + name;
    }

    /** A name, in backticks as the core and Python show it. */
    static String name(String name) {
        return quoted(name, '`');
    }

    static String text(String text) {
        return quoted(text, '"');
    }

    private static String quoted(String text, char quote) {
        String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        StringBuilder out = new StringBuilder(cut.length() + 2).append(quote);
        for (int i = 0; i < cut.length(); i++) {
            char c = cut.charAt(i);
            if (c == quote || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append(quote).toString();
    }

    /**
     * Powers of two by their exponent, and no thousand digits: a conversion to decimal is
     * quadratic.
     */
    static String integer(BigInteger value) {
        if (value.bitLength() > 31 && value.abs().bitCount() == 1) {
            return (value.signum() < 0 ? "-2^" : "2^") + value.abs().getLowestSetBit();
        }
        if (value.bitLength() > 256) {
            return "an integer of " + value.bitLength() + " bits";
        }
        return value.toString();
    }
}
