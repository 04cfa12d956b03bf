package io.twinspan.internal.codec;

import java.util.ArrayList;
import java.util.List;

/**
 * A value that can't cross, with the path to it. Internal: the library maps it to the public
 * exceptions. It carries no stack trace, because hostile input must not make us walk stacks.
 */
public final class ValueException extends RuntimeException {
    /** What the public exception will be. */
    public enum Kind {
        /** The value has no lossless form on the other side. */
        UNSERIALIZABLE,
        /** The call itself is wrong: an unknown, missing or surplus argument. */
        BAD_ARGUMENTS
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String problem;

    /** Innermost first: segments are added while the failure travels outwards. */
    private final transient List<String> segments = new ArrayList<>(4);

    ValueException(Kind kind, String problem, Throwable cause) {
        super(problem, cause, false, false);
        this.kind = kind;
        this.problem = problem;
    }

    /**
     * A value that can't cross.
     *
     * @param problem one sentence without a full stop
     * @return the failure, whose path is added on the way out
     */
    public static ValueException of(String problem) {
        return new ValueException(Kind.UNSERIALIZABLE, problem, null);
    }

    /**
     * A value that can't cross because something else failed.
     *
     * @param problem one sentence without a full stop
     * @param cause what failed
     * @return the failure, whose path is added on the way out
     */
    public static ValueException of(String problem, Throwable cause) {
        return new ValueException(Kind.UNSERIALIZABLE, problem, cause);
    }

    static ValueException arguments(String problem) {
        return new ValueException(Kind.BAD_ARGUMENTS, problem, null);
    }

    /**
     * A mark where no stream can be.
     *
     * @return the failure
     */
    public static ValueException misplaced() {
        return arguments("a stream is marked where none came");
    }

    /**
     * Says that the failure happened inside this field.
     *
     * @param name the field's
     * @return this
     */
    public ValueException field(String name) {
        segments.add("." + name);
        return this;
    }

    /**
     * Says that the failure happened inside this element.
     *
     * @param at its place
     * @return this
     */
    public ValueException index(long at) {
        segments.add("[" + at + "]");
        return this;
    }

    /**
     * Says that the failure happened inside the value of this key.
     *
     * @param key the key
     * @return this
     */
    public ValueException key(Object key) {
        segments.add("[" + Show.value(key) + "]");
        return this;
    }

    /**
     * The kind of public exception that this becomes.
     *
     * @return never null
     */
    public Kind kind() {
        return kind;
    }

    /**
     * What is wrong, without the path.
     *
     * @return one sentence without a full stop
     */
    public String problem() {
        return problem;
    }

    /**
     * Where it is wrong.
     *
     * @return for example {@code order.items[3].quantity}; empty for the value itself
     */
    public String path() {
        StringBuilder out = new StringBuilder();
        for (int i = segments.size() - 1; i >= 0; i--) {
            out.append(segments.get(i));
        }
        return out.length() > 0 && out.charAt(0) == '.' ? out.substring(1) : out.toString();
    }

    @Override
    public String getMessage() {
        String path = path();
        return path.isEmpty() ? problem : path + ": " + problem;
    }
}
