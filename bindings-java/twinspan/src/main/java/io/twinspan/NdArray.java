package io.twinspan;

import io.twinspan.internal.codec.NdArrays;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Numbers of one kind with a shape, row-major, as NumPy's arrays cross. Immutable: the data is
 * copied when the array is made from a Java array or a buffer, unless it is {@linkplain #wrap
 * wrapped}, and copied out again by {@link #doubles()} and its siblings. {@link #buffer()} shows it
 * without a copy: in a large array that arrived, the memory in which it came.
 *
 * <pre>{@code
 * NdArray picture = NdArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);   // two rows of three
 * }</pre>
 */
public final class NdArray {
    /** The kind of the elements. */
    public enum Element {
        /** Unsigned, 8 bits. */
        U8(1),
        /** Unsigned, 16 bits. */
        U16(2),
        /** Unsigned, 32 bits. */
        U32(4),
        /** Unsigned, 64 bits. */
        U64(8),
        /** Signed, 8 bits. */
        I8(1),
        /** Signed, 16 bits. */
        I16(2),
        /** Signed, 32 bits. */
        I32(4),
        /** Signed, 64 bits. */
        I64(8),
        /** IEEE 754 half precision. */
        F16(2),
        /** IEEE 754 single precision. */
        F32(4),
        /** IEEE 754 double precision. */
        F64(8);

        private final int bytes;

        Element(int bytes) {
            this.bytes = bytes;
        }

        /**
         * The width of one element.
         *
         * @return 1, 2, 4 or 8
         */
        public int bytes() {
            return bytes;
        }
    }

    static {
        NdArrays.set(array -> array.data.duplicate().order(ByteOrder.LITTLE_ENDIAN));
    }

    private final Element element;
    private final int[] shape;

    /** From position 0 to the limit; may be read-only, direct, or both. */
    private final ByteBuffer data;

