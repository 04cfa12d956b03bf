package io.twinspan.internal.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one payload of CBOR in preferred encoding and refuses everything else. Lengths are compared
 * with the remaining bytes before anything is allocated. The caller positions it; a failure says
 * what is there instead.
 */
final class Reader {
    /** Levels of arrays, maps and sets one in another; a record counts two. */
    static final int DEPTH = 64;

    static final int LONGEST_BIGNUM = 4096;

    /** A longer text is checked before a string is made of it: what is refused costs no memory. */
    private static final int LONG_TEXT = 16 << 10;

    /**
     * A registered record is two tags and two arrays for two levels, so no value of legal depth has
     * more around it.
     */
    private static final int MOST_AROUND = 3 * DEPTH;

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);
    private static final WireShape[] NO_SHAPES = {};

    final byte[] bytes;
    private final Body body;
    private final int end;
    private int position;
    private int depth;
    private WireShape[] shapes = NO_SHAPES;

    /** Whether untyped registered records are read with their names. */
    private boolean keepsNames;

    /** Of which class untyped registered records are. */
    private RecordNames records = RecordNames.NONE;

    /** The argument of the head that was read last, unsigned; for a float its bits. */
    private long argument;

    /** The five low bits of the head that was read last. */
    private int info;

    Reader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    Reader(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.body = null;
        this.position = java.util.Objects.checkFromIndexSize(offset, length, bytes.length);
        this.end = offset + length;
    }

    /** Of a payload with large byte strings beside it. */
    Reader(Body body) {
        this.bytes = body.bytes;
        this.body = body.hasParts() ? body : null;
        this.end = bytes.length;
        this.records = body.records();
    }

    Reader knowing(RecordNames known) {
        records = known;
        return this;
    }

    RecordNames records() {
        return records;
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
    }

    /** Takes the shape table, if there is one, so that the reader stands at the item. */
    void begin() {
        if (peekTag() != Tag.SHAPES) {
            return;
        }
        head();
        if (arrayLength("a shape table") != 2) {
            throw ValueException.of("a shape table has two parts");
        }
        int count = arrayLength("a list of shapes");
        if (count == 0) {
            throw ValueException.of("a shape table without shapes");
        }
        WireShape.fits(count, 0);
        WireShape[] table = new WireShape[Math.min(count, 64)];
        int fields = 0;
        for (int i = 0; i < count; i++) {
            if (i == table.length) {
                table = Arrays.copyOf(table, Math.min(count, i * 2));
            }
            table[i] = WireShape.read(this, count, fields);
            fields += table[i].names.length;
        }
        shapes = table;
    }

    /** The item is over: refuses bytes behind it. */
    void finish() {
        if (position != end) {
            throw ValueException.of((end - position) + " bytes follow the value");
        }
    }

    WireShape shape(long index) {
        if (index < 0 || index >= shapes.length) {
            throw ValueException.of(
                    "a record of shape "
                            + index
                            + ", but the message has "
                            + shapes.length
                            + " shapes");
        }
        return shapes[(int) index];
    }

    boolean keepsNames() {
        return keepsNames;
    }

    /** From here on; answers how it was before. */
    boolean keepNames(boolean keep) {
        boolean before = keepsNames;
        keepsNames = keep;
        return before;
    }

    int position() {
        return position;
    }

    void seek(int to) {
        position = to;
    }

    /** Goes back to an item that was passed, which stands at this depth. */
    void seek(int to, int levels) {
        position = to;
        depth = levels;
    }

    /** Opens levels: one for an array, a map or a set, two for a record. */
    void enter(int levels) {
        depth += levels;
        if (depth > DEPTH) {
            throw ValueException.of("nested deeper than " + DEPTH + " levels");
        }
    }

    void leave(int levels) {
        depth -= levels;
    }

    /** The first byte of the next item, which stays. */
    int peek() {
        if (position >= end) {
            throw truncated();
        }
        return bytes[position] & 0xff;
    }

    /** The major type of the next item, which stays. */
    int major() {
        return peek() >>> 5;
    }

    /** The tag of the next item, which stays; -1 when it has none. */
    long peekTag() {
        if (position >= end || (bytes[position] & 0xe0) != 0xc0) {
            return -1;
        }
        int start = position;
        head();
        position = start;
        return argument < 0 ? Long.MAX_VALUE : argument;
    }

    private static ValueException truncated() {
        return ValueException.of("the payload ends in the middle of a value");
    }

    /**
     * Reads a head and answers its major type; {@link #argument} and {@link #info} hold the rest.
     */
    int head() {
        int first = peek();
        position++;
        info = first & 31;
        if (info < 24) {
            argument = info;
            return first >>> 5;
        }
        if (info > 27) {
            throw ValueException.of(
                    info == 31
                            ? "indefinite lengths are not part of the profile"
                            : "the reserved additional information " + info);
        }
        int width = 1 << info - 24;
        if (end - position < width) {
            throw truncated();
        }
        long smallest;
        switch (info) {
            case 24 -> {
                argument = bytes[position] & 0xffL;
                smallest = 24;
            }
            case 25 -> {
                argument = (short) SHORT.get(bytes, position) & 0xffffL;
                smallest = 0x100;
            }
            case 26 -> {
                argument = (int) INT.get(bytes, position) & 0xffff_ffffL;
                smallest = 0x1_0000;
            }
            default -> {
                argument = (long) LONG.get(bytes, position);
                smallest = 0x1_0000_0000L;
            }
        }
        position += width;
        if (first < 0xe0 && Long.compareUnsigned(argument, smallest) < 0) {
            throw ValueException.of("a head that is longer than needed");
        }
        return first >>> 5;
    }

    /** The argument as a length of items that take at least {@code least} bytes each. */
    private int length(int least, String unit) {
        int remaining = end - position;
        if (argument < 0 || argument > remaining / least) {
            throw ValueException.of(
                    "announces "
                            + Long.toUnsignedString(argument)
                            + unit
                            + ", but only "
                            + remaining
                            + " bytes follow");
        }
        return (int) argument;
    }

    int arrayLength(String target) {
        int start = position;
        if (head() != Writer.ARRAY) {
            position = start;
            throw mismatch(target);
        }
        return length(1, " elements");
    }

    int mapLength(String target) {
        int start = position;
        if (head() != Writer.MAP) {
            position = start;
            throw mismatch(target);
        }
        return length(2, " entries");
    }

    /** Takes the tag of the next item, which must be {@code tag}. */
    void tag(int tag, String target) {
        if (peekTag() != tag) {
            throw mismatch(target);
        }
        head();
    }

    boolean takeNull() {
        if (position < end && bytes[position] == (byte) 0xf6) {
            position++;
            return true;
        }
        return false;
    }

    boolean bool(String target) {
        int first = peek();
        if (first != 0xf4 && first != 0xf5) {
            throw mismatch(target);
        }
        position++;
        return first == 0xf5;
    }

    String text(String target) {
        int start = position;
        if (head() != Writer.TEXT) {
            position = start;
            throw mismatch(target);
        }
        int length = length(1, " bytes of text");
        int from = position;
        position += length;
        if (length > LONG_TEXT && !Utf8.isValid(bytes, from, position)) {
            throw ValueException.of("text that is not UTF-8");
        }
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        if (length <= LONG_TEXT && text.indexOf('\uFFFD') >= 0) {
            // The constructor replaces malformed input, and the text may hold that character
            // itself: decode strictly.
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes, from, length))
                        .toString();
            } catch (CharacterCodingException e) {
                throw ValueException.of("text that is not UTF-8", e);
            }
        }
        return text;
    }

    /** Goes past a text without looking at its bytes. */
    void skipText(String target) {
        int start = position;
        if (head() != Writer.TEXT) {
            position = start;
            throw mismatch(target);
        }
        position += length(1, " bytes of text");
    }

    byte[] bytes(String target) {
        int length = bytesLength(target);
        if (isPart()) {
            byte[] out = new byte[length];
            body.read(position).get(out);
            return out;
        }
        byte[] out = Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return out;
    }

    /** A byte string without a copy, for as long as the decoding lasts. */
    ByteBuffer data(String target) {
        int length = bytesLength(target);
        return isPart() ? body.read(position) : inside(length);
    }

    /** A byte string without a copy, read-only, that may be kept. */
    ByteBuffer view(String target) {
        int length = bytesLength(target);
        return isPart() ? body.lend(position) : inside(length).asReadOnlyBuffer();
    }

    private ByteBuffer inside(int length) {
        ByteBuffer out = ByteBuffer.wrap(bytes, position, length).slice();
        position += length;
        return out;
    }

    /** Whether the content of the byte string whose head was just read stands beside the bytes. */
    private boolean isPart() {
        return body != null && body.isPart(position);
    }

    /**
     * The length of a byte string whose bytes stand at {@link #position()}; the caller goes past
     * them.
     */
    int bytesLength(String target) {
        int start = position;
        if (head() != Writer.BYTES) {
            position = start;
            throw mismatch(target);
        }
        return isPart() ? (int) argument : length(1, " bytes");
    }

    /** Refuses to go on when the next item is a byte string that stands beside the bytes. */
    void expectInside() {
        if (body != null && major() == Writer.BYTES) {
            int start = position;
            bytesLength("bytes");
            boolean part = isPart();
            position = start;
            if (part) {
                throw LargeKeyException.INSTANCE;
            }
        }
    }

    boolean isInteger() {
        int major = major();
        long tag;
        return major <= Writer.NEGATIVE
                || major == Writer.TAG
                        && ((tag = peekTag()) == Tag.BIG_POSITIVE || tag == Tag.BIG_NEGATIVE);
    }

    /** Whether the next item is an integer within a Java long. */
    boolean isLong() {
        int first = peek();
        return first < 0x40
                && ((first & 31) < 27 || position + 1 < end && bytes[position + 1] >= 0);
    }

    boolean isFloat() {
        int first = peek();
        return first >= 0xf9 && first <= 0xfb;
    }

    /** An integer within a Java long. */
    long integer(String target) {
        int start = position;
        int major = head();
        if (major <= Writer.NEGATIVE && argument >= 0) {
            return major == Writer.UNSIGNED ? argument : ~argument;
        }
        position = start;
        throw isInteger() ? misfit(bigInteger(target), target) : mismatch(target);
    }

    long integer(long least, long most, String target) {
        int start = position;
        long value = integer(target);
        if (value < least || value > most) {
            position = start;
            throw misfit(BigInteger.valueOf(value), target);
        }
        return value;
    }

    private static ValueException misfit(BigInteger value, String target) {
        return ValueException.of(Show.integer(value) + " does not fit " + target);
    }

    BigInteger bigInteger(String target) {
        int start = position;
        int major = head();
        if (major <= Writer.NEGATIVE) {
            BigInteger size =
                    argument >= 0
                            ? BigInteger.valueOf(argument)
                            : BigInteger.valueOf(argument & Long.MAX_VALUE).setBit(63);
            return major == Writer.UNSIGNED ? size : size.not();
        }
        if (major != Writer.TAG || argument != Tag.BIG_POSITIVE && argument != Tag.BIG_NEGATIVE) {
            position = start;
            throw mismatch(target);
        }
        boolean negative = argument == Tag.BIG_NEGATIVE;
        int length = bytesLength("a bignum");
        if (length > LONGEST_BIGNUM) {
            throw ValueException.of(
                    "an integer of " + length + " bytes; at most " + LONGEST_BIGNUM + " are read");
        }
        if (length <= 8 || bytes[position] == 0) {
            throw ValueException.of("a bignum that is longer than needed");
        }
        BigInteger size = new BigInteger(1, bytes, position, length);
        position += length;
        return negative ? size.not() : size;
    }

    double floating(String target) {
        if (!isFloat()) {
            throw mismatch(target);
        }
        head();
        return floatOfArgument();
    }

    private double floatOfArgument() {
        if (info == 25) {
            float value = Half.toFloat((int) argument);
            if (value != value && argument != 0x7e00) {
                throw ValueException.of("a NaN other than the one of the profile");
            }
            return value;
        }
        boolean single = info == 26;
        double value =
                single ? Float.intBitsToFloat((int) argument) : Double.longBitsToDouble(argument);
        if (value != value || (single ? Half.exact((float) value) >= 0 : (float) value == value)) {
            throw ValueException.of("a float that is longer than needed");
        }
        return value;
    }

    /** Goes past one item, known tag or not, checking its structure. */
    void skip() {
        skip(1, 0);
    }

    /**
     * {@code levels}: what an array or map opens here, 0 directly in the tag of a scalar; {@code
     * around}: items around it.
     */
    private void skip(int levels, int around) {
        if (around > MOST_AROUND) {
            throw ValueException.of("tags nested too deep");
        }
        int major = head();
        switch (major) {
            case Writer.UNSIGNED, Writer.NEGATIVE -> {}
            case Writer.BYTES -> {
                if (!isPart()) {
                    position += length(1, " bytes");
                }
            }
            case Writer.TEXT -> {
                position -= headWidth();
                text("text");
            }
            case Writer.ARRAY, Writer.MAP -> {
                boolean map = major == Writer.MAP;
                int count = map ? 2 * length(2, " entries") : length(1, " elements");
                enter(levels);
                for (int i = 0; i < count; i++) {
                    skip(1, around + 1);
                }
                leave(levels);
            }
            case Writer.TAG -> {
                if (argument == Tag.SHAPES) {
                    throw ValueException.of("a shape table inside of a value");
                }
                skip(argument == Tag.RECORD ? 2 : argument == Tag.SET ? 1 : 0, around + 1);
            }
            default -> {
                if (info >= 25) {
                    floatOfArgument();
                } else if (info < 20 || info > 22) {
                    throw ValueException.of(
                            "the simple value " + argument + " is not part of the profile");
                }
            }
        }
    }

    private int headWidth() {
        return info < 24 ? 1 : 1 + (1 << info - 24);
    }

    /** The failure that says what stands here instead of {@code target}. Stays where it is. */
    ValueException mismatch(String target) {
        int start = position;
        String found;
        try {
            found = describe();
        } finally {
            position = start;
        }
        return ValueException.of(found + " is not " + target);
    }

    private String describe() {
        return switch (major()) {
            case Writer.UNSIGNED, Writer.NEGATIVE ->
                    "the integer " + Show.integer(bigInteger("an integer"));
            case Writer.BYTES -> "a byte string";
            case Writer.TEXT -> "the text " + Show.text(text("text"));
            case Writer.ARRAY -> "a list";
            case Writer.MAP -> "a map";
            case Writer.TAG ->
                    isInteger()
                            ? "the integer " + Show.integer(bigInteger("an integer"))
                            : Tag.name(peekTag());
            default ->
                    switch (peek()) {
                        case 0xf4 -> "false";
                        case 0xf5 -> "true";
                        case 0xf6 -> "null";
                        case 0xf9, 0xfa, 0xfb -> "the float " + floating("a float");
                        default -> {
                            head();
                            yield "the simple value " + argument;
                        }
                    };
        };
    }
}
