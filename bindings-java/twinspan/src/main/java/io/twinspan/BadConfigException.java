package io.twinspan;

/** A setting is wrong; the message names it. */
public final class BadConfigException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    BadConfigException(ErrorParts parts) {
        super(parts);
    }
}
