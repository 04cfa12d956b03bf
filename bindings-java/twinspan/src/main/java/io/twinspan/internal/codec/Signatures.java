package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.Range;
import io.twinspan.WireType;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

/**
 * Java types in the neutral grammar of node records: {@code int}, {@code list<T>}, {@code record
 * Order}, {@code any}, {@code T?}.
 */
public final class Signatures {
    private static final int DEEPEST = 8;
    private static final Map<Class<?>, String> NAMES = new HashMap<>();

    static {
        name("int", byte.class, short.class, int.class, long.class);
        name("int", Byte.class, Short.class, Integer.class, Long.class, BigInteger.class);
        name("float", float.class, double.class, Float.class, Double.class);
        name("bool", boolean.class, Boolean.class);
        name("text", String.class, CharSequence.class, char.class, Character.class);
        name("bytes", byte[].class, ByteBuffer.class);
        name("null", void.class, Void.class);
        name("decimal", BigDecimal.class);
        name(
                "datetime",
                Instant.class,
                OffsetDateTime.class,
                ZonedDateTime.class,
                LocalDateTime.class);
        name("date", LocalDate.class);
        name("time", LocalTime.class);
        name("duration", Duration.class);
        name("uuid", UUID.class);
        name("complex", Complex.class);
        name("range", Range.class);
        name(
                "array",
                NdArray.class,
                double[].class,
                float[].class,
                long[].class,
                int[].class,
                short[].class);
    }

    private Signatures() {}

    private static void name(String name, Class<?>... types) {
        for (Class<?> type : types) {
            NAMES.put(type, name);
        }
    }

    /**
     * Describes a type.
     *
     * @param type any type
     * @return its text; {@code any} where it can't be said
     */
    public static String describe(Type type) {
        return describe(type, 0);
    }

    /**
     * Describes a method.
     *
     * @param method the method
     * @return for example {@code quote(sku: text, quantity: int) -> decimal}
     */
    public static String describe(Method method) {
        return Signature.of(method).toString();
    }

    static String describe(String name, List<Parameter> parameters, Type returns) {
        StringJoiner out = new StringJoiner(", ", name + "(", ") -> " + describe(result(returns)));
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Type type = parameter.type();
            if (parameter.kind() == Parameter.Kind.REST) {
                out.add(
                        "*"
                                + parameter.label(i)
                                + ": "
                                + describe(Types.raw(type).getComponentType()));
                continue;
            }
            Object absent = parameter.property.absent();
            String text = describe(type);
            boolean mayBeNull =
                    parameter.optional()
                            && absent == null
                            && !text.endsWith("?")
                            && !text.equals("any");
            boolean shown = parameter.optional() && absent != null && !(absent instanceof Optional);
            out.add(
                    parameter.label(i)
                            + ": "
                            + text
                            + (mayBeNull ? "?" : "")
                            + (shown ? " = " + Show.value(absent) : ""));
        }
        return out.toString();
    }

    /** What a method answers in the end. */
    private static Type result(Type returns) {
        Class<?> raw = Types.raw(returns);
        boolean later =
                CompletionStage.class.isAssignableFrom(raw) || Future.class.isAssignableFrom(raw);
        return later ? argument(returns, 0) : returns;
    }

    private static Type argument(Type type, int at) {
        return type instanceof ParameterizedType generic
                        && at < generic.getActualTypeArguments().length
                ? generic.getActualTypeArguments()[at]
                : Object.class;
    }

    private static String describe(Type type, int depth) {
        Class<?> raw = Types.raw(type);
        String known = NAMES.get(raw);
        if (known != null) {
            return known;
        }
        if (depth > DEEPEST) {
            return "any";
        }
        if (raw == Optional.class) {
            String inner = describe(argument(type, 0), depth + 1);
            return inner.equals("any") || inner.endsWith("?") ? inner : inner + "?";
        }
        if (raw.isArray()) {
            return "list<" + describe(raw.getComponentType(), depth + 1) + ">";
        }
        if (StreamTypes.isStreamLike(raw)) {
            return "stream<" + describe(argument(type, 0), depth + 1) + ">";
        }
        if (Set.class.isAssignableFrom(raw)) {
            return "set<" + describe(argument(type, 0), depth + 1) + ">";
        }
        if (Collection.class.isAssignableFrom(raw) || raw == Iterable.class) {
            return "list<" + describe(argument(type, 0), depth + 1) + ">";
        }
        if (Map.class.isAssignableFrom(raw)) {
            return "map<"
                    + describe(argument(type, 0), depth + 1)
                    + ","
                    + describe(argument(type, 1), depth + 1)
                    + ">";
        }
        if (raw.isEnum()) {
            return "text";
        }
        WireType name = raw.getAnnotation(WireType.class);
        if (name != null) {
            return "record " + name.value();
        }
        boolean ofTheJdk = raw.getClassLoader() == null;
        return ofTheJdk || raw.isInterface() && !raw.isSealed()
                ? "any"
                : "record " + raw.getSimpleName();
    }
}
