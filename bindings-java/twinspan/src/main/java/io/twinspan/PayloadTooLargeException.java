package io.twinspan;

/** A body is larger than {@code max_payload} allows. */
public final class PayloadTooLargeException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    PayloadTooLargeException(ErrorParts parts) {
        super(parts);
    }
}
