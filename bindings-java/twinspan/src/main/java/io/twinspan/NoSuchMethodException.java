package io.twinspan;

/**
 * No provider of the service has the method. (Not {@code java.lang.NoSuchMethodException}, which is
 * about reflection.)
 */
public final class NoSuchMethodException extends NotFoundException {
    private static final long serialVersionUID = 1L;

    NoSuchMethodException(ErrorParts parts) {
        super(parts);
    }
}
