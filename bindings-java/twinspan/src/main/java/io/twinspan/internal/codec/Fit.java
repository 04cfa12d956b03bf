package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * How well a declared type fits a value that arrived, for choosing among overloads: exactly, or by
 * a lossless widening, the nearest first. Types of one kind are never told apart.
 */
final class Fit {
    /** From the nearest widening to the farthest. */
    private static final List<String> ORDER =
            List.of(
                    "short array",
                    "int array",
                    "long array",
                    "float",
                    "decimal",
                    "float array",
                    "double array",
                    "array",
                    "offset date-time",
                    "zoned date-time",
                    "bytes",
                    "text",
                    "list",
                    "collection",
                    "record",
                    "map",
                    "number",
                    "date-time");

    private static final Map<Class<?>, String> KINDS = new HashMap<>();

    static {
        kind("bool", boolean.class, Boolean.class);
        kind("int", byte.class, short.class, int.class, long.class, OptionalInt.class);
        kind("int", Byte.class, Short.class, Integer.class, Long.class, OptionalLong.class);
        kind("int", BigInteger.class);
        kind("float", float.class, double.class, Float.class, Double.class, OptionalDouble.class);
        kind("decimal", BigDecimal.class);
        kind("number", Number.class);
        kind("text", String.class, CharSequence.class, char.class, Character.class);
        kind("bytes", byte[].class, ByteBuffer.class);
        kind("short array", short[].class);
        kind("int array", int[].class);
        kind("long array", long[].class);
        kind("float array", float[].class);
        kind("double array", double[].class);
        kind("array", NdArray.class);
        kind("instant", Instant.class);
        kind("offset date-time", OffsetDateTime.class);
        kind("zoned date-time", ZonedDateTime.class);
        kind("local date-time", LocalDateTime.class);
        kind("date-time", Temporal.class);
        kind("date", LocalDate.class);
        kind("time", LocalTime.class);
        kind("duration", Duration.class);
        kind("uuid", UUID.class);
        kind("complex", Complex.class);
        kind("range", Range.class);
        kind("service reference", ServiceRef.class);
        kind("node reference", NodeRef.class);
        kind("collection", Collection.class, Iterable.class);
        kind("any", Object.class);
    }

    private Fit() {}

    private static void kind(String kind, Class<?>... types) {
        for (Class<?> type : types) {
            KINDS.put(type, kind);
        }
    }

    /** The kind of values that a type is for. An enum is a text: no value tells the two apart. */
    static String kind(Type type) {
        Class<?> raw = Types.raw(type);
        if (raw == Optional.class && type instanceof ParameterizedType generic) {
            return kind(generic.getActualTypeArguments()[0]);
        }
        String known = KINDS.get(raw);
        if (known != null) {
            return known;
        }
        if (raw.isEnum()) {
            return "text";
        }
        if (StreamTypes.isStream(type)) {
            return "stream";
        }
        if (Map.class.isAssignableFrom(raw)) {
            return "map";
        }
        if (Set.class.isAssignableFrom(raw)) {
            return "set";
        }
        return raw.isArray() || Collection.class.isAssignableFrom(raw)
                ? "list"
                : "record " + raw.getName();
    }

    /** 0 for a type of the value's own kind, more the farther it is widened; the value fits. */
    static int distance(Reader reader, Type type) {
        String declared = kind(type);
        String found = kind(reader);
        if (declared.equals(found) || found.equals("null")) {
            return 0;
        }
        if (declared.equals("any")) {
            return 1000;
        }
        if (declared.startsWith("record ")) {
            declared = "record";
            if (found.equals("record")) {
                return 0;
            }
        }
        if (declared.equals("collection") && found.equals("list")) {
            return 1;
        }
        int at = ORDER.indexOf(declared);
        return at < 0 ? 1 + ORDER.size() : 1 + at;
    }

    /** The kind of the next item, which stays. */
    private static String kind(Reader reader) {
        if (reader.isInteger()) {
            return "int";
        }
        return switch (reader.major()) {
            case Writer.BYTES -> "bytes";
            case Writer.TEXT -> "text";
            case Writer.ARRAY -> "list";
            case Writer.MAP -> "map";
            case Writer.TAG ->
                    reader.peekTag() == Tag.REFERENCE
                            ? References.kind(reader) + " reference"
                            : tagged(reader.peekTag());
            default -> reader.isFloat() ? "float" : reader.peek() == 0xf6 ? "null" : "bool";
        };
    }

    private static String tagged(long tag) {
        if (TypedArrays.isElement(tag)) {
            return TypedArrays.kind(tag);
        }
        return switch ((int) Math.min(tag, Integer.MAX_VALUE)) {
            case Tag.DECIMAL -> "decimal";
            case Tag.UUID -> "uuid";
            case Tag.ND_ARRAY -> "array";
            case Tag.SET -> "set";
            case Tag.INSTANT -> "instant";
            case Tag.OFFSET_DATE_TIME -> "offset date-time";
            case Tag.ZONED_DATE_TIME -> "zoned date-time";
            case Tag.LOCAL_DATE_TIME -> "local date-time";
            case Tag.LOCAL_TIME -> "time";
            case Tag.DATE, Tag.DATE_TEXT -> "date";
            case Tag.DURATION -> "duration";
            case Tag.COMPLEX -> "complex";
            case Tag.RANGE -> "range";
            case Tag.RECORD, Tag.NAMED -> "record";
            case Tag.STREAM -> "stream";
            default -> "value";
        };
    }
}
