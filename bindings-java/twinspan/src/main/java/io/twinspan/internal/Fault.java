package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;

import java.util.LinkedHashMap;
import java.util.Map;

/** Thrown in the place of a handler: its error crosses as if the node itself had said it. */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, Object> parts;

    /**
     * An error without a stack.
     *
     * @param kind what went wrong
     * @param executed whether the caller may believe that the handler ran
     * @param message what happened
     */
    public Fault(Kind kind, Executed executed, String message) {
        super(message, null, false, false);
        this.parts = Raise.parts(kind, executed, message, Native.explainError(kind.number()));
    }

    byte[] encoded(String node) {
        Map<String, Object> error = new LinkedHashMap<>(parts);
        error.put("node", node);
        return Wire.encode(error);
    }
}
