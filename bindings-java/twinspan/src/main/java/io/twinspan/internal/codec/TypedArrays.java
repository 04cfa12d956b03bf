package io.twinspan.internal.codec;

import io.twinspan.NdArray;
import io.twinspan.NdArray.Element;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Arrays of numbers (RFC 8746, little-endian), copied in bulk; with several dimensions they are
 * {@link NdArray}s.
 */
final class TypedArrays {
    private static final int FIRST = 64;
    private static final int LAST = 86;

    /** As many as the profile allows. */
    private static final int MOST_DIMENSIONS = 32;

    private static final Element[] ELEMENTS = new Element[LAST - FIRST + 1];

    static {
        for (Element element : Element.values()) {
            ELEMENTS[tag(element) - FIRST] = element;
        }
    }

    private TypedArrays() {}

    private static int tag(Element element) {
        return switch (element) {
            case U8 -> 64;
            case U16 -> 69;
            case U32 -> 70;
            case U64 -> 71;
            case I8 -> 72;
            case I16 -> 77;
            case I32 -> 78;
            case I64 -> 79;
            case F16 -> 84;
            case F32 -> 85;
            case F64 -> 86;
        };
    }

    static boolean isElement(long tag) {
        return tag >= FIRST && tag <= LAST && ELEMENTS[(int) tag - FIRST] != null;
    }

    /**
     * The Java array that is as wide as the elements; an array with a shape where there is none.
     */
    static String kind(long tag) {
        return switch (ELEMENTS[(int) tag - FIRST]) {
            case I16 -> "short array";
            case I32 -> "int array";
            case I64 -> "long array";
            case F32 -> "float array";
            case F64 -> "double array";
            default -> "array";
        };
    }

    /**
     * How a Java array of this class is written, or null when it isn't an array of numbers or
     * bytes.
     */
    static Encoder encoder(Class<?> type) {
        if (type == byte[].class) {
            return (writer, value) -> writer.bytes((byte[]) value);
        }
        if (type == short[].class) {
            return (writer, value) -> {
                short[] array = (short[]) value;
                if (!beside(writer, Element.I16, array, array.length)) {
                    window(writer, Element.I16, array.length).asShortBuffer().put(array);
                }
            };
        }
        if (type == int[].class) {
            return (writer, value) -> {
                int[] array = (int[]) value;
                if (!beside(writer, Element.I32, array, array.length)) {
                    window(writer, Element.I32, array.length).asIntBuffer().put(array);
                }
            };
        }
        if (type == long[].class) {
            return (writer, value) -> {
                long[] array = (long[]) value;
                if (!beside(writer, Element.I64, array, array.length)) {
                    window(writer, Element.I64, array.length).asLongBuffer().put(array);
                }
            };
        }
        if (type == float[].class) {
            return (writer, value) -> {
                float[] array = (float[]) value;
                if (!beside(writer, Element.F32, array, array.length)) {
                    window(writer, Element.F32, array.length).asFloatBuffer().put(array);
                }
            };
        }
        if (type == double[].class) {
            return (writer, value) -> {
                double[] array = (double[]) value;
                if (!beside(writer, Element.F64, array, array.length)) {
                    window(writer, Element.F64, array.length).asDoubleBuffer().put(array);
                }
            };
        }
        return null;
    }

    /** Writes the head, and leaves a large array where it is. */
    private static boolean beside(Writer writer, Element element, Object array, int count) {
        long bytes = (long) count * element.bytes();
        writer.tag(tag(element));
        writer.head(Writer.BYTES, bytes);
        return writer.beside(array, bytes);
    }

    private static ByteBuffer window(Writer writer, Element element, int count) {
        return writer.window((long) count * element.bytes());
    }

    static void write(Writer writer, NdArray value) {
        int[] shape = value.shape();
        if (shape.length != 1) {
            writer.tag(Tag.ND_ARRAY);
            writer.array(2);
            writer.array(dimensions(shape.length));
            for (int dimension : shape) {
                writer.integer(dimension);
            }
        }
        writer.tag(tag(value.element()));
        writer.bytes(NdArrays.data(value));
    }

    /** Reads an array of any dimensions; the reader stands at the tag. */
    static NdArray read(Reader reader) {
        if (reader.peekTag() != Tag.ND_ARRAY) {
            Element element = element(reader, "an array of numbers");
            ByteBuffer data = view(reader, element);
            return NdArray.wrap(element, data, data.remaining() / element.bytes());
        }
        reader.head();
        Scalars.parts(reader, 2);
        int[] shape = new int[dimensions(reader.arrayLength("a list of dimensions"))];
        if (shape.length == 1) {
            throw ValueException.of("an array with a shape of one dimension");
        }
        for (int i = 0; i < shape.length; i++) {
            shape[i] = (int) reader.integer(0, Integer.MAX_VALUE, "a dimension");
        }
        Element element = element(reader, "an array of numbers");
        ByteBuffer data = view(reader, element);
        try {
            return NdArray.wrap(element, data, shape);
        } catch (IllegalArgumentException e) {
            throw ValueException.of(e.getMessage(), e);
        }
    }

    private static int dimensions(int count) {
        if (count > MOST_DIMENSIONS) {
            throw ValueException.of(
                    "an array of " + count + " dimensions; " + MOST_DIMENSIONS + " are the limit");
        }
        return count;
    }

    private static Element element(Reader reader, String target) {
        long tag = reader.peekTag();
        if (!isElement(tag)) {
            throw reader.mismatch(target);
        }
        reader.head();
        return ELEMENTS[(int) tag - FIRST];
    }

    private static ByteBuffer data(Reader reader, Element element) {
        return checked(reader.data("the bytes of a typed array"), element);
    }

    /** The same as a view that may be kept. */
    private static ByteBuffer view(Reader reader, Element element) {
        return checked(reader.view("the bytes of a typed array"), element);
    }

    private static ByteBuffer checked(ByteBuffer data, Element element) {
        int length = data.remaining();
        if (length % element.bytes() != 0) {
            throw ValueException.of(
                    "a typed array of "
                            + length
                            + " bytes, but each element has "
                            + element.bytes());
        }
        return data.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * What an untyped receiver gets: the primitive array of the same width, else an {@link
     * NdArray}.
     */
    static Object untyped(Reader reader) {
        int start = reader.position();
        if (reader.peekTag() == Tag.ND_ARRAY) {
            return read(reader);
        }
        Element element = element(reader, "an array of numbers");
        switch (element) {
            case I16 -> {
                ByteBuffer data = data(reader, element);
                short[] out = new short[data.remaining() / 2];
                data.asShortBuffer().get(out);
                return out;
            }
            case I32 -> {
                ByteBuffer data = data(reader, element);
                int[] out = new int[data.remaining() / 4];
                data.asIntBuffer().get(out);
                return out;
            }
            case I64 -> {
                ByteBuffer data = data(reader, element);
                long[] out = new long[data.remaining() / 8];
                data.asLongBuffer().get(out);
                return out;
            }
            case F32 -> {
                ByteBuffer data = data(reader, element);
                float[] out = new float[data.remaining() / 4];
                data.asFloatBuffer().get(out);
                return out;
            }
            case F64 -> {
                ByteBuffer data = data(reader, element);
                double[] out = new double[data.remaining() / 8];
                data.asDoubleBuffer().get(out);
                return out;
            }
            default -> {
                reader.seek(start);
                return read(reader);
            }
        }
    }

    /** Whether the next item, which stays, is a typed array, with or without a shape. */
    static boolean isNext(Reader reader) {
        long tag = reader.peekTag();
        return tag == Tag.ND_ARRAY || isElement(tag);
    }
}
