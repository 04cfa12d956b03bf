package io.twinspan.internal.codec;

import io.twinspan.WireType;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The types of one service as text in the neutral grammar of node records ({@code int}, {@code
 * list<T>}, {@code record Order}, {@code any}, {@code T?}), and definitions of the classes in them,
 * each under a name of its own. The grammar is in ARCHITECTURE.md, "Types".
 */
public final class Grammar {
    static final String ANY = "any";

    private static final int DEEPEST = 8;
    private static final Map<TypeVariable<?>, Type> NO_VARIABLES = Map.of();

    private final Definitions definitions = new Definitions(this);

    /** Starts without any class. */
    public Grammar() {}

    /**
     * Describes a type.
     *
     * @param type any type
     * @return its text; {@code any} where it can't be said
     */
    public String text(Type type) {
        return text(type, NO_VARIABLES, 0);
    }

    /**
     * The encoded definitions of all classes that the texts so far name, and of those in their
     * fields.
     *
     * @return in the order in which they were named
     */
    public List<Map<String, Object>> types() {
        return definitions.all();
    }

    /** The text of a type whose values may also be null. */
    static String orNull(String text) {
        return text.endsWith("?") || text.equals(ANY) || text.equals("null") ? text : text + "?";
    }

    /** {@code variables} say what type variables stand for; their types have none themselves. */
    String text(Type type, Map<TypeVariable<?>, Type> variables, int depth) {
        if (type instanceof TypeVariable<?> variable) {
            Type known = variables.get(variable);
            // A bound may name the variable itself (T extends Comparable<T>): its class is enough.
            return known != null
                    ? text(known, NO_VARIABLES, depth)
                    : text(Types.raw(variable), NO_VARIABLES, depth);
        }
        if (type instanceof WildcardType wildcard) {
            return text(wildcard.getUpperBounds()[0], variables, depth);
        }
        if (type instanceof GenericArrayType array) {
            return "list<" + text(array.getGenericComponentType(), variables, depth + 1) + ">";
        }
        Class<?> raw = Types.raw(type);
        String known = TypeNames.of(raw);
        if (known != null) {
            return known;
        }
        if (depth > DEEPEST) {
            return ANY;
        }
        if (raw == Optional.class) {
            return orNull(argument(type, 0, variables, depth));
        }
        if (raw.isArray()) {
            return "list<" + text(raw.getComponentType(), variables, depth + 1) + ">";
        }
        if (StreamTypes.isStreamLike(raw)) {
            return "stream<" + argument(type, 0, variables, depth) + ">";
        }
        if (Set.class.isAssignableFrom(raw)) {
            return "set<" + argument(type, 0, variables, depth) + ">";
        }
        if (Collection.class.isAssignableFrom(raw) || raw == Iterable.class) {
            return "list<" + argument(type, 0, variables, depth) + ">";
        }
        if (Map.class.isAssignableFrom(raw)) {
            return "map<"
                    + argument(type, 0, variables, depth)
                    + ","
                    + argument(type, 1, variables, depth)
                    + ">";
        }
        Extension extension = Extensions.of(raw);
        if (extension != null) {
            return extended(extension, raw, Types.substitute(type, variables), depth);
        }
        if (raw.isEnum()) {
            return definitions.ofEnum(raw);
        }
        if (raw.isSealed()) {
            return union(raw, depth);
        }
        return record(raw, type, variables, depth);
    }

