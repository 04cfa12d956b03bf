package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.Default;
import io.twinspan.NdArray;
import io.twinspan.Nullable;

import org.junit.jupiter.api.Test;

import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

class ArgumentsTest {
    record Order(String id, int quantity) {}

    interface Shop {
        BigDecimal quote(String sku, int quantity);

        CompletableFuture<List<Order>> find(
                Order like, @Default("2") int depth, @Nullable String note, Optional<Long> most);

        void log(String format, Object... values);

        int sum(int... values);

        void none();
    }

    interface Overloaded {
        void put(int value);

        void put(double value);

        void put(String value);

        void put(Object value);

        void put(int first, int second);

        void put(long[] values);
    }

    private static Signature signature(Class<?> type, String name, Class<?>... parameters)
            throws Exception {
        return Signature.of(type.getMethod(name, parameters));
    }

    private static Signature signature(String name) {
        return Signature.of(
                Arrays.stream(Shop.class.getMethods())
                        .filter(m -> m.getName().equals(name))
                        .findFirst()
                        .orElseThrow());
    }

    private static Object[] bind(String method, Object[] positional, Map<String, ?> named) {
        return Codec.decodeArguments(Codec.encodeArguments(positional, named), signature(method));
    }

    private static String bad(String method, Object[] positional, Map<String, ?> named) {
        ValueException e =
                assertThrows(ValueException.class, () -> bind(method, positional, named));
        assertEquals(ValueException.Kind.BAD_ARGUMENTS, e.kind());
        return e.getMessage();
    }

    private static Object[] of(Object... values) {
        return values;
    }

    @Test
    void byPlaceAndByName() {
        assertArrayEquals(of("a", 2), bind("quote", of("a", 2), null));
        assertArrayEquals(of("a", 2), bind("quote", of("a"), Map.of("quantity", 2)));
        assertArrayEquals(of("a", 2), bind("quote", null, Map.of("quantity", 2, "sku", "a")));
        assertArrayEquals(
                of(new Order("o", 1), 2, null, Optional.empty()),
                bind("find", of(new Order("o", 1)), null));
        assertArrayEquals(
                of(new Order("o", 1), 5, "n", Optional.of(6L)),
                bind("find", of(new Order("o", 1)), Map.of("depth", 5, "note", "n", "most", 6)));
        assertArrayEquals(of(), bind("none", null, null));
        assertArrayEquals(of(1L, "x"), (Object[]) bind("log", of("f", 1, "x"), null)[1]);
        assertArrayEquals(of(), (Object[]) bind("log", of("f"), null)[1]);
        assertArrayEquals(new int[] {1, 2}, (int[]) bind("sum", of(1, 2), null)[0]);
        assertArrayEquals(
                new int[] {1, 2}, (int[]) bind("sum", null, Map.of("values", new int[] {1, 2}))[0]);
    }

    @Test
    void badArguments() {
        // As Python words them; the provider adds the signature.
        assertEquals(
                "no parameter `quantty`; did you mean `quantity`?",
                bad("quote", of("a"), Map.of("quantty", 2)));
        assertEquals("no parameter `zzzzzz`", bad("quote", of("a"), Map.of("zzzzzz", 2)));
        assertEquals("missing argument `quantity`", bad("quote", of("a"), null));
        assertEquals("missing arguments `sku`, `quantity`", bad("quote", of(), null));
        assertEquals(
                "3 positional arguments, but at most 2 are taken",
                bad("quote", of("a", 1, 2), null));
        assertEquals("1 positional argument, but none is taken", bad("none", of(1), null));
        assertEquals("`sku` is given twice", bad("quote", of("a"), Map.of("sku", "a")));
    }

