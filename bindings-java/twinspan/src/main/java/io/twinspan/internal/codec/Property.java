package io.twinspan.internal.codec;

import io.twinspan.Default;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Type;

/**
 * One component of a record, field of a class, or parameter of a method.
 *
 * @param name as the source spells it
 * @param type as declared
 * @param absent what a missing one becomes; {@link #REQUIRED} when it must be there
 */
record Property(String name, Type type, Object absent) {
    static final Object REQUIRED = new Object();

    static Property of(
            String name, Type type, AnnotatedType annotatedType, AnnotatedElement... declarations) {
        return new Property(name, type, absent(name, type, annotatedType, declarations));
    }

    private static Object absent(
            String name, Type type, AnnotatedType annotatedType, AnnotatedElement... declarations) {
        boolean nullable = nullable(annotatedType.getAnnotations());
        for (AnnotatedElement declaration : declarations) {
            Default written = declaration.getAnnotation(Default.class);
            if (written != null) {
                try {
                    return Defaults.parse(written.value(), type);
                } catch (ValueException e) {
                    throw e.field(name);
                }
            }
            nullable |= nullable(declaration.getAnnotations());
        }
        Object empty = Optionals.empty(Types.raw(type));
        if (empty != null) {
            return empty;
        }
        if (nullable && type instanceof Class<?> primitive && primitive.isPrimitive()) {
            throw ValueException.of(Show.a(primitive.getName()) + " can't be @Nullable")
                    .field(name);
        }
        return nullable ? null : REQUIRED;
    }

    /** Whether one of the annotations says that null may stand there. */
    static boolean nullable(Annotation[] annotations) {
        for (Annotation annotation : annotations) {
            if (annotation.annotationType().getSimpleName().equals("Nullable")) {
                return true;
            }
        }
        return false;
    }

    boolean required() {
        return absent == REQUIRED;
    }
}
