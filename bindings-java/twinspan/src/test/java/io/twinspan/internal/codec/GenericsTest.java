package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinspan.TypeRef;
import io.twinspan.WireType;

import org.junit.jupiter.api.Test;

import java.lang.reflect.Type;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Type variables mean what the place says where a type stands, however far away that is. */
class GenericsTest {
    record Item(String sku, int quantity) {}

    record Pair<A, B>(A first, B second) {}

    record Deep<T>(List<? extends Map<String, Optional<T>>> parts, T[] more, List<T>[] lists) {}

    record Number2<N extends Number>(N value) {}

    static class Base<T> {
        T value;
        List<T> all;
    }

    static class Middle<X> extends Base<Pair<X, String>> {
        X own;
    }

    static final class Leaf extends Middle<Item> {}

    sealed interface Result<T> permits Ok, Bad, Tagged {}

    @WireType("generics.Ok")
    record Ok<V>(V value) implements Result<V> {}

    @WireType("generics.Bad")
    record Bad<V>(String why) implements Result<V> {}

    abstract static sealed class Tagged<A, B> implements Result<B> permits Both {}

    @WireType("generics.Both")
    static final class Both<P, Q> extends Tagged<P, Q> {
        private final Q second;
        private final P first;

        Both(P first, Q second) {
            this.first = first;
            this.second = second;
        }

        private Both() {
            this(null, null);
        }
    }

    private static Object cross(Object value, Type type) {
        return Codec.decode(Codec.encodeValue(value), type);
    }

    private static String refused(Object value, Type type) {
        byte[] payload = Codec.encodeValue(value);
        return assertThrows(ValueException.class, () -> Codec.decode(payload, type)).getMessage();
    }

    @Test
    void variablesOfSuperclasses() {
        Leaf leaf = new Leaf();
        leaf.value = new Pair<>(new Item("a", 1), "x");
        leaf.all = List.of(leaf.value);
        leaf.own = new Item("b", 2);
        Leaf back = (Leaf) cross(leaf, Leaf.class);
        assertEquals(leaf.value, back.value);
        assertEquals(leaf.all, back.all);
        assertEquals(leaf.own, back.own);
        Middle<?> other = (Middle<?>) cross(leaf, new TypeRef<Middle<Item>>() {}.type());
        assertEquals(leaf.value, other.value);
        leaf.own = new Item(null, 3);
        assertEquals(
                "value.value.second: the integer 5 is not a Java String",
                refused(
                        Map.of(
                                "value",
                                Map.of("first", leaf.own, "second", 5),
                                "all",
                                List.of(),
                                "own",
                                leaf.own),
                        Leaf.class));
    }

    @Test
    void variablesOfUnions() {
        Type items = new TypeRef<Result<Item>>() {}.type();
        assertEquals(new Ok<>(new Item("a", 1)), cross(new Ok<>(new Item("a", 1)), items));
        assertEquals(new Bad<Item>("no"), cross(new Bad<Item>("no"), items));
        // The second variable of the member is the one of the union; of the first nothing is known.
        Both<?, ?> both = (Both<?, ?>) cross(new Both<>(new Item("a", 1), new Item("b", 2)), items);
        assertEquals(new Item("b", 2), both.second);
        assertEquals(Map.of("sku", "a", "quantity", 1L), both.first);
        assertEquals(
                List.of(new Ok<>(List.of(1))),
                cross(
                        List.of(new Ok<>(List.of(1))),
                        new TypeRef<List<Result<List<Integer>>>>() {}.type()));
        assertEquals(
                "value.value: the text \"x\" is not a Java int",
                refused(new Ok<>("x"), new TypeRef<Result<Integer>>() {}.type()));
    }

    @Test
    void nestedAndWild() {
        Type type = new TypeRef<Deep<Item>>() {}.type();
        Item a = new Item("a", 1);
        @SuppressWarnings({"unchecked", "rawtypes"})
        List<Item>[] lists = new List[] {List.of(a)};
        Deep<Item> deep = new Deep<>(List.of(Map.of("k", Optional.of(a))), new Item[] {a}, lists);
        @SuppressWarnings("unchecked")
        Deep<Item> back = (Deep<Item>) cross(deep, type);
        assertEquals(deep.parts(), back.parts());
        assertArrayEquals(deep.more(), (Object[]) back.more());
        assertArrayEquals(deep.lists(), back.lists());
        assertEquals(new Number2<>(1L), cross(new Number2<>(1L), Number2.class));
        assertEquals(
                new Number2<>((short) 1),
                cross(new Number2<>(1L), new TypeRef<Number2<Short>>() {}.type()));
        assertEquals(
                new Pair<>(
                        EnumSet.of(TimeUnit.DAYS),
                        new EnumMap<>(Map.of(TimeUnit.HOURS, (short) 2))),
                cross(
                        new Pair<>(EnumSet.of(TimeUnit.DAYS), Map.of("HOURS", 2)),
                        new TypeRef<
                                Pair<EnumSet<TimeUnit>, EnumMap<TimeUnit, Short>>>() {}.type()));
    }

    @Test
    void whatCannotBeDeclared() {
        assertEquals(
                "an Optional inside of an Optional can't cross: both are null on the wire",
                assertThrows(
                                ValueException.class,
                                () ->
                                        Codec.check(
                                                new TypeRef<
                                                        Optional<Optional<String>>>() {}.type()))
                        .getMessage());
        assertEquals(
                "value: an Optional inside of an Optional can't cross: both are null on the wire",
                assertThrows(
                                ValueException.class,
                                () -> Codec.encodeValue(Optional.of(Optional.empty())))
                        .getMessage());
        assertEquals(
                "an EnumSet can't be declared without its enum",
                assertThrows(ValueException.class, () -> Codec.check(EnumSet.class)).getMessage());
    }
}
