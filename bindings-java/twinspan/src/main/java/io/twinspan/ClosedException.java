package io.twinspan;

/** The node, stream or handle was closed. */
public final class ClosedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    ClosedException(ErrorParts parts) {
        super(parts);
    }
}
