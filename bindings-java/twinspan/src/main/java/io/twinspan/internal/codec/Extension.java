package io.twinspan.internal.codec;

import java.lang.reflect.Type;

/**
 * Reads and writes values of another library's classes, from a module of its own beside this one.
 * Found by {@link java.util.ServiceLoader} when the codec is first used; for any thread.
 */
public interface Extension {
    /**
     * Answers whether values of a class are this extension's. Asked once a class, before the
     * codec's own rules, but not for the classes of single values such as {@code String}.
     *
     * @param type a class
     * @return true to take it
     */
    boolean takes(Class<?> type);

    /**
     * Turns a value into one that the codec can write.
     *
     * @param value of a class that is taken
     * @return null, or a value of any class that can cross; its parts may again be the extension's
     * @throws ValueException when it can't cross
     */
    Object write(Object value);

    /**
     * Turns what arrived into a value of a declared type.
     *
     * @param value what a receiver without a declared type gets
     * @param type whose class is taken
     * @return the value
     * @throws ValueException when it isn't one
     */
    Object read(Object value, Type type);

    /**
     * Tells how values of a class cross. Asked when a service or a contract is given.
     *
     * @param type whose class is taken, without type variables
     * @return null where it can't be said
     * @throws ValueException when the class asks for something that is not done
     */
    default Form form(Type type) {
        return null;
    }
}
