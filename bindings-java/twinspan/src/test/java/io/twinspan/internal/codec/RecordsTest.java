package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinspan.Default;
import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;

import org.junit.jupiter.api.Test;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

class RecordsTest {
    record Item(String sku, long quantity) {}

    record Order(String orderId, List<Item> items, BigDecimal total) {}

    record Options(
            @Default("1") int depth,
            @Default("200") Long most,
            @Default("MONDAY") DayOfWeek day,
            @Default("PT1S") Duration pause,
            @Nullable String note,
            Optional<String> tag) {}

    record Box<T>(T value, List<T> more) {}

    record Node(String name, @Nullable Node next) {}

    record Deep(int at, List<Deep> inner) {}

    sealed interface Payment permits Card, Cash, Lost {}

    @WireType("shop.Card")
    record Card(String number) implements Payment {}

    @WireType("shop.Cash")
    record Cash(int cents) implements Payment {}

    record Lost() implements Payment {}

    static class Base {
        private String id = "none";
    }

    static class Bean extends Base {
        private int count;
        private List<String> names = new ArrayList<>();
        private transient int cache = 5;

        Bean() {}
    }

    static final class Fixed {
        private final String name;
        private final int size;

        Fixed(int size, String name) {
            this.size = size;
            this.name = name;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Fixed that && name.equals(that.name) && size == that.size;
        }

        @Override
        public int hashCode() {
            return Objects.hash(name, size);
        }
    }

    record Loud(int value) {
        Loud {
            if (value < 0) {
                throw new IllegalArgumentException("negative");
            }
        }
    }

