package io.twinspan.drift;

import io.twinspan.NdArray;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares what was sent with what came back. */
final class Same {
    private Same() {}

    /** Equal, of equal classes, down to zeros, scales, zones, bits and the order of maps. */
    static boolean same(Object a, Object b) {
        if (a == null || b == null) {
            return a == b;
        }
        if (a instanceof List<?> x) {
            return b instanceof List<?> y && all(x, y);
        }
        if (a instanceof Map<?, ?> x) {
            return b instanceof Map<?, ?> y && all(x.entrySet(), y.entrySet());
        }
        if (a instanceof Map.Entry<?, ?> x) {
            return b instanceof Map.Entry<?, ?> y
                    && same(x.getKey(), y.getKey())
                    && same(x.getValue(), y.getValue());
        }
        if (a instanceof Set<?> x) {
            return b instanceof Set<?> y && x.equals(y);
        }
        if (a instanceof ByteBuffer) {
            return a.equals(b);
        }
        if (a.getClass() != b.getClass()) {
            return false;
        }
        if (a.getClass().isArray()) {
            return arrays(a, b);
        }
        if (a instanceof NdArray x) {
            NdArray y = (NdArray) b;
            return x.element() == y.element()
                    && java.util.Arrays.equals(x.shape(), y.shape())
                    && x.buffer().equals(y.buffer());
        }
        if (a instanceof Record && a.getClass().getEnclosingClass() == Forms.class) {
            return all(parts((Record) a).values(), parts((Record) b).values());
        }
        if (a instanceof Optional<?> x) {
            return same(x.orElse(null), ((Optional<?>) b).orElse(null));
        }
        return a.equals(b);
    }

    private static boolean arrays(Object a, Object b) {
        int length = Array.getLength(a);
        boolean equal = length == Array.getLength(b);
        for (int i = 0; equal && i < length; i++) {
            equal = Array.get(a, i).equals(Array.get(b, i));
        }
        return equal;
    }

    private static boolean all(Iterable<?> a, Iterable<?> b) {
        Iterator<?> x = a.iterator();
        Iterator<?> y = b.iterator();
        while (x.hasNext() && y.hasNext()) {
            if (!same(x.next(), y.next())) {
                return false;
            }
        }
        return x.hasNext() == y.hasNext();
    }

    private static Map<String, Object> parts(Record record) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                out.put(component.getName(), component.getAccessor().invoke(record));
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException(e);
            }
        }
        return out;
    }

    /**
     * What a receiver without a type gets back of a value that a provider without a type sent
     * again; {@code micros} when that was one in Python.
     */
    static Object withoutType(Object value, boolean micros) {
        if (value instanceof Enum<?> one) {
            return one.name();
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float f) {
            return f.doubleValue();
        }
        if (value instanceof Character c) {
            return c.toString();
        }
        if (value instanceof java.math.BigInteger big && big.bitLength() < 64) {
            return big.longValueExact();
        }
        if (value instanceof Optional<?> optional) {
            return withoutType(optional.orElse(null), micros);
        }
        if (value instanceof Forms.Figure) {
            return value; // Everybody here knows the class by its registered name.
        }
        if (value instanceof Record record && value.getClass().getEnclosingClass() == Forms.class) {
            return withoutType(parts(record), micros);
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> out = new LinkedHashMap<>();
            map.forEach(
                    (key, part) -> out.put(withoutType(key, micros), withoutType(part, micros)));
            return out;
        }
        if (value instanceof List<?> list) {
            List<Object> out = new ArrayList<>();
            list.forEach(part -> out.add(withoutType(part, micros)));
            return out;
        }
        if (value instanceof NdArray array && array.shape().length == 1) {
            return plain(array);
        }
        return micros ? floored(value) : value;
    }

    private static Object plain(NdArray array) {
        return switch (array.element()) {
            case F64 -> array.doubles();
            case F32 -> array.floats();
            case I64 -> array.longs();
            case I32 -> array.ints();
            case I16 -> {
                short[] out = new short[array.size()];
                array.buffer().asShortBuffer().get(out);
                yield out;
            }
            default -> array;
        };
    }

    private static Object floored(Object value) {
        ChronoUnit unit = ChronoUnit.MICROS;
        if (value instanceof Instant t) {
            return t.truncatedTo(unit);
        }
        if (value instanceof OffsetDateTime t) {
            return t.truncatedTo(unit);
        }
        if (value instanceof ZonedDateTime t) {
            return t.truncatedTo(unit);
        }
        if (value instanceof LocalDateTime t) {
            return t.truncatedTo(unit);
        }
        if (value instanceof LocalTime t) {
            return t.truncatedTo(unit);
        }
        if (value instanceof Duration d) {
            return Duration.ofSeconds(d.getSeconds(), d.getNano() / 1000 * 1000);
        }
        return value;
    }
}
