package io.twinspan.internal.codec;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Walks through a declared type down to the last component, to find what can't cross before a value
 * is there.
 */
final class Checks {
    private Checks() {}

    static void check(Type type) {
        check(type, new HashSet<>());
    }

    private static void check(Type type, Set<Type> seen) {
        if (!seen.add(type)) {
            return;
        }
        if (type instanceof ParameterizedType generic) {
            Types.decoder(type);
            for (Type argument : generic.getActualTypeArguments()) {
                check(argument, seen);
            }
            parts((Class<?>) generic.getRawType(), seen);
        } else if (type instanceof GenericArrayType array) {
            check(array.getGenericComponentType(), seen);
        } else if (type instanceof WildcardType wildcard) {
            check(wildcard.getUpperBounds()[0], seen);
        } else if (type instanceof Class<?> known) {
            Types.decoder(known);
            parts(known, seen);
        }
        // What a type variable stands for is among the arguments of the type that was declared.
    }

    private static void parts(Class<?> type, Set<Type> seen) {
        if (type.isArray()) {
            check(type.getComponentType(), seen);
        } else if (type.isSealed() && !type.isEnum()) {
            for (Class<?> member : type.getPermittedSubclasses()) {
                check(member, seen);
            }
        } else if (isRecord(type)) {
            for (Property property : Binding.of(type).properties()) {
                try {
                    check(property.type(), seen);
                } catch (ValueException e) {
                    throw e.field(property.name());
                }
            }
        }
    }

    private static boolean isRecord(Class<?> type) {
        boolean container =
                Collection.class.isAssignableFrom(type)
                        || Map.class.isAssignableFrom(type)
                        || Optionals.empty(type) != null;
        return !container
                && !type.isEnum()
                && !type.isPrimitive()
                && !Types.isScalar(type)
                && Extensions.of(type) == null
                && type != Iterable.class;
    }
}
