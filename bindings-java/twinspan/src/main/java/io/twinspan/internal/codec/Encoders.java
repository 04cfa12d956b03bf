package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.Range;
import io.twinspan.WireType;

import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * How each class of values is written: decided once a class, by what the value is, not by what was
 * declared.
 */
final class Encoders {
    private static final ClassValue<Encoder> OF =
            new ClassValue<>() {
                @Override
                protected Encoder computeValue(Class<?> type) {
                    return choose(type);
                }
            };

    private Encoders() {}

    static void write(Writer writer, Object value) {
        if (value == null) {
            writer.nothing();
        } else if (value instanceof String text) {
            writer.text(text);
        } else if (value instanceof Integer || value instanceof Long) {
            writer.integer(((Number) value).longValue());
        } else if (value instanceof Double number) {
            writer.floating(number);
        } else {
            OF.get(value.getClass()).encode(writer, value);
        }
    }

    /** An argument of a call: the only place where a stream may stand. */
    static void argument(Writer writer, Object value) {
        if (StreamTypes.isSource(value)) {
            writer.tag(Tag.STREAM);
            writer.nothing();
        } else {
            write(writer, value);
        }
    }

    private static Encoder choose(Class<?> type) {
        if (Proxy.isProxyClass(type)) {
            // Clients share their class with other proxies of the same interface.
            return (writer, value) -> {
                if (!References.client(writer, value)) {
                    other(type).encode(writer, value);
                }
            };
        }
        return other(type);
    }

    private static Encoder other(Class<?> type) {
        Encoder scalar = scalar(type);
        if (scalar != null) {
            return scalar;
        }
        Encoder extended = Extensions.encoder(type);
        if (extended != null) {
            return extended;
        }
        if (Enum.class.isAssignableFrom(type)) {
            return (writer, value) -> writer.text(((Enum<?>) value).name());
        }
        if (type.isArray()) {
            return array(type);
        }
        if (Map.class.isAssignableFrom(type)) {
            return (writer, value) -> map(writer, (Map<?, ?>) value);
        }
        if (Set.class.isAssignableFrom(type)) {
            return (writer, value) -> set(writer, (Set<?>) value);
        }
        if (Collection.class.isAssignableFrom(type)) {
            return (writer, value) -> list(writer, (Collection<?>) value);
        }
        Encoder optional = Optionals.encoder(type);
        if (optional != null) {
            return optional;
        }
        if (StreamTypes.isStreamLike(type)) {
            throw StreamTypes.misplaced();
        }
        Binding binding = Binding.of(type);
        WireType name = type.getAnnotation(WireType.class);
        return (writer, value) ->
                record(writer, binding, name == null ? null : name.value(), value);
    }

    private static Encoder scalar(Class<?> type) {
        if (type == Boolean.class) {
            return (writer, value) -> writer.bool((Boolean) value);
        }
        if (type == Short.class || type == Byte.class) {
            return (writer, value) -> writer.integer(((Number) value).longValue());
        }
        if (type == Float.class) {
            return (writer, value) -> writer.floating((Float) value);
        }
        if (type == Character.class) {
            return (writer, value) -> writer.text(value.toString());
        }
        if (BigInteger.class.isAssignableFrom(type)) {
            return (writer, value) -> writer.integer((BigInteger) value);
        }
        if (BigDecimal.class.isAssignableFrom(type)) {
            return (writer, value) -> Numbers.write(writer, (BigDecimal) value);
        }
        if (ByteBuffer.class.isAssignableFrom(type)) {
            return (writer, value) -> writer.bytes((ByteBuffer) value);
        }
        if (type == UUID.class) {
            return (writer, value) -> Scalars.write(writer, (UUID) value);
        }
        if (type == Complex.class) {
            return (writer, value) -> Scalars.write(writer, (Complex) value);
        }
        if (type == Range.class) {
            return (writer, value) -> Scalars.write(writer, (Range) value);
        }
        if (type == RegisteredRecord.class) {
            return (writer, value) -> RegisteredRecord.write(writer, (RegisteredRecord) value);
        }
        if (type == Table.class) {
            return (writer, value) -> Table.write(writer, (Table) value);
        }
        if (type == NdArray.class) {
            return (writer, value) -> TypedArrays.write(writer, (NdArray) value);
        }
        Encoder reference = References.encoder(type);
        return reference != null ? reference : Times.encoder(type);
    }

