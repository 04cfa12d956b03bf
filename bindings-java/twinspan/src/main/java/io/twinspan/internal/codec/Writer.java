package io.twinspan.internal.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Writes CBOR in preferred encoding (RFC 8949 section 4.1) into one growing array: shortest
 * integers and floats, definite lengths. Collects the shapes of the records on the way, whose table
 * {@link #payload} puts in front.
 */
final class Writer {
    static final int UNSIGNED = 0;
    static final int NEGATIVE = 1;
    static final int BYTES = 2;
    static final int TEXT = 3;
    static final int ARRAY = 4;
    static final int MAP = 5;
    static final int TAG = 6;

    /**
     * Far above every configured payload limit; a value that shares parts of itself can be larger
     * than memory.
     */
    private static final int LARGEST = 1 << 29;

    private static final int LARGE = 1 << 24;

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private byte[] buffer;
    private int position;
    private int depth;
    private Shape[] shapes = new Shape[2];
    private int shapeCount;

    /** Fields of all these shapes. */
    private int fieldCount;

    /** What is large, where the payload may have parts beside it. */
    private Parts parts;

    /** Above 0 everything is written inside: what is compared with its like. */
    private int inside;

    Writer() {
        this(256);
    }

    private Writer(int capacity) {
        buffer = new byte[capacity];
    }

    /** With room for exactly one byte string, so that a large one is copied once. */
    static Writer of(int bytes) {
        int head = bytes < 24 ? 1 : bytes <= 0xff ? 2 : bytes <= 0xffff ? 3 : 5;
        return new Writer(head + bytes);
    }

    /** For a payload that may have parts beside it, see {@link #finished}. */
    static Writer withParts() {
        Writer writer = new Writer();
        writer.parts = new Parts();
        return writer;
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
    }

    /**
     * The finished payload: the item that was written, behind the shape table when there were
     * records.
     */
    byte[] payload() {
        if (shapeCount == 0) {
            return position == buffer.length ? buffer : Arrays.copyOf(buffer, position);
        }
        Writer table = table();
        table.raw(buffer, 0, position);
        return table.position == table.buffer.length
                ? table.buffer
                : Arrays.copyOf(table.buffer, table.position);
    }

    /** The same with what stands beside it. */
    Payload finished() {
        byte[] payload = payload();
        boolean alone = parts == null || parts.bytes() == 0;
        return new Payload(payload, alone ? null : parts.moved(payload.length - position));
    }

    /** The shape table, with room for the item behind it. */
    private Writer table() {
        int length = 16;
        for (int i = 0; i < shapeCount; i++) {
            length += shapes[i].encoded.length;
        }
        Writer table = new Writer(length + position);
        table.head(TAG, Tag.SHAPES);
        table.head(ARRAY, 2);
        table.head(ARRAY, shapeCount);
        for (int i = 0; i < shapeCount; i++) {
            table.raw(shapes[i].encoded, 0, shapes[i].encoded.length);
        }
        return table;
    }

    /** From here on, until {@link #outside}, nothing stands beside the payload. */
    void inside() {
        inside++;
    }

    void outside() {
        inside--;
    }

    /**
     * Leaves the content of the byte string, whose head was just written, where it is; false when
     * it must be written.
     */
    boolean beside(Object source, long bytes) {
        if (parts == null || inside > 0 || !parts.take(position, source, bytes)) {
            return false;
        }
        if (position + parts.bytes() > LARGEST) {
            throw tooLarge();
        }
        return true;
    }

    private static ValueException tooLarge() {
        return ValueException.of("larger than " + (LARGEST >> 20) + " MiB when encoded");
    }

    /** The number of a shape in this message's table. */
    int shape(Shape shape) {
        for (int i = shapeCount - 1; i >= 0; i--) {
            if (shapes[i] == shape) {
                return i;
            }
        }
        for (int i = 0; i < shapeCount; i++) {
            if (Arrays.equals(shapes[i].encoded, shape.encoded)) {
                return i;
            }
        }
        fieldCount += shape.fields;
        WireShape.fits(shapeCount + 1, fieldCount);
        if (shapeCount == shapes.length) {
            shapes = Arrays.copyOf(shapes, shapeCount * 2);
        }
        shapes[shapeCount] = shape;
        return shapeCount++;
    }

    /** Opens levels: one for an array, a map or a set, two for a record. */
    void enter(int levels) {
        depth += levels;
        if (depth > Reader.DEPTH) {
            throw ValueException.of(
                    "nested deeper than " + Reader.DEPTH + " levels, or contains itself");
        }
    }

    void leave(int levels) {
        depth -= levels;
    }

    private void room(int bytes) {
        if (buffer.length - position < bytes) {
            grow(bytes);
        }
    }

    private void grow(int bytes) {
        long needed = (long) position + bytes;
        if (needed > LARGEST) {
            throw tooLarge();
        }
        // Doubled while it is small; what is large is rather copied again than twice as large.
        long more = buffer.length < LARGE ? buffer.length : buffer.length / 4;
        buffer =
                Arrays.copyOf(
                        buffer, (int) Math.max(needed, Math.min(buffer.length + more, LARGEST)));
    }

    /** Writes the head of an item in its shortest form; {@code argument} is unsigned. */
    void head(int major, long argument) {
        room(9);
        int first = major << 5;
        if (argument >= 0 && argument < 24) {
            buffer[position++] = (byte) (first | (int) argument);
        } else if (argument >>> 8 == 0) {
            buffer[position++] = (byte) (first | 24);
            buffer[position++] = (byte) argument;
        } else if (argument >>> 16 == 0) {
            buffer[position] = (byte) (first | 25);
            SHORT.set(buffer, position + 1, (short) argument);
            position += 3;
        } else if (argument >>> 32 == 0) {
            buffer[position] = (byte) (first | 26);
            INT.set(buffer, position + 1, (int) argument);
            position += 5;
        } else {
            buffer[position] = (byte) (first | 27);
            LONG.set(buffer, position + 1, argument);
            position += 9;
        }
    }

    void array(int count) {
        head(ARRAY, count);
    }

    void map(int count) {
        head(MAP, count);
    }

    void tag(int tag) {
        head(TAG, tag);
    }

    void nothing() {
        one(0xf6);
    }

    void bool(boolean value) {
        one(value ? 0xf5 : 0xf4);
    }

    private void one(int value) {
        room(1);
        buffer[position++] = (byte) value;
    }

    void integer(long value) {
        if (value >= 0) {
            head(UNSIGNED, value);
        } else {
            head(NEGATIVE, ~value);
        }
    }

    void integer(BigInteger value) {
        if (value.bitLength() <= 63) {
            integer(value.longValue());
            return;
        }
        boolean negative = value.signum() < 0;
        BigInteger size = negative ? value.not() : value;
        if (size.bitLength() <= 64) {
            head(negative ? NEGATIVE : UNSIGNED, size.longValue());
            return;
        }
        byte[] magnitude = size.toByteArray();
        int start = magnitude[0] == 0 ? 1 : 0;
        int length = magnitude.length - start;
        if (length > Reader.LONGEST_BIGNUM) {
            throw ValueException.of("an integer of more than " + Reader.LONGEST_BIGNUM + " bytes");
        }
        tag(negative ? Tag.BIG_NEGATIVE : Tag.BIG_POSITIVE);
        head(BYTES, length);
        raw(magnitude, start, length);
    }

    void floating(double value) {
        room(9);
        float narrow = (float) value;
        if (narrow != value && value == value) {
            buffer[position] = (byte) 0xfb;
            LONG.set(buffer, position + 1, Double.doubleToRawLongBits(value));
            position += 9;
            return;
        }
        int half = Half.exact(narrow);
        if (half >= 0) {
            buffer[position] = (byte) 0xf9;
            SHORT.set(buffer, position + 1, (short) half);
            position += 3;
        } else {
            buffer[position] = (byte) 0xfa;
            INT.set(buffer, position + 1, Float.floatToRawIntBits(narrow));
            position += 5;
        }
    }

    void bytes(byte[] value) {
        head(BYTES, value.length);
        if (!beside(value, value.length)) {
            raw(value, 0, value.length);
        }
    }

    void bytes(ByteBuffer value) {
        head(BYTES, value.remaining());
        piece(value);
    }

    /** A part of a byte string, whose head is written: as a whole only it has its length. */
    void piece(ByteBuffer value) {
        int length = value.remaining();
        if (!beside(value, length)) {
            room(length);
            value.duplicate().get(buffer, position, length);
            position += length;
        }
    }

    void raw(byte[] value, int offset, int length) {
        room(length);
        System.arraycopy(value, offset, buffer, position, length);
        position += length;
    }

    /**
     * Room for elements that the caller fills in bulk: a little-endian window over the next {@code
     * bytes} bytes.
     */
    ByteBuffer window(long bytes) {
        int length = (int) Math.min(bytes, LARGEST + 1L);
        room(length);
        ByteBuffer window =
                ByteBuffer.wrap(buffer, position, length).slice().order(ByteOrder.LITTLE_ENDIAN);
        position += length;
        return window;
    }

    /**
     * Writes strict UTF-8. Nearly all texts are ASCII, so that is tried first and taken back when
     * it fails.
     */
    void text(String value) {
        int length = value.length();
        head(TEXT, length);
        room(length);
        byte[] out = buffer;
        int at = position;
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c >= 0x80) {
                position -= headLength(length);
                wideText(value);
                return;
            }
            out[at + i] = (byte) c;
        }
        position = at + length;
    }

    private static int headLength(int argument) {
        return argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x10000 ? 3 : 5;
    }

    private void wideText(String value) {
        long size = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!Character.isSurrogate(c)) {
                size += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                size += 4;
                i++;
            } else {
                throw ValueException.of(
                        "the text has a lone surrogate at " + i + ", which is not Unicode");
            }
        }
        if (size > LARGEST) {
            throw tooLarge();
        }
        head(TEXT, size);
        byte[] encoded = value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        raw(encoded, 0, encoded.length);
    }

    int position() {
        return position;
    }

    /** A copy of what was written from {@code start} to {@code end}. */
    byte[] slice(int start, int end) {
        return Arrays.copyOfRange(buffer, start, end);
    }

    /**
     * Puts the items that begin at {@code offsets} and end at the present position in the order of
     * their bytes. Answers false when two are equal.
     */
    boolean sort(int[] offsets) {
        if (offsets.length < 2) {
            return true;
        }
        byte[][] items = new byte[offsets.length][];
        for (int i = 0; i < items.length; i++) {
            items[i] = slice(offsets[i], i + 1 < items.length ? offsets[i + 1] : position);
        }
        Arrays.sort(items, Arrays::compareUnsigned);
        int at = offsets[0];
        for (int i = 0; i < items.length; i++) {
            if (i > 0 && Arrays.equals(items[i - 1], items[i])) {
                return false;
            }
            System.arraycopy(items[i], 0, buffer, at, items[i].length);
            at += items[i].length;
        }
        return true;
    }
}
