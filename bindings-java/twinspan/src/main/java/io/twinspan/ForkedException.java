package io.twinspan;

/** The process was forked, and a child can't use its parent's node. */
public final class ForkedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    ForkedException(ErrorParts parts) {
        super(parts);
    }
}
