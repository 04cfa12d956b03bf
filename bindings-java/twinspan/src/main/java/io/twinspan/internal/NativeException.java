package io.twinspan.internal;

/**
 * What the core throws: an encoded error, which {@link Raise} turns into one of the public classes.
 */
public final class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final byte[] encoded;

    /**
     * Called by the native side.
     *
     * @param encoded the encoded error
     */
    public NativeException(byte[] encoded) {
        // Never shown itself: the stack of the public exception is what a reader sees.
        super("an error of the core", null, false, false);
        this.encoded = encoded;
    }

    byte[] encoded() {
        return encoded;
    }
}
