package io.twinspan;

/** The two sides don't belong to the same cluster. */
public final class UnauthenticatedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    UnauthenticatedException(ErrorParts parts) {
        super(parts);
    }
}
