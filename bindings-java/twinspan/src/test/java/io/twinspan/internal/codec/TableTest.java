package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;
import io.twinspan.TypeRef;
import io.twinspan.WireType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * The whole table of values against every declared type: what a row says it takes comes out exactly
 * so, and every other pair is refused with the path. Nothing is coerced in between.
 */
class TableTest {
    record Item(String sku, long quantity) {}

    sealed interface Payment permits Card, Cash {}

    @WireType("table.Card")
    record Card(String number) implements Payment {}

    @WireType("table.Cash")
    record Cash(int cents) implements Payment {}

    static final class Bean {
        private String sku;
        private long quantity;

        String getSku() {
            return sku;
        }

        void setSku(String sku) {
            this.sku = sku;
        }

        long getQuantity() {
            return quantity;
        }

        void setQuantity(long quantity) {
            this.quantity = quantity;
        }

        static Bean of(String sku, long quantity) {
            Bean out = new Bean();
            out.setSku(sku);
            out.setQuantity(quantity);
            return out;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bean that
                    && Objects.equals(getSku(), that.getSku())
                    && getQuantity() == that.getQuantity();
        }

        @Override
        public int hashCode() {
            return Objects.hash(sku, quantity);
        }
    }

    private static final Type OBJECTS = new TypeRef<List<Object>>() {}.type();
    private static final Type COLLECTION = new TypeRef<Collection<Object>>() {}.type();
    private static final Type SET = new TypeRef<Set<Object>>() {}.type();
    private static final Type MAP = new TypeRef<Map<Object, Object>>() {}.type();
    private static final Type NAMED = new TypeRef<Map<String, Object>>() {}.type();
    private static final Type DAYS = new TypeRef<EnumSet<DayOfWeek>>() {}.type();
    private static final Type DAY_MAP = new TypeRef<EnumMap<DayOfWeek, Object>>() {}.type();
    private static final Type MAYBE_TEXT = new TypeRef<Optional<String>>() {}.type();

    private static final List<Type> PRIMITIVES =
            List.of(
                    boolean.class,
                    byte.class,
                    short.class,
                    int.class,
                    long.class,
                    float.class,
                    double.class,
                    char.class);

    private static final List<Type> OPTIONALS =
            List.of(OptionalInt.class, OptionalLong.class, OptionalDouble.class, MAYBE_TEXT);

    /** Null is let into all of these. */
    private static final List<Type> REFERENCES =
            List.of(
                    Boolean.class,
                    Byte.class,
                    Short.class,
                    Integer.class,
                    Long.class,
                    Float.class,
                    Double.class,
                    Character.class,
                    String.class,
                    BigInteger.class,
                    BigDecimal.class,
                    Number.class,
                    byte[].class,
                    ByteBuffer.class,
                    boolean[].class,
                    short[].class,
                    int[].class,
                    long[].class,
                    float[].class,
                    double[].class,
                    double[][].class,
                    String[].class,
                    NdArray.class,
                    UUID.class,
                    Complex.class,
                    Range.class,
                    ServiceRef.class,
                    NodeRef.class,
                    Instant.class,
                    OffsetDateTime.class,
                    ZonedDateTime.class,
                    LocalDate.class,
                    LocalTime.class,
                    LocalDateTime.class,
                    Temporal.class,
                    Duration.class,
                    DayOfWeek.class,
                    OBJECTS,
                    COLLECTION,
                    SET,
                    MAP,
                    NAMED,
                    DAYS,
                    DAY_MAP,
                    Item.class,
                    Bean.class,
                    Payment.class,
                    Card.class,
                    Object.class);

    /** A value that is sent, and what it is as each type that takes it. */
    private static final class Row {
        private final String name;
        private final Object value;
        private final Map<Type, Object> takes = new LinkedHashMap<>();

        Row(String name, Object value, Object untyped) {
            this.name = name;
            this.value = value;
            takes.put(Object.class, untyped);
        }

        Row as(Object expected, Type... types) {
            for (Type type : types) {
                takes.put(type, expected);
            }
            return this;
        }

