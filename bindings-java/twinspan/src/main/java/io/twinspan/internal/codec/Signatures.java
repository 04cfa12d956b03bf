package io.twinspan.internal.codec;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

/** Signatures as messages show them, with types in the neutral grammar of {@link Grammar}. */
public final class Signatures {
    private Signatures() {}

    /**
     * Describes a type.
     *
     * @param type any type
     * @return its text; {@code any} where it can't be said
     */
    public static String describe(Type type) {
        return new Grammar().text(type);
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

    /**
     * Describes a method under another name.
     *
     * @param name of the method
     * @param method the method
     * @return as above
     */
    public static String describe(String name, Method method) {
        Signature signature = Signature.of(method);
        return describe(name, signature.parameters(), method.getGenericReturnType());
    }

    static String describe(String name, List<Parameter> parameters, Type returns) {
        StringJoiner out = new StringJoiner(", ", name + "(", ") -> " + describe(result(returns)));
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            Type type = parameter.type();
            if (parameter.kind() == Parameter.Kind.REST) {
                out.add("*" + parameter.label(i) + ": " + new Grammar().component(type));
                continue;
            }
            Object absent = parameter.property.absent();
            String text = describe(type);
            boolean mayBeNull = parameter.optional() && absent == null;
            boolean shown = parameter.optional() && absent != null && !(absent instanceof Optional);
            out.add(
                    parameter.label(i)
                            + ": "
                            + (mayBeNull ? Grammar.orNull(text) : text)
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
}
