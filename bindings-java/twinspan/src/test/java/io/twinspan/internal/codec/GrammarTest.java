package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.Default;
import io.twinspan.Doc;
import io.twinspan.NdArray;
import io.twinspan.NodeRef;
import io.twinspan.Nullable;
import io.twinspan.RemoteStream;
import io.twinspan.RenamedFrom;
import io.twinspan.ServiceRef;
import io.twinspan.WireType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

class GrammarTest {
    @Doc("What it looks like.")
    enum Color {
        RED,
        GREEN {
            @Override
            public String toString() {
                return "green";
            }
        }
    }

    record Line(String sku, @Default("1") int quantity) {}

    @Doc("What somebody wants.")
    record Order(
            @Doc("Unique in the shop.") String id,
            List<Line> lines,
            @Default("RED") Color color,
            @Nullable BigDecimal price,
            Optional<Order> parent,
            @Default("1.5") double weight) {}

    record Page<T>(List<T> items, Optional<Page<T>> next) {}

    record Grows<T>(List<Grows<List<T>>> more) {}

    sealed interface Payment permits Card, Cash, Other {}

    @WireType("shop.Card")
    record Card(String number) implements Payment {}

    @WireType("shop.Cash")
    record Cash(@Default("1.50") BigDecimal amount) implements Payment {}

    /** Not registered, so that it doesn't cross as a payment. */
    record Other() implements Payment {}

    static class Base {
        String name = "none";
    }

    @SuppressWarnings("unused")
    static final class Plain extends Base {
        int count;
        double scale = 2;
        List<String> tags = new ArrayList<>(List.of("a"));
        Map<String, Integer> sizes = new HashMap<>();
    }

    static final class Elsewhere {
        record Line(int length) {}
    }

    interface Types<T extends Number> {
        int i();

        Long l();

        char c();

        Object any();

        void nothing();

        byte[] bytes();

        double[] doubles();

        short[][] rows();

        NdArray array();

        boolean[] flags();

        Instant instant();

        OffsetDateTime offset();

        ZonedDateTime zoned();

        LocalDateTime local();

        java.time.temporal.Temporal moment();

        OptionalInt maybe();

        Optional<List<String>> optional();

        Map<String, ? extends Set<UUID>> map();

        @SuppressWarnings("rawtypes")
        List raw();

        List<String>[] lists();

        Iterator<Line> lines();

        RemoteStream<Integer> stream();

        T variable();

        Color color();

        Order order();

        Page<Line> page();

        Page<List<String>> nested();

        Page<Optional<Integer>> maybes();

        @SuppressWarnings("rawtypes")
        Page bare();

        Grows<Integer> grows();

        Payment payment();

        Card card();

        Plain plain();

        Thread thread();

        Runnable runnable();

        Exception exception();

        @Nullable
        String nullable();
    }

    private static Method method(String name) {
        return Arrays.stream(Types.class.getMethods())
                .filter(one -> one.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "i | int",
                "l | int",
                "c | text",
                "any | any",
                "nothing | null",
                "bytes | bytes",
                "doubles | array<f64>",
                "rows | list<array<i16>>",
                "array | array",
                "flags | list<bool>",
                "instant | instant",
                "offset | offset_datetime",
                "zoned | zoned_datetime",
                "local | local_datetime",
                "moment | datetime",
                "maybe | int?",
                "optional | list<text>?",
                "map | map<text,set<uuid>>",
                "raw | list<any>",
                "lists | list<list<text>>",
                "lines | stream<record Line>",
                "stream | stream<int>",
                "variable | any",
                "color | enum Color",
                "order | record Order",
                "page | record PageLine",
                "nested | record PageListText",
                "maybes | record PageOptionalInt",
                "bare | record Page",
                "payment | union Payment",
                "card | record Card",
                "plain | record Plain",
                "thread | any",
                "runnable | any",
                "exception | any",
                "nullable | text?",
            })
    void everyTypeHasItsText(String name, String expected) {
        Method method = method(name);
        assertEquals(expected, new Grammar().result(method.getGenericReturnType(), method), name);
    }

    private static Map<String, Map<String, Object>> defined(String name) {
        Grammar grammar = new Grammar();
        grammar.text(method(name).getGenericReturnType());
        Map<String, Map<String, Object>> out = new LinkedHashMap<>();
        grammar.types().forEach(one -> out.put((String) one.get("name"), one));
        return out;
    }