        /** As an integer that fits from the given width on, and what is exact beside integers. */
        Row integer(long number, Class<?>... narrow) {
            List<Class<?>> fits = new ArrayList<>(List.of(narrow));
            fits.add(long.class);
            for (Class<?> type : fits) {
                if (type == byte.class) {
                    as((byte) number, byte.class, Byte.class);
                } else if (type == short.class) {
                    as((short) number, short.class, Short.class);
                } else if (type == int.class) {
                    as((int) number, int.class, Integer.class)
                            .as(OptionalInt.of((int) number), OptionalInt.class);
                } else {
                    as(number, long.class, Long.class, Number.class);
                    as(OptionalLong.of(number), OptionalLong.class);
                }
            }
            as(BigInteger.valueOf(number), BigInteger.class);
            return as(new BigDecimal(number), BigDecimal.class);
        }

        Row floating(double number) {
            as(number, double.class, Double.class);
            as(OptionalDouble.of(number), OptionalDouble.class);
            return (float) number == number || number != number
                    ? as((float) number, float.class, Float.class)
                    : this;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, Object value, Object untyped) {
        return new Row(name, value, untyped);
    }

    private static Row row(String name, Object value) {
        return new Row(name, value, value);
    }

    private static Row nothing() {
        Row row = row("null", null);
        REFERENCES.forEach(type -> row.as(null, type));
        row.as(OptionalInt.empty(), OptionalInt.class);
        row.as(OptionalLong.empty(), OptionalLong.class);
        row.as(OptionalDouble.empty(), OptionalDouble.class);
        return row.as(Optional.empty(), MAYBE_TEXT);
    }

    private static Row text(String name, Object value, String text) {
        return row(name, value, text).as(text, String.class).as(Optional.of(text), MAYBE_TEXT);
    }

    private static Row list(String name, Object value, List<?> elements) {
        return row(name, value, elements).as(elements, OBJECTS, COLLECTION);
    }

    private static Map<String, Object> item(Object sku, Object quantity) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("sku", sku);
        out.put("quantity", quantity);
        return out;
    }

