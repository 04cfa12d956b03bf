package io.twinspan;

/**
 * The root of everything that Twinspan throws, one subclass a {@link Kind}. Its message has two
 * lines: what happened, and what to do.
 */
public abstract class TwinspanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final Executed executed;
    private final boolean retryable;
    private final String node;
    private final String traceId;
    private final String advice;

    TwinspanException(ErrorParts parts) {
        super(parts.text());
        kind = parts.kind();
        executed = parts.executed();
        retryable = parts.retryable();
        node = parts.node();
        traceId = parts.traceId();
        advice = parts.advice();
    }

    /**
     * Answers what went wrong.
     *
     * @return the kind
     */
    public final Kind kind() {
        return kind;
    }

    /**
     * Answers whether the handler of the failed call ran.
     *
     * @return what is known about it
     */
    public final Executed executed() {
        return executed;
    }

    /**
     * Answers whether the same call can succeed later or elsewhere. It may still have taken effect:
     * see {@link #executed()}.
     *
     * @return true if trying again can help
     */
    public final boolean retryable() {
        return retryable;
    }

    /**
     * Answers the name of the node that the error is about.
     *
     * @return the name, or an empty text when no node is to blame
     */
    public final String node() {
        return node;
    }

    /**
     * Answers the trace to which the failed call belonged.
     *
     * @return the id, or an empty text outside a trace
     */
    public final String traceId() {
        return traceId;
    }

    /**
     * Answers what to do, in one sentence.
     *
     * @return the second line of the message
     */
    public final String advice() {
        return advice;
    }
}
