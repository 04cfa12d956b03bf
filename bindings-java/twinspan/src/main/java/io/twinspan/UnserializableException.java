package io.twinspan;

/** A value can't cross without loss; the message names its path. */
public final class UnserializableException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    UnserializableException(ErrorParts parts) {
        super(parts);
    }
}
