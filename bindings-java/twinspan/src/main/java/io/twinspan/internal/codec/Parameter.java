package io.twinspan.internal.codec;

import io.twinspan.RenamedFrom;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Objects;

/** One parameter of a method that a peer may call. Immutable. */
public final class Parameter {
    /** How it can be given. */
    public enum Kind {
        /** By its place only: the class was compiled without {@code -parameters}. */
        POSITIONAL,
        /** By its place or its name. */
        BOTH,
        /** All arguments from its place on: the last parameter of a varargs method. */
        REST
    }

    final Property property;
    final Decoder decoder;
    private final Kind kind;
    private final List<String> formerNames;

    private Parameter(Property property, Kind kind, Decoder decoder, List<String> formerNames) {
        this.property = property;
        this.kind = kind;
        this.decoder = decoder;
        this.formerNames = formerNames;
    }

    /**
     * Reads a declared parameter: its name when the class has it, its type, {@code @Nullable} and
     * {@code @Default}.
     *
     * @param declared the parameter
     * @return its description
     * @throws ValueException when values of its type can't cross
     */
    public static Parameter of(java.lang.reflect.Parameter declared) {
        return of(declared, declared.getParameterizedType());
    }

    /**
     * The same with a type of the caller's choice, for a parameter whose declared one has
     * variables.
     *
     * @param declared the parameter
     * @param type what its type is here
     * @return its description
     * @throws ValueException when values of its type can't cross
     */
    public static Parameter of(java.lang.reflect.Parameter declared, Type type) {
        boolean named = declared.isNamePresent();
        Kind kind = declared.isVarArgs() ? Kind.REST : named ? Kind.BOTH : Kind.POSITIONAL;
        Property property =
                Property.of(
                        named ? declared.getName() : null,
                        type,
                        declared.getAnnotatedType(),
                        declared);
        RenamedFrom renamed = declared.getAnnotation(RenamedFrom.class);
        return make(property, kind, renamed == null ? List.of() : List.of(renamed.value()));
    }

    /**
     * Describes a parameter that is declared nowhere; it is required unless its type is {@code
     * Optional}.
     *
     * @param name its name
     * @param type its type
     * @return its description
     * @throws ValueException when values of its type can't cross
     */
    public static Parameter of(String name, Type type) {
        Object empty = Optionals.empty(Types.raw(type));
        Object absent = empty != null ? empty : Property.REQUIRED;
        return make(new Property(Objects.requireNonNull(name), type, absent), Kind.BOTH, List.of());
    }

    private static Parameter make(Property property, Kind kind, List<String> formerNames) {
        try {
            return new Parameter(property, kind, decoder(property.type()), formerNames);
        } catch (ValueException e) {
            throw property.name() == null ? e : e.field(property.name());
        }
    }

    private static Decoder decoder(Type type) {
        if (StreamTypes.isStream(type)) {
            return StreamTypes.decoder(type, null);
        }
        Decoder decoder = Types.decoder(type);
        return StreamTypes.isEither(type) ? StreamTypes.decoder(type, decoder) : decoder;
    }

    /**
     * Whether it wants the stream among the arguments.
     *
     * @return true for the types of streams
     */
    public boolean isStream() {
        return StreamTypes.isStream(type());
    }

    /**
     * The name that a keyword argument uses.
     *
     * @return null when the class was compiled without {@code -parameters}
     */
    public String name() {
        return property.name();
    }

    /** Names that callers may still use. */
    List<String> formerNames() {
        return formerNames;
    }

    /**
     * The declared type.
     *
     * @return never null
     */
    public Type type() {
        return property.type();
    }

    /**
     * How it can be given.
     *
     * @return never null
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Whether a call may leave it out.
     *
     * @return true when it has a default, may be null, is an {@code Optional} or takes the rest
     */
    public boolean optional() {
        return kind == Kind.REST || !property.required();
    }

    /** What it is called in messages. */
    String label(int at) {
        return name() == null ? "arg" + at : name();
    }
}
