package io.twinspan;

import java.util.Map;

/** An error as the core encodes it. */
record ErrorParts(
        Kind kind,
        Executed executed,
        boolean retryable,
        String operation,
        String message,
        String advice,
        String node,
        String traceId,
        Map<String, Object> failure) {

    String text() {
        String first = operation.isEmpty() ? message : operation + ": " + message;
        return advice.isEmpty() ? first : first + "\n" + advice;
    }
}
