package io.twinspan;

import io.twinspan.internal.Raise;
import io.twinspan.internal.Trace;

import java.util.List;
import java.util.Map;

/** Maps encoded errors to exceptions. */
final class Errors implements Raise.Factory {
    /** Called by {@link Raise}, which finds this class by its name. */
    Errors() {}

    @Override
    public RuntimeException of(Map<String, Object> error) {
        ErrorParts parts = parts(error);
        if (parts.kind() == Kind.REMOTE) {
            return RemoteCallException.of(parts);
        }
        TwinspanException exception = parts.kind().exception(parts);
        exception.setStackTrace(Trace.join(List.of(), exception.getStackTrace()));
        return exception;
    }

    @Override
    public RuntimeException interrupted(String message) {
        return new CallInterruptedException(
                new ErrorParts(
                        Kind.CANCELLED,
                        Executed.MAYBE,
                        false,
                        "",
                        message,
                        "The thread was interrupted; its interrupt flag is still set.",
                        "",
                        "",
                        Map.of()));
    }

    @Override
    public Map<String, Object> failure(Throwable error) {
        return error instanceof RemoteCallException remote ? remote.failure() : null;
    }

    @Override
    public String through(Throwable error) {
        return error instanceof RemoteCallException remote ? remote.through() : null;
    }

    @Override
    public int remoteFrames(Throwable error) {
        return error instanceof RemoteCallException remote ? remote.remoteFrames() : 0;
    }

    @SuppressWarnings("unchecked")
    private static ErrorParts parts(Map<String, Object> error) {
        return new ErrorParts(
                Kind.of(error.get("kind") instanceof Number n ? n.longValue() : 0),
                Executed.named(error.get("executed")),
                Boolean.TRUE.equals(error.get("retryable")),
                text(error, "operation"),
                text(error, "message"),
                text(error, "advice"),
                text(error, "node"),
                text(error, "trace_id"),
                error.get("failure") instanceof Map<?, ?> failure
                        ? (Map<String, Object>) failure
                        : Map.of());
    }

    static String text(Map<String, Object> map, String key) {
        return map.get(key) instanceof String text ? text : "";
    }
}
