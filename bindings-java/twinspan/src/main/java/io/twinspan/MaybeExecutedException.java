package io.twinspan;

/** The connection ended while the call ran: it may have taken effect. */
public final class MaybeExecutedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    MaybeExecutedException(ErrorParts parts) {
        super(parts);
    }
}
