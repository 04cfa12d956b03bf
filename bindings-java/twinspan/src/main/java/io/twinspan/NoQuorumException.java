package io.twinspan;

/** Too few full nodes are alive to decide. */
public final class NoQuorumException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    NoQuorumException(ErrorParts parts) {
        super(parts);
    }
}
