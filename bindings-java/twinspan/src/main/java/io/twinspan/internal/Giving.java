package io.twinspan.internal;

import io.twinspan.ByName;
import io.twinspan.Kind;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How the arguments of a contract's method are given: by place or by name. */
final class Giving {
    /** By place; null where all are, and none is spread. */
    private final String[] names;

    private final boolean spread;

    private Giving(String[] names, boolean spread) {
        this.names = names;
        this.spread = spread;
    }

    static Giving of(Method method) {
        Parameter[] parameters = method.getParameters();
        String[] names = new String[parameters.length];
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < names.length; i++) {
            names[i] = name(parameters[i]);
            boolean rest = i == names.length - 1 && method.isVarArgs();
            if (names[i] != null && (names[i].isEmpty() || rest || !seen.add(names[i]))) {
                throw Raise.error(
                        Kind.MISUSE,
                        "`"
                                + method.toGenericString()
                                + "` gives argument "
                                + (i + 1)
                                + " by no name of its own",
                        "Write each name once, like @ByName(\"unit\"), and none for `...`.");
            }
        }
        return new Giving(seen.isEmpty() ? null : names, method.isVarArgs());
    }

    /** The name by which an argument is given; null by place, empty where it isn't known. */
    static String name(Parameter parameter) {
        ByName named = parameter.getAnnotation(ByName.class);
        if (named == null || !named.value().isEmpty()) {
            return named == null ? null : named.value();
        }
        return parameter.isNamePresent() ? parameter.getName() : "";
    }

    /** Those by place; {@code f(a, b...)} sends its last ones one by one, as Python would. */
    Object[] placed(Object[] arguments) {
        if (names == null && !spread) {
            return arguments;
        }
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            if (names != null && names[i] != null) {
                continue;
            }
            if (spread && i == arguments.length - 1) {
                for (int at = 0; at < Array.getLength(arguments[i]); at++) {
                    out.add(Array.get(arguments[i], at));
                }
            } else {
                out.add(arguments[i]);
            }
        }
        return out.toArray();
    }

    /** Those by name that aren't null. */
    Map<String, Object> named(Object[] arguments) {
        if (names == null) {
            return Map.of();
        }
        Map<String, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            if (names[i] != null && arguments[i] != null) {
                out.put(names[i], arguments[i]);
            }
        }
        return out;
    }
}
