package io.twinspan;

/** The peer doesn't speak Twinspan's protocol. */
public final class ProtocolException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    ProtocolException(ErrorParts parts) {
        super(parts);
    }
}
