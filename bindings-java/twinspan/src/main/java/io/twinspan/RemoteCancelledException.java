package io.twinspan;

/**
 * The handler was cancelled by something other than this caller, or cancelled itself. A call that
 * is cancelled here ends with {@link java.util.concurrent.CancellationException}, which this never
 * is: it must not look like a cancel of one's own.
 */
public final class RemoteCancelledException extends RemoteCallException {
    private static final long serialVersionUID = 1L;

    RemoteCancelledException(ErrorParts parts) {
        super(parts);
    }
}
