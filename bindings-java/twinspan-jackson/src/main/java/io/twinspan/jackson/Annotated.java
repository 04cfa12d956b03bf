package io.twinspan.jackson;

import com.fasterxml.jackson.annotation.JacksonAnnotation;
import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;

import io.twinspan.internal.codec.ValueException;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;

/** Which classes carry Jackson annotations, themselves or in what they extend. */
final class Annotated {
    /** Annotations of Jackson 2 that name its own classes: they can't work here. */
    private static final String SECOND = "com.fasterxml.jackson.databind.";

    private static final ClassValue<Boolean> KNOWN =
            new ClassValue<>() {
                @Override
                protected Boolean computeValue(Class<?> type) {
                    return look(type);
                }
            };

    private Annotated() {}

    static boolean is(Class<?> type) {
        return KNOWN.get(type);
    }

    private static boolean look(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        if (loader == null
                || type.isArray()
                || type.isPrimitive()
                || type.isAnnotation()
                || loader == ClassLoader.getPlatformClassLoader()
                || type.getPackageName().startsWith("tools.jackson.")) {
            return false;
        }
        boolean found = marked(type);
        for (var field : type.getDeclaredFields()) {
            found |= marked(field);
        }
        for (var method : type.getDeclaredMethods()) {
            found |= executable(method);
        }
        for (var constructor : type.getDeclaredConstructors()) {
            found |= executable(constructor);
        }
        for (Class<?> parent : type.getInterfaces()) {
            found |= is(parent);
        }
        return found || type.getSuperclass() != null && is(type.getSuperclass());
    }

    private static boolean executable(Executable executable) {
        boolean found = marked(executable);
        for (var parameter : executable.getParameters()) {
            found |= marked(parameter);
        }
        return found;
    }

    private static boolean marked(AnnotatedElement element) {
        for (Annotation annotation : element.getAnnotations()) {
            Class<?> type = annotation.annotationType();
            if (type.getName().startsWith(SECOND)) {
                throw ValueException.of(
                        "the annotation "
                                + type.getName()
                                + " on "
                                + element
                                + " is one of Jackson 2; take its twin in tools.jackson.databind");
            }
            if (type.isAnnotationPresent(JacksonAnnotation.class)
                    || type.isAnnotationPresent(JacksonAnnotationsInside.class)) {
                return true;
            }
        }
        return false;
    }
}
