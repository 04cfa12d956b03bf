package io.twinspan.internal.codec;

/**
 * An encoded value on its way to the core. What is large in it may stand beside the bytes, so that
 * the core copies it straight from where the program keeps it.
 */
public final class Payload {
    private final byte[] bytes;
    private final Object[] parts;

    Payload(byte[] bytes, Object[] parts) {
        this.bytes = bytes;
        this.parts = parts;
    }

    /**
     * The item, without what stands beside it.
     *
     * @return not a copy
     */
    public byte[] bytes() {
        return bytes;
    }

    /**
     * What stands beside it, as the core reads it: a table of four longs for each part (its place
     * in the bytes, its class, its first element, its length in bytes), and the parts.
     *
     * @return null for nothing
     */
    public Object[] parts() {
        return parts;
    }
}
