package io.twinspan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arguments of an untyped call: {@code Args.of(order).named("depth", 2)}. Not changed by {@link
 * #named}, which answers a copy.
 */
public final class Args {
    private final Object[] positional;
    private final Map<String, Object> named;

    private Args(Object[] positional, Map<String, Object> named) {
        this.positional = positional;
        this.named = named;
    }

    /**
     * Takes the positional arguments.
     *
     * @param positional in the order of the method's parameters
     * @return arguments without names
     */
    public static Args of(Object... positional) {
        return new Args(positional.clone(), Map.of());
    }

    /**
     * Adds an argument by name.
     *
     * @param name the parameter's name
     * @param value its value
     * @return a copy with the argument
     */
    public Args named(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Args(positional, Collections.unmodifiableMap(more));
    }

    Object[] positional() {
        return positional;
    }

    Map<String, Object> named() {
        return named;
    }
}