    private static Map<String, Object> field(String name, String type, Object... more) {
        Map<String, Object> out = new LinkedHashMap<>(Map.of("name", name, "type", type));
        for (int i = 0; i < more.length; i += 2) {
            out.put((String) more[i], more[i + 1]);
        }
        return out;
    }

    private static Map<String, Object> optional(String name, String type, String json) {
        return field(name, type, "optional", true, "default", json);
    }

    @Test
    void recordsAreDefinedWithAllThatTheyLeadTo() {
        Map<String, Map<String, Object>> types = defined("order");
        assertEquals(List.of("Order", "Line", "Color"), List.copyOf(types.keySet()));
        assertEquals(
                Map.of(
                        "name",
                        "Order",
                        "kind",
                        "record",
                        "doc",
                        "What somebody wants.",
                        "fields",
                        List.of(
                                field("id", "text", "doc", "Unique in the shop."),
                                field("lines", "list<record Line>"),
                                optional("color", "enum Color", "\"RED\""),
                                optional("price", "decimal?", "null"),
                                optional("parent", "record Order?", "null"),
                                optional("weight", "float", "1.5"))),
                types.get("Order"));
        assertEquals(
                Map.of(
                        "name",
                        "Color",
                        "kind",
                        "enum",
                        "values",
                        List.of("RED", "GREEN"),
                        "doc",
                        "What it looks like."),
                types.get("Color"));
    }

    @Test
    void whatTheConstructorOfAClassLeavesIsItsDefault() {
        assertEquals(
                List.of(
                        optional("name", "text", "\"none\""),
                        field("count", "int"),
                        optional("scale", "float", "2.0"),
                        optional("tags", "list<text>", "[\"a\"]"),
                        optional("sizes", "map<text,int>", "{}")),
                defined("plain").get("Plain").get("fields"));
    }

    @Test
    void genericRecordsAreDefinedForWhatTheyHold() {
        Map<String, Map<String, Object>> types = defined("page");
        assertEquals(
                List.of(
                        field("items", "list<record Line>"),
                        optional("next", "record PageLine?", "null")),
                types.get("PageLine").get("fields"));
        assertEquals(Set.of("PageLine", "Line"), types.keySet());
        assertEquals(
                List.of(field("items", "list<any>"), optional("next", "record Page?", "null")),
                defined("bare").get("Page").get("fields"));
        int steps = defined("grows").size();
        assertTrue(steps > 1 && steps < 100, "a type that grows with each step ends: " + steps);
    }

    @Test
    void unionsNameTheirMembers() {
        Map<String, Map<String, Object>> types = defined("payment");
        assertEquals(
                Map.of(
                        "name",
                        "Payment",
                        "kind",
                        "union",
                        "members",
                        List.of("record Card", "record Cash", "record Other")),
                types.get("Payment"));
        assertEquals("shop.Cash", types.get("Cash").get("registered"));
        assertEquals(
                List.of(optional("amount", "decimal", "\"1.50\"")),
                types.get("Cash").get("fields"));
        assertFalse(types.get("Other").containsKey("registered"));
    }

    @Test
    void classesOfOneNameAreToldApart() {
        Grammar grammar = new Grammar();
        assertEquals("record Line", grammar.text(Line.class));
        assertEquals("record Line2", grammar.text(Elsewhere.Line.class));
        assertEquals("record Line", grammar.text(Line.class));
        assertEquals(
                List.of("Line", "Line2"),
                grammar.types().stream().map(one -> one.get("name")).toList());
    }

    @Test
    void aServiceDefines64KiBAtMost() {
        Grammar grammar = new Grammar();
        Definitions definitions = new Definitions(grammar);
        String long20 = "x".repeat(20_000);
        assertEquals("union Payment", definitions.ofUnion(Payment.class, List.of(long20)));
        assertEquals("union Line", definitions.ofUnion(Line.class, List.of(long20, long20)));
        assertEquals("any", definitions.ofUnion(Order.class, List.of(long20)));
        assertEquals("enum Color", definitions.ofEnum(Color.class));
        int size =
                definitions.all().stream()
                        .mapToInt(one -> one.toString().getBytes(StandardCharsets.UTF_8).length)
                        .sum();
        assertTrue(size > 60_000 && size < Definitions.LARGEST, "bytes: " + size);
    }