    private NdArray(Element element, int[] shape, ByteBuffer data) {
        this.element = element;
        this.shape = shape;
        this.data = data;
        long count = 1;
        for (int dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException(
                        "a dimension is never negative: " + Arrays.toString(shape));
            }
            count = Math.min(count * dimension, Long.MAX_VALUE >>> 32);
        }
        if (count * element.bytes() != data.capacity()) {
            throw new IllegalArgumentException(
                    "shape "
                            + Arrays.toString(shape)
                            + " does not hold "
                            + data.capacity() / element.bytes()
                            + " elements");
        }
    }

    /**
     * Copies little-endian elements out of a buffer, from its position to its limit.
     *
     * @param element the kind of the elements
     * @param data the elements, little-endian whatever the order of the buffer says
     * @param shape the dimensions; none for a single number
     * @return the array
     */
    public static NdArray of(Element element, ByteBuffer data, int... shape) {
        ByteBuffer copy = room(data.remaining());
        copy.put(data.duplicate()).clear();
        return new NdArray(element, shape.clone(), copy);
    }

    /**
     * Makes an array of the elements in a buffer, from its position to its limit, without a copy.
     * They must not change any more; a large array is sent straight from there.
     *
     * @param element the kind of the elements
     * @param data the elements, little-endian whatever the order of the buffer says
     * @param shape the dimensions; none for a single number
     * @return the array
     */
    public static NdArray wrap(Element element, ByteBuffer data, int... shape) {
        return new NdArray(element, shape.clone(), data.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    /**
     * Makes an array of {@link Element#F64}.
     *
     * @param values the elements, row by row
     * @param shape the dimensions
     * @return the array
     */
    public static NdArray of(double[] values, int... shape) {
        ByteBuffer data = room(Math.multiplyExact(values.length, 8));
        data.asDoubleBuffer().put(values);
        return new NdArray(Element.F64, shape.clone(), data);
    }

    /**
     * Makes an array of {@link Element#F32}.
     *
     * @param values the elements, row by row
     * @param shape the dimensions
     * @return the array
     */
    public static NdArray of(float[] values, int... shape) {
        ByteBuffer data = room(Math.multiplyExact(values.length, 4));
        data.asFloatBuffer().put(values);
        return new NdArray(Element.F32, shape.clone(), data);
    }

    /**
     * Makes an array of {@link Element#I64}.
     *
     * @param values the elements, row by row
     * @param shape the dimensions
     * @return the array
     */
    public static NdArray of(long[] values, int... shape) {
        ByteBuffer data = room(Math.multiplyExact(values.length, 8));
        data.asLongBuffer().put(values);
        return new NdArray(Element.I64, shape.clone(), data);
    }

    /**
     * Makes an array of {@link Element#I32}.
     *
     * @param values the elements, row by row
     * @param shape the dimensions
     * @return the array
     */
    public static NdArray of(int[] values, int... shape) {
        ByteBuffer data = room(Math.multiplyExact(values.length, 4));
        data.asIntBuffer().put(values);
        return new NdArray(Element.I32, shape.clone(), data);
    }

    private static ByteBuffer room(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The kind of the elements.
     *
     * @return never null
     */
    public Element element() {
        return element;
    }

    /**
     * The dimensions, outermost first.
     *
     * @return a copy
     */
    public int[] shape() {
        return shape.clone();
    }

    /**
     * How many elements there are.
     *
     * @return the product of the dimensions
     */
    public int size() {
        return data.capacity() / element.bytes();
    }

    /**
     * The elements, row-major and little-endian, without a copy.
     *
     * @return a read-only view in little-endian order
     */
    public ByteBuffer buffer() {
        return data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The elements as doubles.
     *
     * @return a copy
     * @throws ArithmeticException when an element is not exactly a double
     */
    public double[] doubles() {
        double[] out = new double[size()];
        if (element == Element.F64) {
            data.asDoubleBuffer().get(out);
            return out;
        }
        for (int i = 0; i < out.length; i++) {
            out[i] = isFloat() ? floating(i) : exactDouble(i);
        }
        return out;
    }

    /**
     * The elements as floats.
     *
     * @return a copy
     * @throws ArithmeticException when an element is not exactly a float
     */
    public float[] floats() {
        float[] out = new float[size()];
        if (element == Element.F32) {
            data.asFloatBuffer().get(out);
            return out;
        }
        for (int i = 0; i < out.length; i++) {
            double wide = isFloat() ? floating(i) : exactDouble(i);
            out[i] = (float) wide;
            if (out[i] != wide && wide == wide) {
                throw new ArithmeticException(
                        "element " + i + ": " + wide + " is not exactly a float");
            }
        }
        return out;
    }

    /**
     * The elements as longs.
     *
     * @return a copy
     * @throws ArithmeticException when an element is beyond a long, or the elements are floating
     *     point
     */
    public long[] longs() {
        long[] out = new long[size()];
        if (element == Element.I64) {
            data.asLongBuffer().get(out);
            return out;
        }
        for (int i = 0; i < out.length; i++) {
            out[i] = integer(i);
        }
        return out;
    }

    /**
     * The elements as ints.
     *
     * @return a copy
     * @throws ArithmeticException when an element is beyond an int, or the elements are floating
     *     point
     */
    public int[] ints() {
        int[] out = new int[size()];
        if (element == Element.I32) {
            data.asIntBuffer().get(out);
            return out;
        }
        for (int i = 0; i < out.length; i++) {
            long wide = integer(i);
            out[i] = (int) wide;
            if (out[i] != wide) {
                throw new ArithmeticException(
                        "element " + i + ": " + wide + " does not fit an int");
            }
        }
        return out;
    }

    private boolean isFloat() {
        return element == Element.F16 || element == Element.F32 || element == Element.F64;
    }

    private double floating(int i) {
        return switch (element) {
            case F64 -> data.getDouble(i * 8);
            case F32 -> data.getFloat(i * 4);
            default -> half(data.getShort(i * 2));
        };
    }

    private double exactDouble(int i) {
        long wide = integer(i);
        long size = Math.abs(wide);
        if (size != 0
                && 64 - Long.numberOfLeadingZeros(size) - Long.numberOfTrailingZeros(size) > 53) {
            throw new ArithmeticException(
                    "element " + i + ": " + wide + " is not exactly a double");
        }
        return wide;
    }

    private long integer(int i) {
        return switch (element) {
            case U8 -> data.get(i) & 0xffL;
            case I8 -> data.get(i);
            case U16 -> data.getShort(i * 2) & 0xffffL;
            case I16 -> data.getShort(i * 2);
            case U32 -> data.getInt(i * 4) & 0xffff_ffffL;
            case I32 -> data.getInt(i * 4);
            case I64 -> data.getLong(i * 8);
            case U64 -> {
                long value = data.getLong(i * 8);
                if (value < 0) {
                    throw new ArithmeticException(
                            "element "
                                    + i
                                    + ": "
                                    + Long.toUnsignedString(value)
                                    + " does not fit a long");
                }
                yield value;
            }
            default -> throw new ArithmeticException("the elements are floating point: " + element);
        };
    }

    private static double half(short bits) {
        int exponent = bits >>> 10 & 31;
        int mantissa = bits & 1023;
        double size =
                exponent == 0
                        ? mantissa * 0x1p-24
                        : exponent < 31
                                ? Math.scalb(1.0 + mantissa / 1024.0, exponent - 15)
                                : mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        return bits < 0 ? -size : size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NdArray that
                && element == that.element
                && Arrays.equals(shape, that.shape)
                && data.equals(that.data);
    }

    @Override
    public int hashCode() {
        return (element.hashCode() * 31 + Arrays.hashCode(shape)) * 31 + data.hashCode();
    }

    @Override
    public String toString() {
        return "NdArray("
                + element.name().toLowerCase(java.util.Locale.ROOT)
                + ", "
                + Arrays.toString(shape)
                + ")";
    }
}