    @Test
    void badValues() {
        ValueException e =
                assertThrows(ValueException.class, () -> bind("quote", of("a", 1L << 40), null));
        assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind());
        assertEquals("quantity: 2^40 does not fit a Java int", e.getMessage());
        e =
                assertThrows(
                        ValueException.class,
                        () -> bind("find", of(Map.of("id", "a", "quantity", 2.9)), null));
        assertEquals("like.quantity: the float 2.9 is not a Java int", e.getMessage());
        e = assertThrows(ValueException.class, () -> bind("sum", of(1, "x"), null));
        assertEquals("values[1]: the text \"x\" is not a Java int", e.getMessage());
        e =
                assertThrows(
                        ValueException.class,
                        () -> Codec.decodeArguments(Codec.encodeValue(5), signature("quote")));
        assertEquals("arguments: the integer 5 is not a list of 2 parts", e.getMessage());
        e =
                assertThrows(
                        ValueException.class,
                        () -> Codec.encodeArguments(of(1, new Thread()), null));
        assertEquals("arguments[1]: a java.lang.Thread can't cross", e.getMessage());
        e =
                assertThrows(
                        ValueException.class,
                        () ->
                                Codec.encodeArguments(
                                        List.of("order"), of(List.of(new Thread())), null));
        assertEquals("order[0]: a java.lang.Thread can't cross", e.getMessage());
    }

    @Test
    void aliases() {
        Map<String, Object> named = new LinkedHashMap<>();
        named.put("orderId", 1);
        Signature signature =
                Signature.of("f", List.of(Parameter.of("order_id", int.class)), void.class);
        assertArrayEquals(
                of(1), Codec.decodeArguments(Codec.encodeArguments(null, named), signature));
        named.put("order_id", 2);
        assertThrows(
                ValueException.class,
                () -> Codec.decodeArguments(Codec.encodeArguments(null, named), signature));
    }

    @Test
    void overloads() throws Exception {
        List<Signature> all =
                List.of(
                        signature(Overloaded.class, "put", int.class),
                                signature(Overloaded.class, "put", double.class),
                        signature(Overloaded.class, "put", String.class),
                                signature(Overloaded.class, "put", Object.class),
                        signature(Overloaded.class, "put", int.class, int.class),
                                signature(Overloaded.class, "put", long[].class));
        assertEquals(0, Codec.arguments(Codec.encodeArguments(of(1), null)).select(all));
        assertEquals(1, Codec.arguments(Codec.encodeArguments(of(1.5), null)).select(all));
        assertEquals(2, Codec.arguments(Codec.encodeArguments(of("x"), null)).select(all));
        assertEquals(3, Codec.arguments(Codec.encodeArguments(of(true), null)).select(all));
        assertEquals(
                3,
                Codec.arguments(Codec.encodeArguments(of(1L << 40), null))
                        .select(List.of(all.get(0), all.get(2), all.get(2), all.get(3))));
        assertEquals(4, Codec.arguments(Codec.encodeArguments(of(1, 2), null)).select(all));
        assertEquals(
                5, Codec.arguments(Codec.encodeArguments(of(new long[] {1}), null)).select(all));
        Arguments arguments = Codec.arguments(Codec.encodeArguments(of(1), Map.of("b", "x")));
        assertEquals(1, arguments.positional());
        assertEquals(List.of("b"), arguments.names());
        assertEquals(1, arguments.positional(0, int.class));
        assertEquals("x", arguments.named(0, String.class));
        assertThrows(ValueException.class, () -> arguments.select(all));
        assertFalse(all.get(0).clashes(all.get(1)));
        assertFalse(all.get(0).clashes(all.get(4)));
        assertTrue(
                all.get(0)
                        .clashes(
                                Signature.of(
                                        "put",
                                        List.of(Parameter.of("x", long.class)),
                                        void.class)));
    }

    private static Signature taking(Type... types) {
        List<Parameter> parameters = new java.util.ArrayList<>();
        for (Type type : types) {
            parameters.add(Parameter.of("p" + parameters.size(), type));
        }
        return Signature.of("put", parameters, void.class);
    }

    private static int chosen(Object value, Type... types) {
        List<Signature> all = java.util.Arrays.stream(types).map(type -> taking(type)).toList();
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < i; j++) {
                assertFalse(all.get(i).clashes(all.get(j)), types[i] + " and " + types[j]);
            }
        }
        return Codec.arguments(Codec.encodeArguments(of(value), null)).select(all);
    }

    record Pair(String a, int b) {}

    /** First the value's own type, then the nearest widening; {@code Object} takes the rest. */
    @Test
    void theNearestOverload() {
        Instant now = Instant.EPOCH;
        OffsetDateTime offset = OffsetDateTime.parse("2026-01-02T03:04:05+01:00");
        assertEquals(0, chosen(1, int.class, double.class, BigDecimal.class, Object.class));
        assertEquals(0, chosen(1, double.class, BigDecimal.class, Number.class, Object.class));
        assertEquals(1, chosen((1L << 53) + 1, double.class, BigDecimal.class, Object.class));
        assertEquals(1, chosen("x", int.class, Object.class));
        assertEquals(0, chosen(now, Instant.class, OffsetDateTime.class, Temporal.class));
        assertEquals(0, chosen(now, OffsetDateTime.class, ZonedDateTime.class, Temporal.class));
        assertEquals(1, chosen(offset, Instant.class, OffsetDateTime.class, ZonedDateTime.class));
        assertEquals(1, chosen(offset, LocalDate.class, Temporal.class));
        assertEquals(1, chosen(new int[1], long[].class, int[].class, double[].class));
        assertEquals(0, chosen(new int[1], long[].class, double[].class, List.class));
        assertEquals(2, chosen(List.of(1), int[].class, NdArray.class, List.class));
        assertEquals(1, chosen(java.util.Set.of(1), List.class, java.util.Set.class));
        assertEquals(0, chosen(new Pair("a", 1), Pair.class, Map.class, Object.class));
        assertEquals(1, chosen(Map.of("a", "x", "b", 1), Pair.class, Map.class, Object.class));
        assertEquals(0, chosen(new byte[1], byte[].class, NdArray.class, String.class));
    }

    @Test
    void tiesAreFoundBeforeAnyCall() {
        record Two(Type a, Type b) {}
        List<Two> ties =
                List.of(
                        new Two(int.class, long.class),
                        new Two(float.class, double.class),
                        new Two(String.class, java.time.DayOfWeek.class),
                        new Two(byte[].class, java.nio.ByteBuffer.class),
                        new Two(List.class, String[].class),
                        new Two(
                                new io.twinspan.TypeRef<java.util.Optional<Long>>() {}.type(),
                                java.math.BigInteger.class));
        for (Two tie : ties) {
            assertTrue(taking(tie.a()).clashes(taking(tie.b())), tie.toString());
            assertTrue(taking(tie.b(), int.class).clashes(taking(tie.a(), short.class)));
            assertFalse(taking(tie.a(), int.class).clashes(taking(tie.b())), tie.toString());
        }
    }

    @Test
    void texts() throws Exception {
        assertEquals(
                "find(like: record Order, depth: int = 2, note: text?, most: int?) -> list<record"
                        + " Order>",
                signature("find").toString());
        assertEquals("log(format: text, *values: any) -> null", signature("log").toString());
        Method sum = Shop.class.getMethod("sum", int[].class);
        assertEquals("sum(*values: int) -> int", Signatures.describe(sum));
        assertEquals(
                "map<text,list<bytes?>>".replace("?", ""),
                Signatures.describe(
                        new io.twinspan.TypeRef<Map<String, List<byte[]>>>() {}.type()));
    }
}