    @Test
    void parametersSayTheirDefaultsAndFormerNames() throws Exception {
        class Service {
            @SuppressWarnings("unused")
            public void buy(
                    Order order,
                    @Default("km") @RenamedFrom("measure") String unit,
                    @Nullable Integer count,
                    Line... lines) {}
        }
        Method buy =
                Service.class.getMethod(
                        "buy", Order.class, String.class, Integer.class, Line[].class);
        Grammar grammar = new Grammar();
        List<Map<String, Object>> told = new ArrayList<>();
        for (Parameter parameter : Signature.of(buy).parameters()) {
            told.add(grammar.parameter(parameter, told.size()));
        }
        assertEquals(
                List.of(
                        field("order", "record Order", "kind", "both"),
                        field(
                                "unit",
                                "text",
                                "kind",
                                "both",
                                "optional",
                                true,
                                "default",
                                "\"km\"",
                                "former",
                                List.of("measure")),
                        field("count", "int?", "kind", "both", "optional", true, "default", "null"),
                        field("lines", "record Line", "kind", "rest", "optional", true)),
                told);
    }

    @Test
    void defaultsAreJsonAsTheCommandReadsIt() {
        Map<Object, List<String>> all = new LinkedHashMap<>();
        all.put(true, List.of("bool", "true"));
        all.put(7L, List.of("int", "7"));
        all.put(0.1, List.of("float?", "0.1"));
        all.put(0.1f, List.of("float", "0.1"));
        all.put(2e-3, List.of("float", "0.002"));
        all.put(1e-7, List.of("float", "1e-07"));
        all.put(1.25e300, List.of("float", "1.25e+300"));
        all.put(1e16, List.of("float", "1e+16"));
        all.put(1e15, List.of("float", "1000000000000000.0"));
        all.put(123.0, List.of("float", "123.0"));
        all.put(-0.0, List.of("float", "-0.0"));
        // Java 17 writes 2.2250738585072014E-308 well, and this one with a digit too many.
        all.put(2.0E-3 * 1e-20, List.of("float", "2e-23"));
        all.put("ä\"\n\u0001😀", List.of("text", "\"ä\\\"\\n\\u0001😀\""));
        all.put('x', List.of("text", "\"x\""));
        all.put(Color.GREEN, List.of("enum Color", "\"GREEN\""));
        all.put(new BigDecimal("1.50"), List.of("decimal", "\"1.50\""));
        all.put(
                new ServiceRef("shop", "a"),
                List.of("service_ref", "\"twinspan://shop/service/a\""));
        all.put(new NodeRef("shop", "a"), List.of("node_ref", "\"twinspan://shop/node/a\""));
        all.put(new UUID(0, 1), List.of("uuid", "\"00000000-0000-0000-0000-000000000001\""));
        all.put(new byte[] {0, -1}, List.of("bytes", "\"AP8=\""));
        all.put(LocalDate.of(2026, 1, 2), List.of("date", "\"2026-01-02\""));
        all.put(LocalTime.of(1, 2, 3, 500_000_000), List.of("time", "\"01:02:03.5\""));
        LocalDateTime local = LocalDateTime.of(2026, 1, 2, 3, 0);
        all.put(local, List.of("local_datetime", "\"2026-01-02T03:00:00\""));
        all.put(local.toInstant(ZoneOffset.UTC), List.of("instant", "\"2026-01-02T03:00:00Z\""));
        all.put(
                local.atOffset(ZoneOffset.ofHoursMinutes(-3, -30)),
                List.of("offset_datetime", "\"2026-01-02T03:00:00-03:30\""));
        all.put(
                local.atZone(ZoneId.of("Europe/Berlin")),
                List.of("zoned_datetime", "\"2026-01-02T03:00:00+01:00[Europe/Berlin]\""));
        all.put(Duration.ofSeconds(-61), List.of("duration", "\"PT-1M-1S\""));
        all.put(List.of(1.0, 2.5), List.of("list<float>", "[1.0, 2.5]"));
        all.put(new LinkedHashSet<>(List.of("b", "a")), List.of("set<text>", "[\"a\", \"b\"]"));
        all.put(
                Map.of("a", List.of(BigDecimal.ONE)),
                List.of("map<text,list<decimal>>", "{\"a\": [\"1\"]}"));
        all.forEach(
                (value, expected) ->
                        assertEquals(
                                expected.get(1),
                                DefaultJson.of(value, expected.get(0)),
                                String.valueOf(value)));
        List<Object> unsaid =
                List.of(Double.NaN, "\ud800", "x".repeat(2000), Map.of(1, 2), new Line("a", 1));
        assertEquals(
                List.of(),
                unsaid.stream()
                        .filter(one -> DefaultJson.of(one, "any") != null)
                        .collect(Collectors.toList()));
        assertEquals("null", DefaultJson.of(OptionalInt.empty(), "int?"));
    }
}