    static List<Row> rows() {
        Instant instant = Instant.ofEpochSecond(-2, 999_999_999);
        OffsetDateTime offset = OffsetDateTime.parse("2026-01-02T03:04:05.000000006-09:30");
        ZonedDateTime zoned = instant.atZone(ZoneId.of("Asia/Tokyo"));
        ZonedDateTime fixed = instant.atZone(ZoneOffset.ofHours(2));
        LocalDateTime local = LocalDateTime.parse("2026-11-24T01:02:03.000000004");
        BigInteger big = BigInteger.ONE.shiftLeft(70);
        ByteBuffer key = ByteBuffer.wrap(new byte[] {1, 2}).asReadOnlyBuffer();
        Map<DayOfWeek, Object> friday = new EnumMap<>(Map.of(DayOfWeek.FRIDAY, 1L));
        List<Row> rows = new ArrayList<>(numbers(big));
        rows.addAll(
                List.of(
                        nothing(),
                        row("true", true).as(true, boolean.class, Boolean.class),
                        text("text", "3", "3").as('3', char.class, Character.class),
                        text("empty text", "", ""),
                        text("char", 'ž', "ž").as('ž', char.class, Character.class),
                        text("enum", DayOfWeek.MONDAY, "MONDAY")
                                .as(DayOfWeek.MONDAY, DayOfWeek.class),
                        row("bytes", new byte[] {1, -1})
                                .as(new byte[] {1, -1}, byte[].class, ByteBuffer.class),
                        row("ByteBuffer", ByteBuffer.allocateDirect(2), new byte[2])
                                .as(new byte[2], byte[].class, ByteBuffer.class),
                        row("instant", instant)
                                .as(instant, Instant.class, Temporal.class)
                                .as(instant.atOffset(ZoneOffset.UTC), OffsetDateTime.class)
                                .as(instant.atZone(ZoneOffset.UTC), ZonedDateTime.class),
                        row("date-time with an offset", offset)
                                .as(offset, OffsetDateTime.class, Temporal.class)
                                .as(offset.toZonedDateTime(), ZonedDateTime.class),
                        row("zoned date-time", zoned)
                                .as(zoned, ZonedDateTime.class, Temporal.class),
                        row("zone of an offset", fixed, fixed.toOffsetDateTime())
                                .as(fixed.toOffsetDateTime(), OffsetDateTime.class, Temporal.class)
                                .as(fixed, ZonedDateTime.class),
                        row("date", LocalDate.MIN).as(LocalDate.MIN, LocalDate.class),
                        row("time", LocalTime.MAX).as(LocalTime.MAX, LocalTime.class),
                        row("local date-time", local)
                                .as(local, LocalDateTime.class, Temporal.class),
                        row("duration", Duration.ofNanos(-1))
                                .as(Duration.ofNanos(-1), Duration.class),
                        row("UUID", new UUID(-1, 5)).as(new UUID(-1, 5), UUID.class),
                        row("complex", new Complex(1, -0.0))
                                .as(new Complex(1, -0.0), Complex.class),
                        row("range", new Range(5, 0, -1)).as(new Range(5, 0, -1), Range.class),
                        row("reference to a service", new ServiceRef("shop", "a"))
                                .as(new ServiceRef("shop", "a"), ServiceRef.class),
                        row("reference to a node", new NodeRef("shop", "a"))
                                .as(new NodeRef("shop", "a"), NodeRef.class),
                        row("Optional", Optional.of("x"), "x")
                                .as("x", String.class)
                                .as('x', char.class, Character.class)
                                .as(Optional.of("x"), MAYBE_TEXT),
                        row("OptionalDouble", OptionalDouble.of(0.1), 0.1)
                                .floating(0.1)
                                .as(0.1, Number.class),
                        row("record", new Item("a", 1), item("a", 1L))
                                .as(new Item("a", 1), Item.class)
                                .as(Bean.of("a", 1), Bean.class)
                                .as(item("a", 1L), MAP, NAMED),
                        row("plain class", Bean.of("a", 1), item("a", 1L))
                                .as(new Item("a", 1), Item.class)
                                .as(Bean.of("a", 1), Bean.class)
                                .as(item("a", 1L), MAP, NAMED),
                        row("map of fields", item("a", 1), item("a", 1L))
                                .as(new Item("a", 1), Item.class)
                                .as(Bean.of("a", 1), Bean.class)
                                .as(item("a", 1L), MAP, NAMED),
                        row("member of a union", new Card("1"), Map.of("number", "1"))
                                .as(new Card("1"), Payment.class, Card.class)
                                .as(Map.of("number", "1"), MAP, NAMED),
                        row("other member of it", new Cash(3), Map.of("cents", 3L))
                                .as(new Cash(3), Payment.class)
                                .as(Map.of("cents", 3L), MAP, NAMED),
                        row("EnumMap", friday, Map.of("FRIDAY", 1L))
                                .as(friday, DAY_MAP)
                                .as(Map.of("FRIDAY", 1L), MAP, NAMED)));
        rows.addAll(keys(instant, offset, zoned, local, big, key));
        rows.addAll(arrays());
        return rows;
    }

    private static List<Row> numbers(BigInteger big) {
        return List.of(
                row("3", (byte) 3, 3L).integer(3, byte.class, short.class, int.class).floating(3),
                row("OptionalLong", OptionalLong.of(3), 3L)
                        .integer(3, byte.class, short.class, int.class)
                        .floating(3),
                row("OptionalInt", OptionalInt.of(128), 128L)
                        .integer(128, short.class, int.class)
                        .floating(128),
                row("-32769", -32769, -32769L).integer(-32769, int.class).floating(-32769),
                row("2^40", 1L << 40).integer(1L << 40).floating(1L << 40),
                row("2^53 + 1", (1L << 53) + 1).integer((1L << 53) + 1),
                row("largest long", Long.MAX_VALUE).integer(Long.MAX_VALUE),
                row("2^70", big)
                        .as(big, BigInteger.class, Number.class)
                        .as(new BigDecimal(big), BigDecimal.class)
                        .floating(0x1p70),
                row("2^70 + 1", big.add(BigInteger.ONE))
                        .as(big.add(BigInteger.ONE), BigInteger.class, Number.class)
                        .as(new BigDecimal(big.add(BigInteger.ONE)), BigDecimal.class),
                row("2.9", 2.9).floating(2.9).as(2.9, Number.class),
                row("3.0", 3.0).floating(3.0).as(3.0, Number.class),
                row("-0.0", -0.0f, -0.0).floating(-0.0).as(-0.0, Number.class),
                row("NaN", Double.NaN).floating(Double.NaN).as(Double.NaN, Number.class),
                row("infinity", Double.NEGATIVE_INFINITY)
                        .floating(Double.NEGATIVE_INFINITY)
                        .as(Double.NEGATIVE_INFINITY, Number.class),
                row("decimal", new BigDecimal("1.00"))
                        .as(new BigDecimal("1.00"), BigDecimal.class, Number.class),
                row("whole decimal", new BigDecimal("3"))
                        .as(new BigDecimal("3"), BigDecimal.class, Number.class));
    }

