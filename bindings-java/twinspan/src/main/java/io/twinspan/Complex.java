package io.twinspan;

/**
 * A complex number as Python's {@code complex} knows it.
 *
 * @param re the real part
 * @param im the imaginary part
 */
public record Complex(double re, double im) {}
