package io.twinspan.jackson;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.annotation.JsonValue;

import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.DeclaredRecords;
import io.twinspan.internal.codec.RecordNames;
import io.twinspan.internal.codec.ValueException;

import org.junit.jupiter.api.Test;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What the annotations say is done; nothing else changes, and nothing is coerced. */
class JacksonClassesTest {
    record Order(
            @JsonProperty("order_no") String id,
            @JsonAlias({"qty", "count"}) int quantity,
            @JsonIgnore String secret,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String note,
            Optional<String> tag) {}

    /** Without annotations: Twinspan's own, also inside of an annotated class. */
    record Line(String sku, long quantity) {}

    sealed interface Payment permits Card {}

    @WireType("jackson.Card")
    record Card(String number) implements Payment {}

    record Everything(
            @JsonProperty("a_bool") boolean bool,
            byte tiny,
            short small,
            int number,
            Long large,
            float single,
            double real,
            char letter,
            String text,
            BigInteger big,
            BigDecimal decimal,
            byte[] bytes,
            ByteBuffer buffer,
            int[] ints,
            double[] doubles,
            UUID uuid,
            Instant instant,
            ZonedDateTime zoned,
            LocalDate date,
            Duration duration,
            Set<String> set,
            Map<Integer, Line> byNumber,
            Map<String, List<Order>> orders,
            Line line,
            Payment payment,
            Thread.State state,
            Object any) {}

    static final class Account {
        private final String owner;
        private final Map<String, Object> more = new LinkedHashMap<>();
        private int visits;

        @JsonCreator
        static Account of(@JsonProperty("owner") String owner) {
            return new Account(owner);
        }

        private Account(String owner) {
            this.owner = owner;
        }

        public String getOwner() {
            return owner;
        }

        public int getVisits() {
            return visits;
        }

        public void setVisits(int visits) {
            this.visits = visits;
        }

        @JsonAnyGetter
        public Map<String, Object> more() {
            return more;
        }

        @JsonAnySetter
        public void add(String key, Object value) {
            more.put(key, value);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Account that
                    && owner.equals(that.owner)
                    && visits == that.visits
                    && more.equals(that.more);
        }

        @Override
        public int hashCode() {
            return Objects.hash(owner, visits, more);
        }
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({@JsonSubTypes.Type(Cat.class), @JsonSubTypes.Type(Dog.class)})
    interface Animal {}

    @JsonTypeName("cat")
    record Cat(int lives) implements Animal {}

    @JsonTypeName("dog")
    record Dog(String name, List<Animal> friends) implements Animal {}

    enum Level {
        @JsonProperty("low")
        LOW,
        @JsonProperty("high")
        HIGH
    }

    record Sku(@JsonValue String text) {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        Sku {}
    }

    @JsonIgnoreProperties({"b"})
    record Few(int a, @Nullable Integer b) {}

    record Money(BigDecimal amount, String currency) {}

    record Priced(String sku, @JsonUnwrapped Money price) {}

    record Formatted(
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant at,
            @JsonFormat(pattern = "dd.MM.yyyy") LocalDate day,
            Instant plain) {}

    record Box<T>(@JsonProperty("content") T value) {}

    private static Object cross(Object value, Type type) {
        return Codec.decode(Codec.encodeValue(value), type);
    }

    private static Object untyped(Object value) {
        return cross(value, Object.class);
    }

    private static String refused(Object value, Type type) {
        byte[] payload = Codec.encodeValue(value);
        return assertThrows(ValueException.class, () -> Codec.decode(payload, type)).getMessage();
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            out.put((String) pairs[i], pairs[i + 1]);
        }
        return out;
    }

    @Test
    void namesAliasesAndIgnored() {
        Order order = new Order("o-1", 3, "hidden", null, Optional.empty());
        assertEquals(map("order_no", "o-1", "quantity", 3L, "tag", null), untyped(order));
        assertEquals(new Order("o-1", 3, null, null, Optional.empty()), cross(order, Order.class));
        assertEquals(
                new Order("o-2", 7, null, "n", Optional.of("t")),
                cross(
                        map("order_no", "o-2", "qty", 7, "note", "n", "tag", "t", "new", 1),
                        Order.class));
        assertEquals(
                List.of(new Order("o", 1, null, null, Optional.empty())),
                cross(
                        List.of(map("order_no", "o", "count", 1)),
                        new TypeRef<List<Order>>() {}.type()));
    }

