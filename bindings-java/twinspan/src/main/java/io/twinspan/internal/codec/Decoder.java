package io.twinspan.internal.codec;

/** Reads values into one declared type. */
@FunctionalInterface
interface Decoder {
    Object decode(Reader reader);

    /** This decoder, with null let through. */
    default Decoder orNull() {
        return reader -> reader.takeNull() ? null : decode(reader);
    }
}
