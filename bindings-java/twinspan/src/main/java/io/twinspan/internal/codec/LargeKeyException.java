package io.twinspan.internal.codec;

/**
 * A key or an element of a set stands beside the payload's bytes, where keys can't be compared: the
 * payload must be read as a whole. Never leaves the codec.
 */
final class LargeKeyException extends RuntimeException {
    static final LargeKeyException INSTANCE = new LargeKeyException();
    private static final long serialVersionUID = 1L;

    private LargeKeyException() {
        super("a large key", null, false, false);
    }
}
