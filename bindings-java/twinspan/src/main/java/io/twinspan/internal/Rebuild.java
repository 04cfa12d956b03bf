package io.twinspan.internal;

import java.lang.reflect.Constructor;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Makes an exception of a declared class again. Only classes that the caller names are made, never
 * one that a peer names.
 */
public final class Rebuild {
    private Rebuild() {}

    /**
     * Makes an exception from its fields, or from its message.
     *
     * @param <X> the class
     * @param type the class
     * @param cause the remote error
     * @param message the remote exception's own text
     * @param details its encoded fields, or null
     * @return null if no constructor fits
     */
    public static <X extends Throwable> X exception(
            Class<X> type, Throwable cause, String message, byte[] details) {
        Object made =
                details == null ? null : fromFields(type, cause, message, Wire.fields(details));
        if (made == null) {
            made = fromMessage(type, cause, message);
        }
        if (made == null) {
            return null;
        }
        X exception = type.cast(made);
        if (exception.getCause() == null) {
            try {
                exception.initCause(cause);
            } catch (IllegalStateException e) {
                exception.addSuppressed(cause);
            }
        }
        exception.setStackTrace(Trace.join(List.of(), exception.getStackTrace()));
        return exception;
    }

    private static Object fromFields(
            Class<?> type, Throwable cause, String message, Map<String, Object> fields) {
        Constructor<?>[] constructors = type.getDeclaredConstructors();
        Arrays.sort(
                constructors,
                Comparator.comparingInt(Constructor<?>::getParameterCount).reversed());
        for (Constructor<?> constructor : constructors) {
            Parameter[] parameters = constructor.getParameters();
            Object[] arguments = new Object[parameters.length];
            boolean fits = true;
            boolean told = false; // A constructor that takes but the cause says nothing.
            for (int i = 0; fits && i < parameters.length; i++) {
                String name = parameters[i].getName();
                if (fields.containsKey(name)) {
                    told = true;
                    arguments[i] =
                            Wire.convert(fields.get(name), parameters[i].getParameterizedType());
                } else if (parameters[i].getType() == Throwable.class) {
                    arguments[i] = cause;
                } else if (name.equals("message") && parameters[i].getType() == String.class) {
                    arguments[i] = message;
                } else {
                    fits = false;
                }
            }
            Object made = fits && told ? make(constructor, arguments) : null;
            if (made != null) {
                return made;
            }
        }
        return null;
    }

    private static Object fromMessage(Class<?> type, Throwable cause, String message) {
        Object made = make(type, new Class<?>[] {String.class, Throwable.class}, message, cause);
        if (made == null) {
            made = make(type, new Class<?>[] {String.class}, message);
        }
        if (made == null) {
            made = make(type, new Class<?>[] {Throwable.class}, cause);
        }
        return made != null ? made : make(type, new Class<?>[0]);
    }

    private static Object make(Class<?> type, Class<?>[] signature, Object... arguments) {
        try {
            return make(type.getDeclaredConstructor(signature), arguments);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    private static Object make(Constructor<?> constructor, Object... arguments) {
        try {
            if (!constructor.trySetAccessible()) {
                if (!java.lang.reflect.Modifier.isPublic(constructor.getModifiers())) {
                    return null;
                }
            }
            return constructor.newInstance(arguments);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return null; // Another constructor may fit; without one the caller gets the remote
            // error itself.
        }
    }
}