    @Test
    void everyValueOfTheTable() {
        Everything all =
                new Everything(
                        true,
                        (byte) -1,
                        (short) 300,
                        1 << 20,
                        1L << 60,
                        0.5f,
                        0.1,
                        'ž',
                        "3",
                        BigInteger.ONE.shiftLeft(100),
                        new BigDecimal("1.00"),
                        new byte[] {1},
                        ByteBuffer.wrap(new byte[] {2}),
                        new int[] {3},
                        new double[] {4.5},
                        new UUID(1, 2),
                        Instant.ofEpochSecond(1, 123_456_789),
                        ZonedDateTime.of(2026, 10, 25, 2, 30, 0, 7, ZoneId.of("Europe/Berlin")),
                        LocalDate.of(2028, 2, 29),
                        Duration.ofNanos(-1),
                        Set.of("a"),
                        Map.of(1, new Line("x", 1)),
                        Map.of("k", List.of(new Order("o", 1, null, null, Optional.empty()))),
                        new Line("y", 2),
                        new Card("42"),
                        Thread.State.NEW,
                        Instant.EPOCH);
        Everything back = (Everything) cross(all, Everything.class);
        assertEquals(List.of(shown(all)), List.of(shown(back)));
        assertEquals(1, back.bytes()[0]);
        assertEquals(3, back.ints()[0]);
        assertEquals(4.5, back.doubles()[0]);
        Map<?, ?> plain = (Map<?, ?>) untyped(all);
        assertEquals(all.instant(), plain.get("instant"));
        assertEquals(all.zoned(), plain.get("zoned"));
        assertEquals(all.uuid(), plain.get("uuid"));
        assertEquals(Map.of(1L, map("sku", "x", "quantity", 1L)), plain.get("byNumber"));
        assertEquals(Set.of("a"), plain.get("set"));
        assertEquals("NEW", plain.get("state"));
        assertTrue(plain.get("ints") instanceof int[]);
    }

    private static String shown(Everything all) {
        return all.toString().replaceAll("\\[[BID]@\\w+", "array").replace("BufferR[", "Buffer[");
    }

    @Test
    void creatorsAndAnyProperties() {
        Account account = Account.of("me");
        account.setVisits(2);
        account.add("since", Instant.EPOCH);
        assertEquals(map("owner", "me", "visits", 2L, "since", Instant.EPOCH), untyped(account));
        assertEquals(account, cross(account, Account.class));
        assertEquals(new Few(1, null), cross(new Few(1, 2), Few.class));
    }

    @Test
    void polymorphism() {
        Dog dog = new Dog("rex", List.of(new Cat(9), new Dog("max", List.of())));
        assertEquals(dog, cross(dog, Animal.class));
        assertEquals(dog, cross(dog, Dog.class));
        assertEquals(List.of(dog), cross(List.of(dog), new TypeRef<List<Animal>>() {}.type()));
        assertEquals(map("kind", "cat", "lives", 9L), untyped(new Cat(9)));
        assertTrue(
                refused(map("kind", "cow"), Animal.class).contains("type id 'cow'"),
                refused(map("kind", "cow"), Animal.class));
        assertEquals(
                "value.friends[1].lives: 2^40 does not fit a Java int",
                refused(
                        map(
                                "kind",
                                "dog",
                                "name",
                                "rex",
                                "friends",
                                List.of(
                                        map("kind", "cat", "lives", 1),
                                        map("kind", "cat", "lives", 1L << 40))),
                        Animal.class));
    }

    @Test
    void valuesEnumsFormatsAndUnwrapped() {
        assertEquals("high", untyped(Level.HIGH));
        assertEquals(Level.LOW, cross("low", Level.class));
        assertEquals(
                List.of(Level.LOW),
                cross(List.of(Level.LOW), new TypeRef<List<Level>>() {}.type()));
        assertEquals("A1", untyped(new Sku("A1")));
        assertEquals(new Sku("A1"), cross("A1", Sku.class));
        Formatted formatted =
                new Formatted(Instant.EPOCH, LocalDate.of(2026, 11, 28), Instant.EPOCH);
        assertEquals(
                map("at", "1970-01-01T00:00:00Z", "day", "28.11.2026", "plain", Instant.EPOCH),
                untyped(formatted));
        assertEquals(formatted, cross(formatted, Formatted.class));
        Priced priced = new Priced("a", new Money(new BigDecimal("1.50"), "EUR"));
        assertEquals(
                map("sku", "a", "amount", new BigDecimal("1.50"), "currency", "EUR"),
                untyped(priced));
        Box<List<Line>> box = new Box<>(List.of(new Line("a", 1)));
        assertEquals(box, cross(box, new TypeRef<Box<List<Line>>>() {}.type()));
        assertNull(cross(null, Order.class));
    }

    record Typed<T>(@JsonProperty("v") T value) {}

