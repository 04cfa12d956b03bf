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
        return escaped(String.valueOf(value), '\0');
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
        return quote + escaped(text, quote) + quote;
    }

    /** Cut, and on one line whatever a peer chose; as the core and Python show it. */
    private static String escaped(String text, char quote) {
        boolean cut = text.codePointCount(0, text.length()) > LONGEST;
        int end = cut ? text.offsetByCodePoints(0, LONGEST) : text.length();
        StringBuilder out = new StringBuilder(end + 2);
        for (int at = 0; at < end; ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            if (quote != '\0' && (c == quote || c == '\\')) {
                out.append('\\').append((char) c);
            } else if (Character.isISOControl(c) || c >= 0xd800 && c <= 0xdfff) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        }
        return cut ? out.append('…').toString() : out.toString();
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