    private static List<Row> keys(Object... others) {
        List<Row> rows = new ArrayList<>();
        List<Object> all = new ArrayList<>(List.of(others));
        all.addAll(
                List.of(
                        -1L,
                        LocalDate.MAX,
                        LocalTime.MIN,
                        Duration.ofDays(1),
                        new UUID(1, 2),
                        List.of(1L, List.of("x"), new UUID(3, 4))));
        for (Object one : all) {
            String kind = one.getClass().getSimpleName();
            rows.add(row("map of " + kind, Map.of(one, 1L)).as(Map.of(one, 1L), MAP));
            rows.add(row("set of " + kind, Set.of(one)).as(Set.of(one), SET, COLLECTION));
        }
        rows.add(
                row("map of text", Map.of("FRIDAY", 1L))
                        .as(Map.of("FRIDAY", 1L), MAP, NAMED)
                        .as(new EnumMap<>(Map.of(DayOfWeek.FRIDAY, 1L)), DAY_MAP));
        rows.add(
                row("set of booleans", Set.of(true, false))
                        .as(Set.of(true, false), SET, COLLECTION));
        rows.add(row("set of floats", Set.of(1.5, -0.0)).as(Set.of(1.5, -0.0), SET, COLLECTION));
        rows.add(
                row("empty set", Set.of())
                        .as(Set.of(), SET, COLLECTION)
                        .as(EnumSet.noneOf(DayOfWeek.class), DAYS));
        rows.add(
                row("EnumSet", EnumSet.of(DayOfWeek.FRIDAY), Set.of("FRIDAY"))
                        .as(Set.of("FRIDAY"), SET, COLLECTION)
                        .as(EnumSet.of(DayOfWeek.FRIDAY), DAYS));
        rows.add(
                row("LinkedHashSet", new LinkedHashSet<>(List.of(2, 1)), Set.of(1L, 2L))
                        .as(Set.of(1L, 2L), SET, COLLECTION));
        return rows;
    }

    private static List<Row> arrays() {
        NdArray square = NdArray.of(new double[] {1, 2, 3, 4}, 2, 2);
        NdArray octets = NdArray.of(NdArray.Element.U8, ByteBuffer.wrap(new byte[] {1, -1}), 2);
        return List.of(
                numbers("short[]", new short[] {1, -1}, NdArray.Element.I16, 1, -1)
                        .as(new int[] {1, -1}, int[].class)
                        .as(new long[] {1, -1}, long[].class)
                        .as(new float[] {1, -1}, float[].class)
                        .as(new double[] {1, -1}, double[].class),
                numbers("int[]", new int[] {1, 1 << 20}, NdArray.Element.I32, 1, 1 << 20)
                        .as(new long[] {1, 1 << 20}, long[].class)
                        .as(new float[] {1, 1 << 20}, float[].class)
                        .as(new double[] {1, 1 << 20}, double[].class),
                numbers("long[]", new long[] {1L << 60}, NdArray.Element.I64, 1L << 60)
                        .as(new float[] {0x1p60f}, float[].class)
                        .as(new double[] {0x1p60}, double[].class),
                row("float[]", new float[] {0.5f})
                        .as(new float[] {0.5f}, float[].class)
                        .as(new double[] {0.5}, double[].class)
                        .as(List.of(0.5), OBJECTS, COLLECTION)
                        .as(NdArray.of(new float[] {0.5f}, 1), NdArray.class),
                row("double[]", new double[] {0.1})
                        .as(new double[] {0.1}, double[].class)
                        .as(List.of(0.1), OBJECTS, COLLECTION)
                        .as(NdArray.of(new double[] {0.1}, 1), NdArray.class),
                row("octets", octets)
                        .as(octets, NdArray.class)
                        .as(new byte[] {1, -1}, byte[].class, ByteBuffer.class)
                        .as(new short[] {1, 255}, short[].class)
                        .as(new int[] {1, 255}, int[].class)
                        .as(new long[] {1, 255}, long[].class)
                        .as(new float[] {1, 255}, float[].class)
                        .as(new double[] {1, 255}, double[].class),
                row("square", square)
                        .as(square, NdArray.class)
                        .as(new double[][] {{1, 2}, {3, 4}}, double[][].class),
                list("boolean[]", new boolean[] {true, false}, List.of(true, false))
                        .as(new boolean[] {true, false}, boolean[].class),
                list("String[]", new String[] {"a", null}, Arrays.asList("a", null))
                        .as(new String[] {"a", null}, String[].class),
                list("list of numbers", List.of(1, 200), List.of(1L, 200L))
                        .as(new short[] {1, 200}, short[].class)
                        .as(new int[] {1, 200}, int[].class)
                        .as(new long[] {1, 200}, long[].class)
                        .as(new float[] {1, 200}, float[].class)
                        .as(new double[] {1, 200}, double[].class),
                list("list of lists", List.of(List.of(1.5)), List.of(List.of(1.5)))
                        .as(new double[][] {{1.5}}, double[][].class),
                list("list of many", List.of("a", 1, true), List.of("a", 1L, true)));
    }

