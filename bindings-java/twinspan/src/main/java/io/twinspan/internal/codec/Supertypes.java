package io.twinspan.internal.codec;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the type variables of a class and of what it extends stand for. */
final class Supertypes {
    private Supertypes() {}

    /**
     * Adds the variables of the superclasses, whose fields are the class's own: {@code class Sub
     * extends Base<Item>} says what the {@code T} of {@code Base} is.
     */
    static Map<TypeVariable<?>, Type> bound(Class<?> type, Map<TypeVariable<?>, Type> variables) {
        Map<TypeVariable<?>, Type> out = new HashMap<>(variables);
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            if (at.getGenericSuperclass() instanceof ParameterizedType parent) {
                TypeVariable<?>[] names = at.getSuperclass().getTypeParameters();
                Type[] arguments = parent.getActualTypeArguments();
                for (int i = 0; i < names.length; i++) {
                    out.put(names[i], Types.substitute(arguments[i], out));
                }
            }
        }
        return out;
    }

    /**
     * The variables of a member of a sealed type, from those of the sealed type: of {@code Ok<V>
     * implements Result<V>} in a {@code Result<Item>}, {@code V} is {@code Item}.
     */
    static Map<TypeVariable<?>, Type> ofMember(
            Class<?> member, Class<?> sealed, Map<TypeVariable<?>, Type> variables) {
        Map<TypeVariable<?>, Type> out = new HashMap<>();
        List<Type> seen = arguments(member, sealed);
        TypeVariable<?>[] names = sealed.getTypeParameters();
        for (int i = 0; i < names.length && i < seen.size(); i++) {
            Type known = variables.get(names[i]);
            if (known != null && seen.get(i) instanceof TypeVariable<?> own) {
                out.put(own, known);
            }
        }
        return out;
    }

    /** The arguments of {@code to}, told in the variables of {@code from}. */
    private static List<Type> arguments(Class<?> from, Class<?> to) {
        if (from == to) {
            return List.of(from.getTypeParameters());
        }
        List<Type> parents = new ArrayList<>(List.of(from.getGenericInterfaces()));
        if (from.getGenericSuperclass() != null) {
            parents.add(from.getGenericSuperclass());
        }
        for (Type parent : parents) {
            Class<?> raw = Types.raw(parent);
            if (!to.isAssignableFrom(raw)) {
                continue;
            }
            Map<Type, Type> given = new HashMap<>();
            if (parent instanceof ParameterizedType generic) {
                TypeVariable<?>[] names = raw.getTypeParameters();
                for (int i = 0; i < names.length; i++) {
                    given.put(names[i], generic.getActualTypeArguments()[i]);
                }
            }
            List<Type> out = new ArrayList<>();
            for (Type argument : arguments(raw, to)) {
                out.add(given.getOrDefault(argument, argument));
            }
            return out;
        }
        return List.of();
    }
}
