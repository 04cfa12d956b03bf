package io.twinspan.internal.codec;

import io.twinspan.NdArray;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Declared Java arrays of numbers. They take a typed array of the same kind in one copy, of another
 * kind when every element fits exactly, and a plain list of numbers; {@code double[][]} and the
 * like take an array with a shape as well.
 */
final class NumberArrays {
    /** Rows that an array without elements may still have. */
    private static final int MOST_EMPTY_ROWS = 1024;

    /** Room for elements that were only announced: a header that lies costs no more. */
    private static final int FIRST_ROOM = 1024;

    private NumberArrays() {}

    /** The decoder of {@code type}; null when it is no primitive array of numbers. */
    static Decoder decoder(Class<?> type) {
        if (type == byte[].class) {
            return NumberArrays::octets;
        }
        Function<NdArray, Object> convert = conversion(type);
        if (convert == null) {
            return null;
        }
        String target = "a Java " + type.getSimpleName();
        String element = "a Java " + type.getComponentType().getSimpleName();
        return reader -> {
            if (!TypedArrays.isNext(reader)) {
                return list(reader, type, target, element);
            }
            int start = reader.position();
            Object same = TypedArrays.untyped(reader);
            if (type.isInstance(same)) {
                return same;
            }
            reader.seek(start);
            NdArray array = TypedArrays.read(reader);
            if (array.shape().length != 1) {
                throw ValueException.of(
                        "an array of shape "
                                + Arrays.toString(array.shape())
                                + " is not "
                                + target);
            }
            return apply(convert, array, target);
        };
    }

    private static Object apply(Function<NdArray, Object> convert, NdArray array, String target) {
        try {
            return convert.apply(array);
        } catch (ArithmeticException e) {
            throw ValueException.of(
                    "an array of "
                            + array.element()
                            + " does not fit "
                            + target
                            + ": "
                            + e.getMessage());
        }
    }

    private static Function<NdArray, Object> conversion(Class<?> type) {
        if (type == short[].class) {
            return array -> narrow(array.ints());
        }
        if (type == int[].class) {
            return NdArray::ints;
        }
        if (type == long[].class) {
            return NdArray::longs;
        }
        if (type == float[].class) {
            return NdArray::floats;
        }
        return type == double[].class ? NdArray::doubles : null;
    }

    private static short[] narrow(int[] wide) {
        short[] out = new short[wide.length];
        for (int i = 0; i < wide.length; i++) {
            out[i] = (short) wide[i];
            if (out[i] != wide[i]) {
                throw new ArithmeticException(
                        "element " + i + ": " + wide[i] + " does not fit a short");
            }
        }
        return out;
    }

    /** {@code byte[]}: bytes, 8-bit elements as they are, or a list of small integers. */
    static Object octets(Reader reader) {
        if (reader.major() == Writer.ARRAY) {
            return list(reader, byte[].class, "a Java byte[]", "a Java byte");
        }
        if (TypedArrays.isNext(reader)) {
            NdArray array = TypedArrays.read(reader);
            if (array.element().bytes() != 1 || array.shape().length != 1) {
                throw ValueException.of(array + " is not a Java byte[]");
            }
            byte[] out = new byte[array.size()];
            array.buffer().get(out);
            return out;
        }
        return reader.bytes("a Java byte[]");
    }

    /** {@code ByteBuffer}: the same as a read-only view, without a copy where they are bytes. */
    static ByteBuffer view(Reader reader) {
        return reader.major() == Writer.BYTES
                ? reader.view("a Java ByteBuffer")
                : ByteBuffer.wrap((byte[]) octets(reader)).asReadOnlyBuffer();
    }

    private static Object list(Reader reader, Class<?> type, String target, String element) {
        int count = reader.arrayLength(target);
        reader.enter(1);
        Class<?> component = type.getComponentType();
        boolean floating = component == double.class || component == float.class;
        Decoder decoder = Types.decoder(component);
        Object out = Array.newInstance(component, Math.min(count, FIRST_ROOM));
        for (int i = 0; i < count; i++) {
            if (i == Array.getLength(out)) {
                out = copy(out, (int) Math.min(count, i * 2L));
            }
            try {
                if (component == double.class) {
                    ((double[]) out)[i] = Numbers.typedDouble(reader, element);
                } else if (component == long.class) {
                    ((long[]) out)[i] = reader.integer(element);
                } else if (component == int.class) {
                    ((int[]) out)[i] =
                            (int) reader.integer(Integer.MIN_VALUE, Integer.MAX_VALUE, element);
                } else {
                    Array.set(out, i, decoder.decode(reader));
                }
            } catch (ValueException e) {
                throw e.index(i);
            }
        }
        reader.leave(1);
        return out;
    }

    private static Object copy(Object array, int length) {
        Object out = Array.newInstance(array.getClass().getComponentType(), length);
        System.arraycopy(array, 0, out, 0, Array.getLength(array));
        return out;
    }

    /**
     * Reads an array with a shape into nested Java arrays of {@code type}, which has as many
     * dimensions.
     */
    static Object nested(Reader reader, Class<?> type) {
        NdArray array = TypedArrays.read(reader);
        int[] shape = array.shape();
        Class<?> leaf = type;
        int dimensions = 1;
        while (leaf.getComponentType().isArray()) {
            leaf = leaf.getComponentType();
            dimensions++;
        }
        String target = "a Java " + type.getSimpleName();
        Function<NdArray, Object> convert = conversion(leaf);
        if (convert == null || dimensions != shape.length) {
            throw ValueException.of(
                    "an array of "
                            + array.element()
                            + " and shape "
                            + Arrays.toString(shape)
                            + " is not "
                            + target);
        }
        long rows = 1;
        for (int i = 0; i + 1 < shape.length; i++) {
            rows = Math.min(rows * shape[i], Integer.MAX_VALUE);
            if (rows > Math.max(array.size(), MOST_EMPTY_ROWS)) {
                throw ValueException.of(
                        "an array of shape " + Arrays.toString(shape) + " has too many empty rows");
            }
        }
        return fill(apply(convert, array, target), new int[1], type, shape, 0);
    }

    private static Object fill(Object flat, int[] at, Class<?> type, int[] shape, int level) {
        Class<?> component = type.getComponentType();
        Object out = Array.newInstance(component, shape[level]);
        if (!component.isArray()) {
            System.arraycopy(flat, at[0], out, 0, shape[level]);
            at[0] += shape[level];
            return out;
        }
        for (int i = 0; i < shape[level]; i++) {
            Array.set(out, i, fill(flat, at, component, shape, level + 1));
        }
        return out;
    }
}
