package io.twinspan;

/** The provider or this node has no room for another call; it was not started. */
public final class OverloadedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    OverloadedException(ErrorParts parts) {
        super(parts);
    }
}
