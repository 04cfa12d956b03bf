package io.twinspan.internal.codec;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Numbers into declared types: exactly, or not at all. */
final class Numbers {
    private Numbers() {}

    static void write(Writer writer, BigDecimal value) {
        // The negation of Integer.MIN_VALUE is outside of an int, as is the exponent then.
        if (value.scale() == Integer.MIN_VALUE) {
            throw ValueException.of("a decimal with an exponent beyond 32 bits");
        }
        writer.tag(Tag.DECIMAL);
        writer.array(2);
        writer.integer(-value.scale());
        writer.integer(value.unscaledValue());
    }

    static BigDecimal decimal(Reader reader) {
        reader.tag(Tag.DECIMAL, "a Java BigDecimal");
        Scalars.parts(reader, 2);
        long exponent =
                reader.integer(-Integer.MAX_VALUE, Integer.MAX_VALUE, "the exponent of a decimal");
        return new BigDecimal(reader.bigInteger("the mantissa of a decimal"), (int) -exponent);
    }

    /** A declared {@code BigDecimal}; an integer is one exactly. */
    static BigDecimal typedDecimal(Reader reader) {
        return reader.isInteger()
                ? new BigDecimal(reader.bigInteger("a Java BigDecimal"))
                : decimal(reader);
    }

    /** A declared {@code double}; an integer is let in when it is one exactly. */
    static double typedDouble(Reader reader, String target) {
        if (!reader.isInteger()) {
            return reader.floating(target);
        }
        BigInteger value = reader.bigInteger(target);
        BigInteger size = value.abs();
        if (value.signum() != 0
                && (size.bitLength() > 1024 || size.bitLength() - size.getLowestSetBit() > 53)) {
            throw ValueException.of(Show.integer(value) + " is not exactly " + target);
        }
        return value.doubleValue();
    }

    static float typedFloat(Reader reader) {
        double value = typedDouble(reader, "a Java float");
        float narrow = (float) value;
        if (narrow != value && value == value) {
            throw ValueException.of(value + " is not exactly a Java float");
        }
        return narrow;
    }

    /** An integer of unknown size: a {@code Long}, beyond it a {@code BigInteger}. */
    static Object integer(Reader reader) {
        return reader.isLong()
                ? (Object) reader.integer("a Java long")
                : reader.bigInteger("an integer");
    }

    /** A declared {@code Number}: what an untyped receiver would get, if it is a number at all. */
    static Object number(Reader reader) {
        if (reader.isInteger()) {
            return integer(reader);
        }
        return reader.isFloat() ? (Object) reader.floating("a number") : decimal(reader);
    }

    /** A declared {@code char}: a text of one UTF-16 unit. */
    static char character(Reader reader) {
        int start = reader.position();
        String text = reader.text("a Java char");
        if (text.length() != 1) {
            reader.seek(start);
            throw reader.mismatch("a Java char");
        }
        return text.charAt(0);
    }
}
