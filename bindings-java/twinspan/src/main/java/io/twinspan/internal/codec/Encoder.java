package io.twinspan.internal.codec;

/** Writes the values of one class. Never given null. */
@FunctionalInterface
interface Encoder {
    void encode(Writer writer, Object value);
}
