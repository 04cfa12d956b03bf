package io.twinspan;

/** The arguments don't fit the method's signature; the handler did not run. */
public final class BadArgumentsException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    BadArgumentsException(ErrorParts parts) {
        super(parts);
    }
}
