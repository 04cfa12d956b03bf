package io.twinspan;

/** Two versions of Twinspan that share no protocol or ABI met. */
public final class VersionMismatchException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    VersionMismatchException(ErrorParts parts) {
        super(parts);
    }
}
