package io.twinspan.internal.codec;

import io.twinspan.Complex;
import io.twinspan.Member;
import io.twinspan.NdArray;
import io.twinspan.Node;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;

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
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;

/** What classes without parts are called in the neutral grammar. */
final class TypeNames {
    private static final Map<Class<?>, String> NAMES = new HashMap<>();

    /** Classes of libraries that may be absent. */
    private static final Map<String, String> FOREIGN =
            Map.of("org.apache.arrow.vector.VectorSchemaRoot", "table");

    static {
        name("int", byte.class, short.class, int.class, long.class);
        name("int", Byte.class, Short.class, Integer.class, Long.class, BigInteger.class);
        name("float", float.class, double.class, Float.class, Double.class);
        name("bool", boolean.class, Boolean.class);
        name("text", String.class, CharSequence.class, char.class, Character.class);
        name("bytes", byte[].class, ByteBuffer.class);
        name("null", void.class, Void.class);
        name("int?", OptionalInt.class, OptionalLong.class);
        name("float?", OptionalDouble.class);
        name("decimal", BigDecimal.class);
        name("instant", Instant.class);
        name("offset_datetime", OffsetDateTime.class);
        name("zoned_datetime", ZonedDateTime.class);
        name("local_datetime", LocalDateTime.class);
        name("datetime", Temporal.class);
        name("datetime", Temporal.class);
        name("date", LocalDate.class);
        name("time", LocalTime.class);
        name("duration", Duration.class);
        name("uuid", UUID.class);
        name("complex", Complex.class);
        name("range", Range.class);
        name("service_ref", ServiceRef.class);
        name("node_ref", NodeRef.class, Member.class, Node.class);
        name("array", NdArray.class);
        name("array<i16>", short[].class);
        name("array<i32>", int[].class);
        name("array<i64>", long[].class);
        name("array<f32>", float[].class);
        name("array<f64>", double[].class);
    }

    private TypeNames() {}

    private static void name(String name, Class<?>... types) {
        for (Class<?> type : types) {
            NAMES.put(type, name);
        }
    }

    /** Null for a class with parts. */
    static String of(Class<?> type) {
        String known = NAMES.get(type);
        return known != null ? known : FOREIGN.get(type.getName());
    }
}
