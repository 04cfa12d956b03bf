package io.twinspan;

/** The cluster's rules don't allow what was asked. */
public final class PermissionDeniedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    PermissionDeniedException(ErrorParts parts) {
        super(parts);
    }
}
