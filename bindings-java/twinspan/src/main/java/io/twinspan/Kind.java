package io.twinspan;

import java.util.function.Function;

/**
 * What went wrong: the same list, with the same numbers, in Rust, Python, Java, the command line
 * and the docs.
 */
public enum Kind {
    /**
     * The deadline of a call passed before its answer came. Raised as {@link
     * DeadlineExceededException}.
     */
    DEADLINE_EXCEEDED(1, "DeadlineExceeded", DeadlineExceededException::new),
    /** No provider could be reached. Raised as {@link UnavailableException}. */
    UNAVAILABLE(2, "Unavailable", UnavailableException::new),
    /**
     * The cluster's rules don't allow what was asked. Raised as {@link PermissionDeniedException}.
     */
    PERMISSION_DENIED(3, "PermissionDenied", PermissionDeniedException::new),
    /** What was named doesn't exist in the cluster. Raised as {@link NotFoundException}. */
    NOT_FOUND(4, "NotFound", NotFoundException::new),
    /** No provider of the service has the method. Raised as {@link NoSuchMethodException}. */
    NO_SUCH_METHOD(5, "NoSuchMethod", NoSuchMethodException::new),
    /**
     * The arguments don't fit the method's signature; the handler did not run. Raised as {@link
     * BadArgumentsException}.
     */
    BAD_ARGUMENTS(6, "BadArguments", BadArgumentsException::new),
    /**
     * The provider or this node has no room for another call; it was not started. Raised as {@link
     * OverloadedException}.
     */
    OVERLOADED(7, "Overloaded", OverloadedException::new),
    /**
     * The connection ended while the call ran: it may have taken effect. Raised as {@link
     * MaybeExecutedException}.
     */
    MAYBE_EXECUTED(8, "MaybeExecuted", MaybeExecutedException::new),
    /** Too few full nodes are alive to decide. Raised as {@link NoQuorumException}. */
    NO_QUORUM(9, "NoQuorum", NoQuorumException::new),
    /** The node, stream or handle was closed. Raised as {@link ClosedException}. */
    CLOSED(10, "Closed", ClosedException::new),
    /**
     * The process was forked, and a child can't use its parent's node. Raised as {@link
     * ForkedException}.
     */
    FORKED(11, "Forked", ForkedException::new),
    /**
     * Two versions of Twinspan that share no protocol or ABI met. Raised as {@link
     * VersionMismatchException}.
     */
    VERSION_MISMATCH(12, "VersionMismatch", VersionMismatchException::new),
    /**
     * A body is larger than {@code max_payload} allows. Raised as {@link PayloadTooLargeException}.
     */
    PAYLOAD_TOO_LARGE(13, "PayloadTooLarge", PayloadTooLargeException::new),
    /**
     * A value can't cross without loss; the message names its path. Raised as {@link
     * UnserializableException}.
     */
    UNSERIALIZABLE(14, "Unserializable", UnserializableException::new),
    /**
     * The call was cancelled elsewhere, for example by its caller's caller. Raised as {@link
     * CancelledException}.
     */
    CANCELLED(15, "Cancelled", CancelledException::new),
    /** The call was made in a place where it isn't allowed. Raised as {@link MisuseException}. */
    MISUSE(16, "Misuse", MisuseException::new),
    /**
     * The two sides don't belong to the same cluster. Raised as {@link UnauthenticatedException}.
     */
    UNAUTHENTICATED(17, "Unauthenticated", UnauthenticatedException::new),
    /** The name is taken. Raised as {@link AlreadyExistsException}. */
    ALREADY_EXISTS(18, "AlreadyExists", AlreadyExistsException::new),
    /** A setting is wrong; the message names it. Raised as {@link BadConfigException}. */
    BAD_CONFIG(19, "BadConfig", BadConfigException::new),
    /** The peer doesn't speak Twinspan's protocol. Raised as {@link ProtocolException}. */
    PROTOCOL(20, "Protocol", ProtocolException::new),
    /** The clocks of two hosts are too far apart. Raised as {@link ClockSkewException}. */
    CLOCK_SKEW(21, "ClockSkew", ClockSkewException::new),
    /** A defect of Twinspan. Raised as {@link InternalException}. */
    INTERNAL(22, "Internal", InternalException::new),
    /** The handler itself raised something. Raised as {@link RemoteCallException}. */
    REMOTE(23, "Remote", RemoteCallException::new);

    private static final Kind[] ALL = values();

    private final int number;
    private final String wireName;
    private final transient Function<ErrorParts, TwinspanException> exception;

    Kind(int number, String wireName, Function<ErrorParts, TwinspanException> exception) {
        this.number = number;
        this.wireName = wireName;
        this.exception = exception;
    }

    /**
     * Answers the stable number, which is never reused.
     *
     * @return from 1
     */
    public int number() {
        return number;
    }

    /**
     * Answers the name as written in every language.
     *
     * @return for example {@code DeadlineExceeded}
     */
    public String wireName() {
        return wireName;
    }

    /**
     * Answers the kind with this number.
     *
     * @param number as it came from another node
     * @return {@link #INTERNAL} for a number that this version doesn't know
     */
    public static Kind of(long number) {
        return number >= 1 && number <= ALL.length ? ALL[(int) number - 1] : INTERNAL;
    }

    TwinspanException exception(ErrorParts parts) {
        return exception.apply(parts);
    }
}
