package io.twinspan;

/** The deadline of a call passed before its answer came. */
public final class DeadlineExceededException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    DeadlineExceededException(ErrorParts parts) {
        super(parts);
    }
}
