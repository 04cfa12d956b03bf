package io.twinspan;

/** The call was cancelled elsewhere, for example by its caller's caller. */
public final class CancelledException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    CancelledException(ErrorParts parts) {
        super(parts);
    }
}
