package io.twinspan;

/** A defect of Twinspan. */
public final class InternalException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    InternalException(ErrorParts parts) {
        super(parts);
    }
}
