package io.twinspan;

import io.twinspan.internal.Pairs;
import io.twinspan.internal.Trace;
import io.twinspan.internal.Wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a handler raised, in whatever language it runs. Its stack trace begins with the remote
 * frames; causes and suppressed exceptions are kept. A contract that declares the class with {@code
 * throws} gets that class instead, with this as its cause.
 */
public sealed class RemoteCallException extends TwinspanException permits RemoteCancelledException {
    private static final long serialVersionUID = 1L;

    /** Deepest chain, and most suppressed of one level; the core cuts what comes from peers. */
    private static final int MAX_CHAIN = 16;

    /** Names that say that something cancelled the handler. */
    private static final Set<String> CANCELLED =
            Set.of(
                    "asyncio.CancelledError",
                    "concurrent.futures.CancelledError",
                    "java.util.concurrent.CancellationException",
                    "twinspan.RemoteCancelled");

    /** Names of remote errors themselves. */
    private static final Set<String> LEGS =
            Set.of(
                    "twinspan.RemoteError",
                    "twinspan.RemoteCancelled",
                    "io.twinspan.RemoteCallException",
                    "io.twinspan.RemoteCancelledException");

    private final String operation;
    private final String type;
    private final String remoteMessage;
    private final String language;
    private final String[] names;
    private final String[] notes;
    private final byte[] details;

    /** As it arrived, to be told on when a handler lets this exception through. */
    private final transient Map<String, Object> failure;

    RemoteCallException(ErrorParts parts) {
        this(parts, parts.failure(), 0);
        StackTraceElement[] local = getStackTrace();
        setStackTrace(Trace.join(frames(parts.failure()), local));
    }

    /** A cause or a suppressed failure: it has remote frames only. */
    private RemoteCallException(ErrorParts parts, Map<String, Object> failure, int depth) {
        super(parts);
        this.failure = failure;
        operation = parts.operation();
        type = Errors.text(failure, "type");
        remoteMessage = Errors.text(failure, "message");
        language = Errors.text(failure, "language");
        List<String> known = new ArrayList<>();
        known.add(type);
        known.addAll(texts(failure.get("also")));
        known.addAll(Pairs.inJava(known));
        names = known.toArray(new String[0]);
        notes = texts(failure.get("notes")).toArray(new String[0]);
        details = failure.get("details") instanceof byte[] bytes ? bytes : null;
        if (depth < MAX_CHAIN && failure.get("cause") instanceof Map<?, ?> cause) {
            initCause(inner(cause, depth + 1));
        }
        if (depth < MAX_CHAIN && failure.get("suppressed") instanceof List<?> suppressed) {
            for (Object one : suppressed.subList(0, Math.min(suppressed.size(), MAX_CHAIN))) {
                if (one instanceof Map<?, ?> map) {
                    addSuppressed(inner(map, depth + 1));
                }
            }
        }
    }

    /** What a handler raised; of its own class if something cancelled the handler. */
    static RemoteCallException of(ErrorParts parts) {
        List<String> names = new ArrayList<>(texts(parts.failure().get("also")));
        names.add(Errors.text(parts.failure(), "type"));
        return Collections.disjoint(names, CANCELLED)
                ? new RemoteCallException(parts)
                : new RemoteCancelledException(parts);
    }

    private static RemoteCallException inner(Map<?, ?> raw, int depth) {
        @SuppressWarnings("unchecked")
        Map<String, Object> failure = (Map<String, Object>) raw;
        ErrorParts parts =
                new ErrorParts(
                        Kind.REMOTE,
                        Executed.YES,
                        false,
                        "",
                        line(failure),
                        "",
                        Errors.text(failure, "node"),
                        "",
                        failure);
        RemoteCallException made = new RemoteCallException(parts, failure, depth);
        made.setStackTrace(Trace.join(frames(failure), new StackTraceElement[0]));
        return made;
    }

    private static List<String> texts(Object list) {
        List<String> texts = new ArrayList<>();
        if (list instanceof List<?> entries) {
            for (Object entry : entries) {
                texts.add(String.valueOf(entry));
            }
        }
        return texts;
    }

    private static List<?> frames(Map<String, Object> failure) {
        return failure.get("frames") instanceof List<?> frames ? frames : List.of();
    }

    /**
     * Answers the name of the class that the handler raised.
     *
     * @return registered or qualified, such as {@code builtins.ValueError}
     */
    public String type() {
        return type;
    }

    /**
     * Answers the remote exception's own text, without its type.
     *
     * @return the text, possibly empty
     */
    public String remoteMessage() {
        return remoteMessage;
    }

    /**
     * Answers in which language the handler runs.
     *
     * @return {@code python}, {@code java} or {@code rust}
     */
    public String language() {
        return language;
    }

    /**
     * Answers the notes that Python code attached to its exception.
     *
     * @return the notes, oldest first
     */
    public List<String> notes() {
        return List.of(notes);
    }

    /**
     * Answers whether the remote exception has this name: its own, a supertype's, or the standard
     * partner's of one of these.
     *
     * @param name registered or qualified, such as {@code builtins.ValueError} or {@code
     *     java.io.IOException}
     * @return true if it is one
     */
    public boolean is(String name) {
        return List.of(names).contains(name);
    }

    /**
     * Answers whether the remote exception means this class.
     *
     * @param type a class, registered or not
     * @return true if it is one
     */
    public boolean is(Class<? extends Throwable> type) {
        return is(wireName(type));
    }

    /**
     * Rebuilds the exception as this class, from its fields or its message; this exception becomes
     * the cause.
     *
     * @param <X> the class
     * @param type a class, registered or not
     * @return empty if the remote exception is none, or if the class has no fitting constructor
     */
    public <X extends Throwable> Optional<X> as(Class<X> type) {
        return is(type)
                ? Optional.ofNullable(
                        io.twinspan.internal.Rebuild.exception(type, this, remoteMessage, details))
                : Optional.empty();
    }

    /**
     * Answers the fields of a registered exception.
     *
     * @return the fields by name, empty if the exception isn't registered or its fields could not
     *     cross
     */
    public Map<String, Object> details() {
        return Wire.fields(details);
    }

    /** Stack traces begin with this, so that Python's notes are read where they are needed. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(super.toString());
        for (String note : notes) {
            text.append("\nNote: ").append(note);
        }
        return text.toString();
    }

    Map<String, Object> failure() {
        return failure;
    }

    /** What was raised first, behind the handlers that let it through, after the operation. */
    String through() {
        Map<String, Object> first = failure == null ? Map.of() : failure;
        while (LEGS.contains(Errors.text(first, "type"))
                && first.get("cause") instanceof Map<?, ?> cause) {
            @SuppressWarnings("unchecked")
            Map<String, Object> behind = (Map<String, Object>) cause;
            first = behind;
        }
        return operation + (operation.isEmpty() ? "" : ": ") + line(first);
    }

    private static String line(Map<String, Object> failure) {
        String text = Errors.text(failure, "message");
        return Errors.text(failure, "type") + (text.isEmpty() ? "" : ": " + text);
    }

    int remoteFrames() {
        return failure == null ? 0 : frames(failure).size();
    }

    private static String wireName(Class<?> type) {
        WireError registered = type.getAnnotation(WireError.class);
        return registered != null ? registered.value() : type.getName();
    }
}
