package io.twinspan.internal.codec;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The field names of a record as a peer announced them. The same few shapes arrive in message after
 * message, so they are kept in a small table keyed by their bytes: a known one costs a comparison,
 * and has the same identity every time.
 */
final class WireShape {
    /**
     * Direct-mapped; a collision only costs the work again. Entries are immutable, so races are
     * harmless.
     */
    private static final WireShape[] KNOWN = new WireShape[256];

    /** What a peer may make us keep: at most 256 shapes of this many bytes. */
    private static final int LARGEST_KEPT = 4096;

    final String[] names;
    private final byte[] encoded;

    private WireShape(byte[] encoded, String[] names) {
        this.encoded = encoded;
        this.names = names;
    }

    /**
     * Most shapes of one message, and most fields of all of them: they cost many times their bytes.
     */
    private static final int MOST_SHAPES = 4096;

    private static final int MOST_FIELDS = 16_384;

    /** Refuses a message of more shapes, or of more fields in all of them. */
    static void fits(int shapes, int fields) {
        if (shapes > MOST_SHAPES) {
            throw ValueException.of(
                    "records of " + shapes + " shapes; " + MOST_SHAPES + " are allowed");
        }
        if (fields > MOST_FIELDS) {
            throw ValueException.of(
                    "records whose shapes have "
                            + fields
                            + " fields; "
                            + MOST_FIELDS
                            + " are allowed");
        }
    }

    /** Reads one entry of the table of so many shapes, behind others with so many fields. */
    static WireShape read(Reader reader, int shapes, int fields) {
        int start = reader.position();
        int count = reader.arrayLength("a list of field names");
        fits(shapes, fields + count);
        for (int i = 0; i < count; i++) {
            reader.skipText("a field name");
        }
        int end = reader.position();
        int slot = slot(reader.bytes, start, end);
        WireShape known = KNOWN[slot];
        if (known != null
                && Arrays.equals(
                        known.encoded, 0, known.encoded.length, reader.bytes, start, end)) {
            return known;
        }
        reader.seek(start);
        WireShape fresh = parse(reader, start, end);
        if (fresh.kept()) {
            KNOWN[slot] = fresh;
        }
        return fresh;
    }

    /** Whether it may be remembered beyond its message. */
    boolean kept() {
        return encoded.length <= LARGEST_KEPT;
    }

    private static WireShape parse(Reader reader, int start, int end) {
        String[] names = new String[reader.arrayLength("a list of field names")];
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < names.length; i++) {
            names[i] = reader.text("a field name");
            if (!seen.add(names[i])) {
                throw ValueException.of(
                        "the shape table names the field " + Show.name(names[i]) + " twice");
            }
        }
        return new WireShape(Arrays.copyOfRange(reader.bytes, start, end), names);
    }

    private static int slot(byte[] bytes, int start, int end) {
        int hash = end - start;
        int step = Math.max(1, (end - start) / 16);
        for (int i = start; i < end; i += step) {
            hash = hash * 31 + bytes[i];
        }
        return (hash ^ hash >>> 8 ^ hash >>> 16) & KNOWN.length - 1;
    }
}
