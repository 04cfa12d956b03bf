package io.twinspan.internal.codec;

/** IEEE 754 half precision. Java has its own conversions only from release 20 on. */
final class Half {
    private Half() {}

    /**
     * The bits of the half that equals {@code value}, or -1 when there is none. Every NaN is the
     * one of RFC 8949.
     */
    static int exact(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int exponent = (bits >>> 23 & 0xff) - 127;
        int mantissa = bits & 0x7fffff;
        if (exponent == 128) {
            return mantissa == 0 ? sign | 0x7c00 : 0x7e00;
        }
        if (exponent == -127) {
            return mantissa == 0 ? sign : -1;
        }
        if (exponent > 15 || exponent < -24) {
            return -1;
        }
        if (exponent >= -14) {
            return (mantissa & 0x1fff) == 0 ? sign | exponent + 15 << 10 | mantissa >>> 13 : -1;
        }
        int whole = mantissa | 0x800000;
        int shift = -1 - exponent;
        return (whole & (1 << shift) - 1) == 0 ? sign | whole >>> shift : -1;
    }

    static float toFloat(int bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >>> 10 & 31;
        int mantissa = bits & 1023;
        if (exponent == 0) {
            float size = mantissa * 0x1p-24f;
            return sign == 0 ? size : -size;
        }
        int wide = exponent == 31 ? 0xff : exponent + 112;
        return Float.intBitsToFloat(sign | wide << 23 | mantissa << 13);
    }
}
