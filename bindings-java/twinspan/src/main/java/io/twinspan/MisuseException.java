package io.twinspan;

/** The call was made in a place where it isn't allowed. */
public final class MisuseException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    MisuseException(ErrorParts parts) {
        super(parts);
    }
}
