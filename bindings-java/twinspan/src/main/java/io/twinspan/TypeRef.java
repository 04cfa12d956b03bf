package io.twinspan;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * Names a generic type at run time, where a {@code Class} can't: {@code new TypeRef<List<Order>>()
 * {}}.
 *
 * @param <T> the type that is named
 */
public abstract class TypeRef<T> {
    private final Type type;

    /** Captures the type argument of the anonymous subclass. */
    protected TypeRef() {
        if (!(getClass().getGenericSuperclass() instanceof ParameterizedType direct)
                || direct.getRawType() != TypeRef.class) {
            throw new IllegalStateException(
                    "write new TypeRef<List<Order>>() {} with its type argument");
        }
        type = direct.getActualTypeArguments()[0];
    }

    /**
     * Answers the type that was captured.
     *
     * @return a {@code Class} or a {@code ParameterizedType}
     */
    public final Type type() {
        return type;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof TypeRef<?> that && type.equals(that.type);
    }

    @Override
    public final int hashCode() {
        return type.hashCode();
    }

    @Override
    public final String toString() {
        return type.getTypeName();
    }
}