    /** What declares no type inside of an annotated class gets the class that is registered. */
    @Test
    void registeredRecordsWithoutADeclaredType() {
        Typed<Object> card = new Typed<>(new Card("42"));
        Type type = new TypeRef<Typed<Object>>() {}.type();
        assertEquals(new Typed<Object>(map("number", "42")), cross(card, type));
        RecordNames known = DeclaredRecords.of(List.of(Card.class)).within(RecordNames.NONE);
        assertEquals(card, Codec.decode(Body.of(Codec.encodeValue(card)).knowing(known), type));
    }

    /** Each value into each other type: what Twinspan refuses is refused here, never coerced. */
    @Test
    void nothingIsCoerced() {
        List<Object> values =
                new ArrayList<>(
                        List.of(
                                true,
                                3,
                                1L << 40,
                                (1L << 53) + 1,
                                BigInteger.ONE.shiftLeft(70),
                                2.0,
                                2.9,
                                Double.NaN,
                                "",
                                " ",
                                "3",
                                "true",
                                "null",
                                "2026-01-01",
                                new BigDecimal("3"),
                                new byte[] {1},
                                Instant.EPOCH,
                                LocalDate.EPOCH,
                                Duration.ZERO,
                                new UUID(1, 2),
                                List.of(),
                                List.of(1),
                                Map.of(),
                                Set.of(1)));
        values.add(null);
        List<Type> types =
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
                        int[].class,
                        UUID.class,
                        Instant.class,
                        LocalDate.class,
                        ZonedDateTime.class,
                        Duration.class,
                        Thread.State.class,
                        new TypeRef<List<Integer>>() {}.type(),
                        new TypeRef<Set<Integer>>() {}.type(),
                        new TypeRef<Map<String, Integer>>() {}.type(),
                        new TypeRef<Optional<Integer>>() {}.type(),
                        Line.class);
        int refused = 0;
        for (Object value : values) {
            for (Type type : types) {
                byte[] own = Codec.encodeValue(value);
                byte[] inside = Codec.encodeValue(map("v", value));
                Type typed = new TypedOf(type);
                Object expected;
                try {
                    expected = Codec.decode(own, type);
                } catch (ValueException e) {
                    String why =
                            assertThrows(
                                            ValueException.class,
                                            () -> Codec.decode(inside, typed),
                                            value + " as " + type)
                                    .getMessage();
                    assertTrue(why.startsWith("value.v"), why);
                    refused++;
                    continue;
                }
                Object found = ((Typed<?>) Codec.decode(inside, typed)).value();
                assertEquals(shown(expected), shown(found), value + " as " + type);
            }
        }
        assertTrue(refused > 400, refused + " were refused");
        record Primitive(@JsonProperty("n") int number) {}
        assertEquals(
                "value.n: the float 2.9 is not a Java int",
                refused(map("n", 2.9), Primitive.class));
        assertEquals(
                "value.n: the text \"3\" is not a Java int",
                refused(map("n", "3"), Primitive.class));
        assertEquals("value.n: null is not a Java int", refused(map("n", null), Primitive.class));
        assertEquals(
                "value.n: 2^40 does not fit a Java int",
                refused(map("n", 1L << 40), Primitive.class));
        assertEquals(
                "value: the field n is missing and has no default",
                refused(map(), Primitive.class));
    }

    private record TypedOf(Type argument) implements java.lang.reflect.ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return new Type[] {argument};
        }

        @Override
        public Type getRawType() {
            return Typed.class;
        }

        @Override
        public Type getOwnerType() {
            return JacksonClassesTest.class;
        }
    }

    private static Object shown(Object value) {
        return value instanceof byte[] bytes
                ? ByteBuffer.wrap(bytes)
                : value instanceof int[] ints
                        ? java.util.Arrays.toString(ints)
                        : value == null ? "null" : List.of(value.getClass().getName(), value);
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
    interface ByClass {}

    record Known(int n) implements ByClass {}

    /** A peer can't have any class made that it names. */
    @Test
    void classNamesOfPeers() {
        assertEquals(new Known(1), cross(new Known(1), ByClass.class));
        for (String name :
                List.of("java.lang.ProcessBuilder", "java.util.ArrayList", "io.x.None")) {
            assertTrue(refused(map("@class", name), ByClass.class).startsWith("value: "));
        }
    }

    @Test
    void classesWithoutAnnotationsStayRecords() {
        byte[] payload = Codec.encodeValue(List.of(new Line("a", 1), new Line("b", 2)));
        String text = new String(payload, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertEquals(text.indexOf("quantity"), text.lastIndexOf("quantity"));
        String inside =
                new String(
                        Codec.encodeValue(new Box<>(List.of(new Line("a", 1), new Line("b", 2)))),
                        java.nio.charset.StandardCharsets.ISO_8859_1);
        assertEquals(inside.indexOf("quantity"), inside.lastIndexOf("quantity"));
    }
}
