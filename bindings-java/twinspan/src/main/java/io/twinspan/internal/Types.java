package io.twinspan.internal;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Generic types: variables of a super-interface replaced by what the contract binds them to. */
final class Types {
    private Types() {}

    /** The raw class of a type. */
    static Class<?> raw(Type type) {
        if (type instanceof Class<?> c) {
            return c;
        }
        if (type instanceof ParameterizedType p) {
            return raw(p.getRawType());
        }
        if (type instanceof GenericArrayType a) {
            return Array.newInstance(raw(a.getGenericComponentType()), 0).getClass();
        }
        if (type instanceof WildcardType w) {
            return raw(w.getUpperBounds()[0]);
        }
        return type instanceof TypeVariable<?> v ? raw(v.getBounds()[0]) : Object.class;
    }

    /** The first type argument, or {@code Object} for a raw type. */
    static Type argument(Type type) {
        return type instanceof ParameterizedType p
                ? resolve(p.getActualTypeArguments()[0], Map.of())
                : Object.class;
    }

    /** What the type variables of everything that {@code context} extends stand for. */
    static Map<TypeVariable<?>, Type> bindings(Class<?> context) {
        Map<TypeVariable<?>, Type> bound = new HashMap<>();
        collect(context, bound);
        return bound;
    }

    private static void collect(Type type, Map<TypeVariable<?>, Type> bound) {
        if (type == null) {
            return;
        }
        if (type instanceof ParameterizedType p) {
            TypeVariable<?>[] variables = raw(p).getTypeParameters();
            for (int i = 0; i < variables.length; i++) {
                bound.put(variables[i], resolve(p.getActualTypeArguments()[i], bound));
            }
        }
        Class<?> raw = raw(type);
        collect(raw.getGenericSuperclass(), bound);
        for (Type parent : raw.getGenericInterfaces()) {
            collect(parent, bound);
        }
    }

    static Type resolve(Type type, Map<TypeVariable<?>, Type> bound) {
        if (type instanceof TypeVariable<?> v) {
            Type known = bound.get(v);
            return known != null ? known : resolve(v.getBounds()[0], bound);
        }
        if (type instanceof WildcardType w) {
            return resolve(w.getUpperBounds()[0], bound);
        }
        if (type instanceof GenericArrayType a) {
            Type component = resolve(a.getGenericComponentType(), bound);
            return component instanceof Class<?> c ? c.arrayType() : new ArrayOf(component);
        }
        if (type instanceof ParameterizedType p) {
            Type[] arguments = p.getActualTypeArguments();
            Type[] resolved = new Type[arguments.length];
            for (int i = 0; i < arguments.length; i++) {
                // A variable that is bound by itself (T extends Comparable<T>) would never end.
                resolved[i] =
                        arguments[i] instanceof TypeVariable<?> v && !bound.containsKey(v)
                                ? raw(v)
                                : resolve(arguments[i], bound);
            }
            return new Parameterized(raw(p), resolved, p.getOwnerType());
        }
        return type;
    }

    private record ArrayOf(Type component) implements GenericArrayType {
        @Override
        public Type getGenericComponentType() {
            return component;
        }
    }

    private record Parameterized(Class<?> type, Type[] arguments, Type owner)
            implements ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return arguments.clone();
        }

        @Override
        public Type getRawType() {
            return type;
        }

        @Override
        public Type getOwnerType() {
            return owner;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ParameterizedType that
                    && type.equals(that.getRawType())
                    && Objects.equals(owner, that.getOwnerType())
                    && Arrays.equals(arguments, that.getActualTypeArguments());
        }

        @Override
        public int hashCode() {
            // As the JDK's own class computes it: equal types must meet in one map.
            return Arrays.hashCode(arguments) ^ Objects.hashCode(owner) ^ type.hashCode();
        }

        @Override
        public String toString() {
            return type.getTypeName()
                    + Arrays.stream(arguments)
                            .map(Type::getTypeName)
                            .collect(Collectors.joining(", ", "<", ">"));
        }
    }
}