    private static Object cross(Object value, Type type) {
        return Codec.decode(Codec.encodeValue(value), type);
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
    void recordsOfRecords() {
        Order order =
                new Order(
                        "o-1",
                        List.of(new Item("a", 1), new Item("b", Long.MAX_VALUE)),
                        new BigDecimal("9.90"));
        assertEquals(order, cross(order, Order.class));
        assertEquals(
                List.of(order, order),
                cross(List.of(order, order), new TypeRef<List<Order>>() {}.type()));
        assertEquals(
                map("orderId", "o-1", "items", List.of(), "total", null),
                cross(new Order("o-1", List.of(), null), Object.class));
        assertEquals(map("a", 1L), cross(map("a", 1), new TypeRef<Map<String, Long>>() {}.type()));
        assertEquals(
                map("sku", "a", "quantity", 1L),
                cross(new Item("a", 1), new TypeRef<Map<String, Object>>() {}.type()));
    }

    @Test
    void mapsAndAliases() {
        Map<String, Object> snake =
                map(
                        "order_id",
                        "o-1",
                        "items",
                        List.of(map("sku", "a", "quantity", 2)),
                        "total",
                        3,
                        "new",
                        1);
        assertEquals(
                new Order("o-1", List.of(new Item("a", 2)), new BigDecimal("3")),
                cross(snake, Order.class));
        // Exact names come first, wherever they stand.
        assertEquals(
                "exact",
                ((Order)
                                cross(
                                        map(
                                                "order_id",
                                                "alias",
                                                "orderId",
                                                "exact",
                                                "items",
                                                List.of(),
                                                "total",
                                                1),
                                        Order.class))
                        .orderId());
        assertEquals(
                "exact",
                ((Order)
                                cross(
                                        map(
                                                "orderId",
                                                "exact",
                                                "order_id",
                                                "alias",
                                                "items",
                                                List.of(),
                                                "total",
                                                1),
                                        Order.class))
                        .orderId());
    }

    @Test
    void namesThePath() {
        Map<String, Object> order =
                map(
                        "orderId",
                        "o-1",
                        "items",
                        List.of(
                                map("sku", "a", "quantity", 1),
                                map("sku", "a", "quantity", BigInteger.ONE.shiftLeft(70))),
                        "total",
                        1);
        assertEquals(
                "value.items[1].quantity: 2^70 does not fit a Java long",
                refused(order, Order.class));
        assertEquals(
                "value: the field quantity of Item is missing and has no default",
                refused(map("sku", "a"), Item.class));
        assertEquals(
                "value.quantity: null is not a Java long",
                refused(map("sku", "a", "quantity", null), Item.class));
        assertEquals("value: the integer 1 is not an Item", refused(1, Item.class));
        assertEquals(
                "value: making an io.twinspan.internal.codec.RecordsTest$Loud failed:"
                        + " java.lang.IllegalArgumentException: negative",
                refused(map("value", -1), Loud.class));
        assertEquals(
                "value.items[0].sku: the text has a lone surrogate at 0, which is not Unicode",
                assertThrows(
                                ValueException.class,
                                () ->
                                        Codec.encodeValue(
                                                new Order(
                                                        "o", List.of(new Item("\udc00", 1)), null)))
                        .getMessage());
    }

    @Test
    void missingOnes() {
        Options options =
                new Options(
                        1, 200L, DayOfWeek.MONDAY, Duration.ofSeconds(1), null, Optional.empty());
        assertEquals(options, cross(Map.of(), Options.class));
        Options all = new Options(2, 3L, DayOfWeek.FRIDAY, Duration.ZERO, "x", Optional.of("y"));
        assertEquals(all, cross(all, Options.class));
    }

    @Test
    void genericsAndRecursion() {
        Box<Item> box = new Box<>(new Item("a", 1), List.of(new Item("b", 2)));
        assertEquals(box, cross(box, new TypeRef<Box<Item>>() {}.type()));
        Box<Box<Short>> nested = new Box<>(new Box<>((short) 1, List.of()), List.of());
        assertEquals(nested, cross(nested, new TypeRef<Box<Box<Short>>>() {}.type()));
        assertEquals(
                "value.value: the text \"x\" is not a Java int",
                refused(new Box<>("x", List.of()), new TypeRef<Box<Integer>>() {}.type()));
        Node nodes = new Node("a", new Node("b", null));
        assertEquals(nodes, cross(nodes, Node.class));
        Deep deep = new Deep(1, List.of(new Deep(2, List.of())));
        assertEquals(deep, cross(deep, Deep.class));
    }

    @Test
    void depthIsLimited() {
        Node fits = null;
        for (int i = 0; i < 32; i++) {
            fits = new Node("n", fits);
        }
        assertEquals(fits, cross(fits, Node.class));
        Node tooDeep = new Node("n", fits);
        String message =
                assertThrows(ValueException.class, () -> Codec.encodeValue(tooDeep)).getMessage();
        assertEquals(
                "value" + ".next".repeat(32) + ": nested deeper than 64 levels, or contains itself",
                message);
    }

    @Test
    void unions() {
        assertEquals(new Card("42"), cross(new Card("42"), Payment.class));
        assertEquals(new Cash(5), cross(new Cash(5), Payment.class));
        assertEquals(new Cash(5), cross(new Cash(5), Cash.class));
        assertEquals(
                "value: a record registered as `shop.Cash` is not a Card, which is `shop.Card`",
                refused(new Cash(5), Card.class));
        assertEquals(new Lost(), cross(new Lost(), Payment.class));
        assertEquals(new Lost(), cross(map(), Payment.class));
        assertEquals(
                "value: the integer 1 is not a registered record of Payment",
                refused(1, Payment.class));
        assertEquals(List.of(map("cents", 5L)), cross(List.of(new Cash(5)), Object.class));
    }

    sealed interface Figure permits Circle, Square, Oblong, Twin {}

    record Circle(double radius, @Nullable String note) implements Figure {}

    record Square(double side) implements Figure {}

    record Oblong(double side, double other, @Nullable String note) implements Figure {}

    record Twin(double other, double side, @Nullable String note) implements Figure {}

    @Test
    void unionsOfRecordsThatAreNotRegistered() {
        assertEquals(new Circle(1, null), cross(new Circle(1, null), Figure.class));
        List<Figure> both = List.of(new Square(2), new Circle(1, "n"));
        assertEquals(both, cross(both, new TypeRef<List<Figure>>() {}.type()));
        // From a peer whose class has more, or less, or is a map.
        assertEquals(new Square(2), cross(map("side", 2.0, "hue", "red"), Figure.class));
        assertEquals(new Circle(3, null), cross(map("radius", 3.0), Figure.class));
        assertEquals(
                "value: a record of [`side`, `other`] may be Oblong as well as Twin; give them a"
                        + " @WireType",
                refused(map("side", 2.0, "other", 1.0), Figure.class));
        assertEquals(
                "value: a record of [`hue`] is no member of Figure",
                refused(map("hue", "red"), Figure.class));
        assertEquals(
                "value.side: the text \"x\" is not a Java double",
                refused(map("side", "x"), Figure.class));
    }

    @Test
    void plainClasses() {
        Bean bean = new Bean();
        bean.count = 3;
        bean.names.add("x");
        bean.cache = 9;
        Bean back = (Bean) cross(bean, Bean.class);
        assertEquals(3, back.count);
        assertEquals(List.of("x"), back.names);
        assertEquals(5, back.cache);
        // What the constructor sets is the default of a missing field; zero is no default.
        Bean few = (Bean) cross(map("count", 1), Bean.class);
        assertEquals(List.of(), few.names);
        assertEquals("none", ((Base) few).id);
        assertEquals(
                "value: the field count of Bean is missing and has no default",
                refused(Map.of(), Bean.class));
        assertEquals(new Fixed(3, "n"), cross(new Fixed(3, "n"), Fixed.class));
    }

    @Test
    void aSchemaThatChanged() {
        byte[] old = Codec.encodeValue(List.of(new Item("a", 1)));
        record Newer(String sku, @Default("7") int rank, @Nullable Long quantity) {}
        record Older(String sku) {}
        assertEquals(
                List.of(new Newer("a", 7, 1L)),
                Codec.decode(old, new TypeRef<List<Newer>>() {}.type()));
        assertEquals(
                List.of(new Older("a")), Codec.decode(old, new TypeRef<List<Older>>() {}.type()));
        assertNull(((Newer) cross(new Older("b"), Newer.class)).quantity());
    }

    @Test
    void shapesStandOnce() {
        byte[] payload = Codec.encodeValue(List.of(new Item("a", 1), new Item("b", 2)));
        String hex = HexFormat.of().formatHex(payload);
        String name =
                HexFormat.of()
                        .formatHex("quantity".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertEquals(hex.indexOf(name), hex.lastIndexOf(name));
    }

    @Test
    void unfitDeclarations() {
        record Bad(@Default("x") int number) {}
        record Flag(@Nullable int number) {}
        assertEquals(
                "number: @Default(\"x\") is no int",
                assertThrows(ValueException.class, () -> Binding.of(Bad.class)).getMessage());
        assertEquals(
                "number: an int can't be @Nullable",
                assertThrows(ValueException.class, () -> Binding.of(Flag.class)).getMessage());
        class Inner {
            Object outer() {
                return RecordsTest.this;
            }
        }
        assertEquals(
                true,
                assertThrows(ValueException.class, () -> Codec.encodeValue(new Inner()))
                        .problem()
                        .contains("make it static"));
    }

    @Test
    void checksFindWhatIsDeep() {
        record Inner(List<Map<String, Thread>> threads) {}
        record Outer(String name, Optional<Inner> inner) {}
        Codec.check(Order.class);
        Codec.check(Payment.class.arrayType());
        Codec.check(Deep.class);
        Codec.check(new TypeRef<Map<String, Box<Node>>>() {}.type());
        Codec.check(Bean.class);
        assertEquals(
                "inner.threads: a java.lang.Thread can't cross",
                assertThrows(ValueException.class, () -> Codec.check(Outer.class)).getMessage());
        assertEquals(
                "a java.lang.Thread can't cross",
                assertThrows(
                                ValueException.class,
                                () -> Codec.check(new TypeRef<Box<Thread>>() {}.type()))
                        .getMessage());
    }
}