    private String extended(Extension extension, Class<?> raw, Type type, int depth) {
        Form form;
        try {
            form = extension.form(type);
        } catch (ValueException e) {
            return ANY;
        }
        if (form instanceof Form.As other) {
            return text(other.type(), NO_VARIABLES, depth + 1);
        }
        if (form instanceof Form.Names names) {
            return definitions.ofEnum(raw, names.names());
        }
        if (!(form instanceof Form.Fields fields)) {
            return ANY;
        }
        List<String> texts = new ArrayList<>();
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                texts.add(text(argument, NO_VARIABLES, depth + 1));
            }
        }
        return definitions.ofFields(raw, texts, fields.fields());
    }

    private String argument(Type type, int at, Map<TypeVariable<?>, Type> variables, int depth) {
        return type instanceof ParameterizedType generic
                        && at < generic.getActualTypeArguments().length
                ? text(generic.getActualTypeArguments()[at], variables, depth + 1)
                : ANY;
    }

    private String union(Class<?> sealed, int depth) {
        Set<Class<?>> members = new LinkedHashSet<>();
        collect(sealed, members);
        List<String> texts =
                members.stream()
                        .map(member -> record(member, member, NO_VARIABLES, depth + 1))
                        .toList();
        return texts.isEmpty() || texts.contains(ANY) ? ANY : definitions.ofUnion(sealed, texts);
    }

    private static void collect(Class<?> sealed, Set<Class<?>> members) {
        for (Class<?> member : sealed.getPermittedSubclasses()) {
            boolean made = !Modifier.isAbstract(member.getModifiers());
            if (member.isAnnotationPresent(WireType.class)
                    || made && Extensions.of(member) == null && Binding.orNull(member) != null) {
                members.add(member);
            }
            if (member.isSealed()) {
                collect(member, members);
            }
        }
    }

    private String record(
            Class<?> raw, Type type, Map<TypeVariable<?>, Type> variables, int depth) {
        Binding binding = Binding.orNull(raw);
        if (binding == null) {
            return ANY;
        }
        TypeVariable<?>[] names = raw.getTypeParameters();
        Type[] arguments = new Type[names.length];
        String[] texts = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            boolean bound = type instanceof ParameterizedType;
            Type given = bound ? ((ParameterizedType) type).getActualTypeArguments()[i] : names[i];
            arguments[i] = Types.substitute(given, variables);
            texts[i] = text(arguments[i], NO_VARIABLES, depth + 1);
        }
        return definitions.ofRecord(binding, arguments, List.of(texts));
    }

    /**
     * The encoded description of a parameter.
     *
     * @param parameter one of a method's
     * @param at its place, for one without a name
     * @return the {@code param} of the neck
     */
    public Map<String, Object> parameter(Parameter parameter, int at) {
        boolean rest = parameter.kind() == Parameter.Kind.REST;
        Object absent = parameter.property.absent();
        boolean optional = !rest && parameter.optional();
        String text = rest ? component(parameter.type()) : text(parameter.type());
        if (optional && DefaultJson.isNull(absent)) {
            text = orNull(text);
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", parameter.label(at));
        out.put("kind", parameter.kind().name().toLowerCase(Locale.ROOT));
        out.put("type", text);
        if (rest || optional) {
            out.put("optional", true);
        }
        String json = optional ? DefaultJson.of(absent, text) : null;
        if (json != null) {
            out.put("default", json);
        }
        if (!parameter.formerNames().isEmpty()) {
            out.put("former", parameter.formerNames());
        }
        return out;
    }

    /**
     * The encoded description of what a caller gives.
     *
     * @param declared a parameter of the contract
     * @param type what its type is here
     * @param at its place, for one without a name
     * @param byName the name by which it is given, unless it is null; null when its place says it
     * @return the {@code param} of the neck
     */
    public Map<String, Object> given(
            java.lang.reflect.Parameter declared, Type type, int at, String byName) {
        boolean nullable =
                Property.nullable(declared.getAnnotations())
                        || Property.nullable(declared.getAnnotatedType().getAnnotations());
        String text = declared.isVarArgs() ? component(type) : text(type);
        Map<String, Object> out = new LinkedHashMap<>();
        if (byName != null) {
            out.put("name", byName);
            out.put("kind", "keyword");
            out.put("type", text);
            if (nullable) {
                out.put("optional", true);
            }
            return out;
        }
        out.put("name", declared.isNamePresent() ? declared.getName() : "arg" + at);
        out.put("kind", declared.isVarArgs() ? "rest" : "positional");
        out.put("type", nullable ? orNull(text) : text);
        return out;
    }

    /**
     * Describes what a method answers.
     *
     * @param returns the type of its result, of a future that of its value
     * @param method says whether the result may be null; null for a function
     * @return the text of its type
     */
    public String result(Type returns, Method method) {
        boolean nullable =
                method != null
                        && (Property.nullable(method.getAnnotations())
                                || Property.nullable(
                                        method.getAnnotatedReturnType().getAnnotations()));
        return nullable ? orNull(text(returns)) : text(returns);
    }

    /** The elements of an array. */
    String component(Type array) {
        return array instanceof GenericArrayType generic
                ? text(generic.getGenericComponentType())
                : text(Types.raw(array).getComponentType());
    }
}
