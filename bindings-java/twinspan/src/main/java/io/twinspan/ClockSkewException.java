package io.twinspan;

/** The clocks of two hosts are too far apart. */
public final class ClockSkewException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    ClockSkewException(ErrorParts parts) {
        super(parts);
    }
}
