package io.twinspan;

/** The name is taken. */
public final class AlreadyExistsException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    AlreadyExistsException(ErrorParts parts) {
        super(parts);
    }
}
