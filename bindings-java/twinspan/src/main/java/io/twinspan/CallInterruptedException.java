package io.twinspan;

/**
 * The thread that waited for a call was interrupted. The call is cancelled remotely, and the
 * thread's interrupt flag is still set.
 */
public final class CallInterruptedException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    CallInterruptedException(ErrorParts parts) {
        super(parts);
    }
}