    private static Encoder array(Class<?> type) {
        Encoder typed = TypedArrays.encoder(type);
        if (typed != null) {
            return typed;
        }
        if (type == char[].class) {
            throw ValueException.of("a char[] can't cross; send a String");
        }
        return (writer, value) -> {
            int length = java.lang.reflect.Array.getLength(value);
            writer.enter(1);
            writer.array(length);
            for (int i = 0; i < length; i++) {
                element(writer, java.lang.reflect.Array.get(value, i), i);
            }
            writer.leave(1);
        };
    }

    private static void element(Writer writer, Object value, int index) {
        try {
            write(writer, value);
        } catch (ValueException e) {
            throw e.index(index);
        }
    }

    private static void list(Writer writer, Collection<?> values) {
        int size = values.size();
        writer.enter(1);
        writer.array(size);
        int index = 0;
        try {
            for (Object value : values) {
                if (index == size) {
                    throw changed();
                }
                element(writer, value, index++);
            }
        } catch (ConcurrentModificationException e) {
            throw changed();
        }
        if (index != size) {
            throw changed();
        }
        writer.leave(1);
    }

    /**
     * The number of elements went out first, so a change on the way would make the payload a
     * different one.
     */
    private static ValueException changed() {
        return ValueException.of("the collection was changed while it was sent");
    }

    private static void set(Writer writer, Set<?> values) {
        Object[] elements = values.toArray();
        int[] offsets = new int[elements.length];
        writer.enter(1);
        writer.tag(Tag.SET);
        writer.array(elements.length);
        Class<?> only = elements.length == 0 ? null : kind(elements[0]);
        for (int i = 0; i < elements.length; i++) {
            offsets[i] = writer.position();
            try {
                if (kind(elements[i]) != only) {
                    throw ValueException.of(
                            "booleans, floats and other elements don't mix in one set");
                }
                if (only == null) {
                    Keys.write(writer, elements[i]);
                } else {
                    write(writer, elements[i]);
                }
            } catch (ValueException e) {
                throw e.index(i);
            }
        }
        if (!writer.sort(offsets)) {
            throw ValueException.of("two elements of the set are equal on the wire");
        }
        writer.leave(1);
    }

    /** Booleans and floats stand only among themselves, because elsewhere they equal integers. */
    private static Class<?> kind(Object element) {
        if (element instanceof Boolean) {
            return Boolean.class;
        }
        return element instanceof Double || element instanceof Float ? Double.class : null;
    }

    private static void map(Writer writer, Map<?, ?> values) {
        int size = values.size();
        writer.enter(1);
        writer.map(size);
        // Unequal in Java, yet maybe equal on the wire: 1 and 1L, an enum and its name, two byte[].
        Set<Object> seen = Keys.distinct(values.keySet()) ? null : new HashSet<>();
        int count = 0;
        try {
            for (Map.Entry<?, ?> entry : values.entrySet()) {
                if (count == size) {
                    throw changed();
                }
                Object key = entry.getKey();
                int start = writer.position();
                Keys.write(writer, key);
                if (seen != null
                        && !seen.add(ByteBuffer.wrap(writer.slice(start, writer.position())))) {
                    throw ValueException.of(
                            "two keys of the map are equal on the wire: " + Show.value(key));
                }
                count++;
                try {
                    write(writer, entry.getValue());
                } catch (ValueException e) {
                    throw e.key(key);
                }
            }
        } catch (ConcurrentModificationException e) {
            throw changed();
        }
        if (count != size) {
            throw changed();
        }
        writer.leave(1);
    }

    private static void record(Writer writer, Binding binding, String name, Object value) {
        writer.enter(2);
        if (name != null) {
            writer.tag(Tag.NAMED);
            writer.array(2);
            writer.text(name);
        }
        writer.tag(Tag.RECORD);
        int count = binding.size();
        writer.array(count + 1);
        writer.integer(writer.shape(binding.shape));
        for (int i = 0; i < count; i++) {
            try {
                write(writer, binding.get(value, i));
            } catch (ValueException e) {
                throw e.field(binding.property(i).name());
            }
        }
        writer.leave(2);
    }
}
