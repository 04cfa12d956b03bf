package io.twinspan;

import io.twinspan.internal.Pairs;
import io.twinspan.internal.Trace;
import io.twinspan.internal.Wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a handler raised, in whatever language it runs. Its stack trace begins with the remote
 * frames; causes and suppressed exceptions are kept. A contract that declares the class with {@code
 * throws} gets that class instead, with this as its cause.
 */
public final class RemoteCallException extends TwinspanException {
    private static final long serialVersionUID = 1L;

    private final String type;
    private final String remoteMessage;
    private final String language;
    private final String[] names;
    private final String[] notes;
    private final byte[] details;

    /** As it arrived, to be told on when a handler lets this exception through. */
    private final transient Map<String, Object> failure;

    RemoteCallException(ErrorParts parts) {
        this(parts, parts.failure());
        StackTraceElement[] local = getStackTrace();
        setStackTrace(Trace.join(frames(parts.failure()), local));
    }

    /** A cause or a suppressed failure: it has remote frames only. */
    private RemoteCallException(ErrorParts parts, Map<String, Object> failure) {
        super(parts);
        this.failure = failure;
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
        if (failure.get("cause") instanceof Map<?, ?> cause) {
            initCause(inner(cause));
        }
        if (failure.get("suppressed") instanceof List<?> suppressed) {
            for (Object one : suppressed) {
                if (one instanceof Map<?, ?> map) {
                    addSuppressed(inner(map));
                }
            }
        }
    }

    private static RemoteCallException inner(Map<?, ?> raw) {
        @SuppressWarnings("unchecked")
        Map<String, Object> failure = (Map<String, Object>) raw;
        String message = Errors.text(failure, "type") + ": " + Errors.text(failure, "message");
        ErrorParts parts =
                new ErrorParts(
                        Kind.REMOTE,
                        Executed.YES,
                        false,
                        "",
                        message,
                        "",
                        Errors.text(failure, "node"),
                        "",
                        failure);
        RemoteCallException made = new RemoteCallException(parts, failure);
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
     * @return the fields by name, empty if the exception isn't registered
     */
    public Map<String, Object> details() {
        return details == null ? Map.of() : Wire.map(details);
    }

    Map<String, Object> failure() {
        return failure;
    }

    int remoteFrames() {
        return failure == null ? 0 : frames(failure).size();
    }

    private static String wireName(Class<?> type) {
        WireError registered = type.getAnnotation(WireError.class);
        return registered != null ? registered.value() : type.getName();
    }
}
