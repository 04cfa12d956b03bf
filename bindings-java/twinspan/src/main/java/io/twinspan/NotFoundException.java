package io.twinspan;

/** What was named doesn't exist in the cluster. */
public class NotFoundException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    NotFoundException(ErrorParts parts) {
        super(parts);
    }
}