    private static Row numbers(String name, Object array, NdArray.Element element, long... values) {
        List<Long> listed = Arrays.stream(values).boxed().toList();
        ByteBuffer data = ByteBuffer.allocate(values.length * element.bytes());
        data.order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            switch (element) {
                case I16 -> data.putShort((short) value);
                case I32 -> data.putInt((int) value);
                default -> data.putLong(value);
            }
        }
        return row(name, array)
                .as(array, array.getClass())
                .as(listed, OBJECTS, COLLECTION)
                .as(NdArray.of(element, data.flip(), values.length), NdArray.class);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void everyPairIsExactOrRefused(Row row) {
        byte[] payload = Codec.encodeValue(row.value);
        List<Type> all = new ArrayList<>(PRIMITIVES);
        all.addAll(OPTIONALS);
        all.addAll(REFERENCES);
        for (Type type : all) {
            if (row.takes.containsKey(type)) {
                Object found = Codec.decode(payload, type);
                assertEquals(Plain.of(row.takes.get(type)), Plain.of(found), row + " as " + type);
                if (found != null && type instanceof Class<?> known && !known.isPrimitive()) {
                    assertTrue(known.isInstance(found), row + " as " + type);
                }
                continue;
            }
            ValueException e =
                    assertThrows(
                            ValueException.class,
                            () -> fail(row + " became " + Codec.decode(payload, type), type),
                            row + " as " + type);
            assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind());
            assertTrue(e.path().startsWith("value"), e.getMessage());
        }
    }

    private static void fail(String what, Type type) {
        throw new AssertionError(what + " as " + type);
    }

    /** What an untyped receiver has is the same value again when it is sent on. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void untypedGoesOn(Row row) {
        Object once = Codec.decode(Codec.encodeValue(row.value), Object.class);
        Object twice = Codec.decode(Codec.encodeValue(once), Object.class);
        assertEquals(Plain.of(row.takes.get(Object.class)), Plain.of(once));
        assertEquals(Plain.of(once), Plain.of(twice));
    }

    record Order(List<Item> items) {}

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void intIsExact(Object given, String problem) {
        List<Map<String, Object>> items = List.of(item("a", 1), item("b", given));
        byte[] payload = Codec.encodeValue(Map.of("items", items));
        record Line(String sku, int quantity) {}
        record Lines(List<Line> items) {}
        ValueException e =
                assertThrows(ValueException.class, () -> Codec.decode(payload, Lines.class));
        assertEquals("value.items[1].quantity: " + problem, e.getMessage());
    }

    static List<org.junit.jupiter.params.provider.Arguments> intIsExact() {
        return List.of(
                org.junit.jupiter.params.provider.Arguments.of(
                        2.9, "the float 2.9 is not a Java int"),
                org.junit.jupiter.params.provider.Arguments.of(
                        "3", "the text \"3\" is not a Java int"),
                org.junit.jupiter.params.provider.Arguments.of(null, "null is not a Java int"),
                org.junit.jupiter.params.provider.Arguments.of(
                        1L << 40, "2^40 does not fit a Java int"));
    }
}
