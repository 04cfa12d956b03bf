package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.Range;
import io.twinspan.TypeRef;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** Exactly into the declared type, or an error with the path. */
class TypedTest {
    private static Object cross(Object value, Type type) {
        return Codec.decode(Codec.encodeValue(value), type);
    }

    private static String refused(Object value, Type type) {
        byte[] payload = Codec.encodeValue(value);
        ValueException e = assertThrows(ValueException.class, () -> Codec.decode(payload, type));
        assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind());
        return e.getMessage();
    }

    static List<Arguments> exact() {
        BigInteger big = BigInteger.ONE.shiftLeft(70);
        List<Arguments> out = new ArrayList<>();
        for (Object[] row :
                new Object[][] {
                    {1L, int.class, 1},
                    {-128L, byte.class, (byte) -128},
                    {32767L, short.class, (short) 32767},
                    {Long.MIN_VALUE, long.class, Long.MIN_VALUE},
                    {7, Long.class, 7L},
                    {7L, BigInteger.class, BigInteger.valueOf(7)},
                    {big, BigInteger.class, big},
                    {big, Object.class, big},
                    {7, Object.class, 7L},
                    {7, Number.class, 7L},
                    {1.5, float.class, 1.5f},
                    {0.1f, float.class, 0.1f},
                    {0.1, double.class, 0.1},
                    {Double.NaN, float.class, Float.NaN},
                    {-0.0, double.class, -0.0},
                    {3L, double.class, 3.0},
                    {1L << 53, double.class, 0x1p53},
                    {3L, float.class, 3f},
                    {Long.MIN_VALUE, double.class, -0x1p63},
                    {big, double.class, 0x1p70},
                    {3L, BigDecimal.class, new BigDecimal("3")},
                    {new BigDecimal("1.00"), BigDecimal.class, new BigDecimal("1.00")},
                    {true, boolean.class, true},
                    {'x', char.class, 'x'},
                    {"x", String.class, "x"},
                    {null, String.class, null},
                    {null, Integer.class, null},
                    {null, Object.class, null},
                    {DayOfWeek.MONDAY, DayOfWeek.class, DayOfWeek.MONDAY},
                    {DayOfWeek.MONDAY, Object.class, "MONDAY"},
                    {Optional.of(3), new TypeRef<Optional<Integer>>() {}.type(), Optional.of(3)},
                    {
                        Optional.empty(),
                        new TypeRef<Optional<Integer>>() {}.type(),
                        Optional.empty()
                    },
                    {Instant.MAX, Instant.class, Instant.MAX},
                    {Instant.MIN, Instant.class, Instant.MIN},
                    {Duration.ofNanos(-1), Duration.class, Duration.ofNanos(-1)},
                    {
                        Duration.ofSeconds(Long.MIN_VALUE),
                        Duration.class,
                        Duration.ofSeconds(Long.MIN_VALUE)
                    },
                    {LocalDate.MIN, LocalDate.class, LocalDate.MIN},
                    {LocalTime.MAX, LocalTime.class, LocalTime.MAX},
                    {LocalDateTime.MAX, LocalDateTime.class, LocalDateTime.MAX},
                    {
                        OffsetDateTime.parse("2026-01-02T03:04:05.000000006-03:30"),
                        OffsetDateTime.class,
                        OffsetDateTime.parse("2026-01-02T03:04:05.000000006-03:30")
                    },
                    {Instant.EPOCH, OffsetDateTime.class, Instant.EPOCH.atOffset(ZoneOffset.UTC)},
                    {Instant.EPOCH, Temporal.class, Instant.EPOCH},
                    {
                        Instant.EPOCH.atOffset(ZoneOffset.ofHours(2)),
                        Temporal.class,
                        Instant.EPOCH.atOffset(ZoneOffset.ofHours(2))
                    },
                    {
                        Instant.EPOCH.atZone(ZoneId.of("Asia/Tokyo")),
                        Temporal.class,
                        Instant.EPOCH.atZone(ZoneId.of("Asia/Tokyo"))
                    },
                    {LocalDateTime.MAX, Temporal.class, LocalDateTime.MAX},
                    {Instant.EPOCH, ZonedDateTime.class, Instant.EPOCH.atZone(ZoneOffset.UTC)},
                    {
                        Instant.EPOCH.atZone(ZoneId.of("Asia/Tokyo")),
                        ZonedDateTime.class,
                        Instant.EPOCH.atZone(ZoneId.of("Asia/Tokyo"))
                    },
                    {
                        Instant.EPOCH.atZone(ZoneOffset.ofHours(2)),
                        ZonedDateTime.class,
                        Instant.EPOCH.atZone(ZoneOffset.ofHours(2))
                    },
                    {new UUID(-1, 5), UUID.class, new UUID(-1, 5)},
                    {new Complex(1, -0.0), Complex.class, new Complex(1, -0.0)},
                    {new Range(5, 0, -1), Range.class, new Range(5, 0, -1)},
                    {List.of(1, 2), new TypeRef<List<Integer>>() {}.type(), List.of(1, 2)},
                    {new int[] {1, 2}, new TypeRef<List<Integer>>() {}.type(), List.of(1, 2)},
                    {
                        new double[] {1, 2.5},
                        new TypeRef<List<Double>>() {}.type(),
                        List.of(1.0, 2.5)
                    },
                    {
                        Arrays.asList(1, null),
                        new TypeRef<List<Integer>>() {}.type(),
                        Arrays.asList(1, null)
                    },
                    {
                        List.of(List.of(1)),
                        new TypeRef<List<? extends List<Short>>>() {}.type(),
                        List.of(List.of((short) 1))
                    },
                    {Set.of(2, 1), new TypeRef<Set<Integer>>() {}.type(), Set.of(1, 2)},
                    {
                        Set.of(2, 1),
                        new TypeRef<SortedSet<Integer>>() {}.type(),
                        new TreeSet<>(List.of(1, 2))
                    },
                    {Set.of(2, 1), new TypeRef<Collection<Integer>>() {}.type(), Set.of(1, 2)},
                    {Set.of(1.5, 2.5), new TypeRef<Set<Double>>() {}.type(), Set.of(1.5, 2.5)},
                    {Set.of(true), new TypeRef<Set<Boolean>>() {}.type(), Set.of(true)},
                    {Map.of(1, "a"), new TypeRef<Map<Integer, String>>() {}.type(), Map.of(1, "a")},
                    {
                        Map.of(1, "a"),
                        new TypeRef<SortedMap<Integer, String>>() {}.type(),
                        new TreeMap<>(Map.of(1, "a"))
                    },
                    {
                        Map.of(DayOfWeek.FRIDAY, 1L),
                        new TypeRef<Map<DayOfWeek, Long>>() {}.type(),
                        Map.of(DayOfWeek.FRIDAY, 1L)
                    },
                    {Map.of(List.of(1L, 2L), true), Map.class, Map.of(List.of(1L, 2L), true)},
                    {
                        Map.of(ByteBuffer.wrap(new byte[] {1}), 2L),
                        Map.class,
                        Map.of(ByteBuffer.wrap(new byte[] {1}), 2L)
                    },
                }) {
            out.add(Arguments.of(row));
        }
        return out;
    }

    @ParameterizedTest(name = "{0} as {1}")
    @MethodSource
    void exact(Object value, Type type, Object expected) {
        assertEquals(expected, cross(value, type));
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertEquals("value: the float 2.9 is not a Java int", refused(2.9, int.class));
        assertEquals("value: the float 2.0 is not a Java int", refused(2.0, int.class));
        assertEquals("value: the text \"3\" is not a Java int", refused("3", int.class));
        assertEquals("value: null is not a Java int", refused(null, int.class));
        assertEquals("value: true is not a Java int", refused(true, int.class));
        assertEquals("value: 2^40 does not fit a Java int", refused(1L << 40, int.class));
        assertEquals(
                "value: 2^70 does not fit a Java long",
                refused(BigInteger.ONE.shiftLeft(70), long.class));
        assertEquals(
                "value: 2^63 does not fit a Java long",
                refused(BigInteger.ONE.shiftLeft(63), long.class));
        assertEquals("value: 128 does not fit a Java byte", refused(128, byte.class));
        assertEquals("value: -32769 does not fit a Java short", refused(-32769, short.class));
        assertEquals("value: 0.1 is not exactly a Java float", refused(0.1, float.class));
        assertEquals(
                "value: 9007199254740993 is not exactly a Java double",
                refused((1L << 53) + 1, double.class));
        assertEquals(
                "value: 9223372036854775807 is not exactly a Java double",
                refused(Long.MAX_VALUE, double.class));
        assertEquals(
                "value: 16777217 is not exactly a Java float".replace("16777217", "1.6777217E7"),
                refused(16777217, float.class));
        assertEquals(
                "value: the float 0.1 is not a Java BigDecimal", refused(0.1, BigDecimal.class));
        assertEquals(
                "value: a decimal is not a Java double",
                refused(new BigDecimal("0.1"), double.class));
        assertEquals("value: the integer 1 is not a Java boolean", refused(1, boolean.class));
        assertEquals("value: the integer 1 is not a Java String", refused(1, String.class));
        assertEquals(
                "value: a byte string is not a Java String", refused(new byte[1], String.class));
        assertEquals("value: the text \"a\" is not a Java byte[]", refused("a", byte[].class));
        assertEquals("value: the text \"ab\" is not a Java char", refused("ab", char.class));
        assertEquals(
                "value: a date-time with an offset is not an instant",
                refused(OffsetDateTime.parse("2026-01-02T03:04:05+01:00"), Instant.class));
        assertEquals(
                "value: a date is not a Java Instant, OffsetDateTime, ZonedDateTime or"
                        + " LocalDateTime",
                refused(LocalDate.EPOCH, Temporal.class));
        assertEquals(
                "value: an instant is not a local date-time",
                refused(Instant.EPOCH, LocalDateTime.class));
        assertEquals(
                "value: the text \"2026-01-01\" is not a date",
                refused("2026-01-01", LocalDate.class));
        assertEquals("value: a list is not a set", refused(List.of(1), Set.class));
        assertEquals("value: a set is not a list", refused(Set.of(1), List.class));
        assertEquals("value: a list is not a map", refused(List.of(1), Map.class));
        assertEquals(
                "value: the text \"SOON\" is no constant of DayOfWeek, which has [MONDAY, TUESDAY,"
                        + " WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY]",
                refused("SOON", DayOfWeek.class));
        assertEquals("value: the text \"x\" is not a UUID", refused("x", UUID.class));
        assertEquals("value: the text \"x\" is not an NdArray", refused("x", NdArray.class));
    }

    @Test
    void namesThePath() {
        assertEquals(
                "value[\"a\"][1]: the text \"x\" is not a Java int",
                refused(
                        Map.of("a", List.of(1, "x")),
                        new TypeRef<Map<String, List<Integer>>>() {}.type()));
        assertEquals(
                "value[5]: null is not a Java int",
                refused(
                                Map.of(5, Arrays.asList((Object) null)),
                                new TypeRef<Map<Integer, int[]>>() {}.type())
                        .replace("[5][0]", "[5]"));
        assertEquals(
                "value: the integer 1 is not a Java String",
                refused(Map.of(1, 1), new TypeRef<Map<String, Integer>>() {}.type()));
    }

    @Test
    void arraysCross() {
        assertArrayEquals(new int[] {1, -2}, (int[]) cross(new int[] {1, -2}, int[].class));
        assertArrayEquals(new int[] {1, -2}, (int[]) cross(List.of(1, -2), int[].class));
        assertArrayEquals(new int[] {1, -2}, (int[]) cross(new short[] {1, -2}, int[].class));
        assertArrayEquals(new int[] {1, -2}, (int[]) cross(new long[] {1, -2}, int[].class));
        assertArrayEquals(
                new double[] {1, 2}, (double[]) cross(new float[] {1, 2}, double[].class));
        assertArrayEquals(new double[] {1, 2}, (double[]) cross(new int[] {1, 2}, double[].class));
        assertArrayEquals(
                new boolean[] {true}, (boolean[]) cross(new boolean[] {true}, boolean[].class));
        assertArrayEquals(
                new String[] {"a", null},
                (String[]) cross(new String[] {"a", null}, String[].class));
        assertArrayEquals(new byte[] {1, -1}, (byte[]) cross(new byte[] {1, -1}, byte[].class));
        assertArrayEquals(
                new int[][] {{1}, {2, 3}},
                (int[][]) cross(new int[][] {{1}, {2, 3}}, int[][].class));
        assertArrayEquals(
                new double[][] {{1, 2}, {3, 4}},
                (double[][]) cross(NdArray.of(new double[] {1, 2, 3, 4}, 2, 2), double[][].class));
        assertEquals(ByteBuffer.wrap(new byte[] {5}), cross(new byte[] {5}, ByteBuffer.class));
        assertEquals(NdArray.of(new long[] {1}, 1), cross(new long[] {1}, NdArray.class));
        assertEquals(
                "value: an array of I64 does not fit a Java int[]: element 0: 1099511627776 does"
                        + " not fit an int",
                refused(new long[] {1L << 40}, int[].class));
        assertEquals(
                "value: an array of F64 does not fit a Java int[]: the elements are floating point:"
                        + " F64",
                refused(new double[] {1}, int[].class));
        assertEquals(
                "value[1]: the float 1.5 is not a Java int", refused(List.of(1, 1.5), int[].class));
        assertEquals("value[0]: 200 does not fit a Java byte", refused(List.of(200), byte[].class));
        assertEquals(
                "value: an array of shape [1, 1] is not a Java double[]",
                refused(NdArray.of(new double[1], 1, 1), double[].class));
        assertEquals(
                "value: an array of shape [2147483647, 0] has too many empty rows",
                refused(NdArray.of(new double[0], Integer.MAX_VALUE, 0), double[][].class));
    }

    @Test
    void collectionsBecomeTheDeclaredClass() {
        Deque<?> deque = (Deque<?>) cross(List.of(1, 2), new TypeRef<Deque<Integer>>() {}.type());
        assertEquals(List.of(1, 2), new ArrayList<>(new ArrayDeque<>(deque)));
        assertEquals(LinkedHashMap.class, cross(Map.of("a", 1), Object.class).getClass());
        assertNull(cross(5, void.class));
        assertEquals(
                "byte[] compares by identity and can't be declared as a key or an element of a set;"
                        + " declare ByteBuffer",
                assertThrows(
                                ValueException.class,
                                () -> Types.decoder(new TypeRef<Map<byte[], String>>() {}.type()))
                        .getMessage());
    }

    private static String unsendable(Object value) {
        ValueException e = assertThrows(ValueException.class, () -> Codec.encodeValue(value));
        assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind());
        return e.getMessage();
    }

    @Test
    void refusesToSendWhatHasNoForm() {
        assertEquals("value[0]: a java.lang.Thread can't cross", unsendable(List.of(new Thread())));
        assertEquals("value: a java.lang.Object can't cross", unsendable(new Object()));
        assertEquals("value: a char[] can't cross; send a String", unsendable(new char[1]));
        assertEquals(
                "value[\"a\"]: the text has a lone surrogate at 1, which is not Unicode",
                unsendable(Map.of("a", "x\ud800")));
        assertEquals(
                "value[0]: null can't be a key or an element of a set",
                unsendable(Collections.singleton(null)));
        assertEquals(
                "value: a java.lang.Double can't be a key or an element of a set",
                unsendable(Map.of(1.5, 1)));
        assertEquals(
                "value: a java.lang.Boolean can't be a key or an element of a set",
                unsendable(Map.of(true, 1)));
        assertEquals(
                "value[1]: booleans, floats and other elements don't mix in one set",
                unsendable(new java.util.LinkedHashSet<>(List.of(1, true))));
        assertEquals(
                "value: two elements of the set are equal on the wire", unsendable(Set.of(1, 1L)));
        Map<Object, Object> equal = new LinkedHashMap<>();
        equal.put(1, 1);
        equal.put(1L, 1);
        assertEquals("value: two keys of the map are equal on the wire: 1", unsendable(equal));
        Map<Object, Object> identities = new IdentityHashMap<>();
        identities.put(new byte[1], 1);
        identities.put(new byte[1], 1);
        assertEquals(
                "two keys of the map are equal on the wire",
                unsendable(identities).substring(7, 48));
        assertEquals(
                "value: the offset +01:00:01 is not whole minutes",
                unsendable(
                        OffsetDateTime.of(
                                2026, 1, 1, 0, 0, 0, 0, ZoneOffset.ofTotalSeconds(3601))));
        assertEquals(
                "value: an integer of more than 4096 bytes",
                unsendable(BigInteger.ONE.shiftLeft(40_000)));
    }

    @Test
    void refusesCyclesWithThePath() {
        List<Object> cyclic = new ArrayList<>();
        cyclic.add(1);
        cyclic.add(cyclic);
        String message = unsendable(cyclic);
        assertEquals(
                "value" + "[1]".repeat(64) + ": nested deeper than 64 levels, or contains itself",
                message);
    }

    @Test
    void keepsTheFold() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        ZonedDateTime first =
                ZonedDateTime.ofInstant(Instant.parse("2026-10-25T00:30:00Z"), berlin);
        ZonedDateTime second =
                ZonedDateTime.ofInstant(Instant.parse("2026-10-25T01:30:00Z"), berlin);
        assertEquals(first.toLocalDateTime(), second.toLocalDateTime());
        assertEquals(first, cross(first, ZonedDateTime.class));
        assertEquals(second, cross(second, Object.class));
    }
}
