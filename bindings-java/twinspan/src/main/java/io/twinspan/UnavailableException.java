package io.twinspan;

/** No provider could be reached. */
public final class UnavailableException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    UnavailableException(ErrorParts parts) {
        super(parts);
    }
}
