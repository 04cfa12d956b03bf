package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.TypeRef;
import io.twinspan.WireType;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class RecordNamesTest {
    @WireType("names.Card")
    record Card(String number) {}

    @WireType("names.Card")
    record OtherCard(String number) {}

    sealed interface Payment permits Cash, Later {}

    @WireType("names.Cash")
    record Cash(Object note) implements Payment {}

    sealed interface Later extends Payment permits Bill {}

    @WireType("names.Bill")
    record Bill(Map<String, Deep[]> deep) implements Later {}

    record Deep(Optional<List<? extends Leaf<Card>>> leaves, Thread thread) {}

    @WireType("names.Leaf")
    record Leaf<T>(T value, List<Leaf<T>> more) {}

    /** Has no constructor for its field: it can be sent only. */
    @WireType("names.Sent")
    static final class Sent {
        final String text;

        Sent() {
            text = "sent";
        }
    }

    private static DeclaredRecords declared(Type... types) {
        return DeclaredRecords.of(List.of(types));
    }

    private static Object untyped(Object value, RecordNames records) {
        return as(value, Object.class, records);
    }

    private static Object as(Object value, Type type, RecordNames records) {
        return Codec.decode(Body.of(Codec.encodeValue(value)).knowing(records), type);
    }

    @Test
    void whoDeclaresNothingGetsTheClassThatIsKnown() {
        Map<String, Object> plain = Map.of("number", "42");
        assertEquals(plain, untyped(new Card("42"), RecordNames.NONE));
        RecordNames known = declared(Card.class, Payment.class).within(RecordNames.NONE);
        assertEquals(new Card("42"), untyped(new Card("42"), known));
        List<Object> inside = List.of(new Card("1"), Map.of("k", new Cash(new Card("2"))));
        assertEquals(inside, untyped(inside, known));
        assertEquals(inside, as(inside, new TypeRef<List<Object>>() {}.type(), known));
        Leaf<Card> leaf = new Leaf<>(new Card("3"), List.of(new Leaf<>(new Card("4"), List.of())));
        assertEquals(leaf, untyped(leaf, known));
        // A declared map is one, and what is in it is declared too.
        assertEquals(
                plain, as(new Card("42"), new TypeRef<Map<String, Object>>() {}.type(), known));
        assertEquals(
                "value[0].number: the integer 1 is not a Java String",
                assertThrows(ValueException.class, () -> untyped(List.of(card(1)), known))
                        .getMessage());
        Codec.ItemDecoder items = Codec.items(Object.class, known);
        byte[] payload = Codec.encodeValue(new Card("5"));
        assertEquals(new Card("5"), items.decode(payload, 0, payload.length));
        assertEquals(new Card("5"), items.decode(Body.of(payload)));
    }

    private static RegisteredRecord card(Object number) {
        RegisteredRecord record = new RegisteredRecord("names.Card");
        record.put("number", number);
        return record;
    }

    @Test
    void declarationsAreSearchedToTheBottom() {
        assertEquals(
                List.of("names.Cash", "names.Bill", "names.Leaf", "names.Card"),
                sorted(declared(new TypeRef<Collection<Payment[]>>() {}.type())));
        assertEquals(Map.of(), declared(Deep[].class.arrayType().getClass()).byName());
        assertEquals(Map.of(), declared(Sent.class).byName());
        String refused =
                assertThrows(ValueException.class, () -> declared(Card.class, OtherCard.class))
                        .getMessage();
        assertEquals(
                Card.class.getName()
                        + " and "
                        + OtherCard.class.getName()
                        + " are both registered as `names.Card`",
                refused);
    }

    private static List<String> sorted(DeclaredRecords declared) {
        List<String> order = List.of("names.Cash", "names.Bill", "names.Leaf", "names.Card");
        List<String> found = new ArrayList<>(declared.byName().keySet());
        assertTrue(order.containsAll(found), found.toString());
        return order.stream().filter(found::contains).toList();
    }

    @Test
    void eachDeclarationHasItsOwnAndTheNodeThatOfTheFirst() {
        KnownRecords node = new KnownRecords();
        List<String> told = new ArrayList<>();
        DeclaredRecords first = declared(Card.class);
        DeclaredRecords second = declared(OtherCard.class);
        node.see(first, (other, type) -> told.add("first"));
        node.see(first, (other, type) -> told.add("again"));
        assertEquals(List.of(), told);
        node.see(
                second,
                (other, type) -> told.add(other.getSimpleName() + " " + type.getSimpleName()));
        assertEquals(List.of("Card OtherCard"), told);
        assertEquals(new Card("1"), untyped(new Card("1"), node));
        assertEquals(new OtherCard("1"), untyped(new Card("1"), second.within(node)));
        assertEquals(new Card("1"), untyped(new Card("1"), declared(Cash.class).within(node)));
        node.name(second.byName());
        assertEquals(new OtherCard("1"), untyped(new Card("1"), node));
        assertThrows(ValueException.class, () -> node.name(first.byName()));
    }

    /** Makes the classes of this test anew, as a container does that loads a program again. */
    private static final class Again extends ClassLoader {
        private Again() {
            super(RecordNamesTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(Card.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            String file = name.replace('.', '/') + ".class";
            try (InputStream in = getParent().getResourceAsStream(file)) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void classesThatAreLoadedAnewReplaceTheOldOnesAndNobodyKeepsThem() throws Exception {
        KnownRecords node = new KnownRecords();
        node.see(declared(Card.class), (other, type) -> {});
        seeAgain(node);
        Map<String, Object> garbage = new HashMap<>();
        for (int i = 0; i < 100 && node.find("names.Card") != null; i++) {
            garbage.put("g", new byte[1 << 20]);
            System.gc();
            Thread.sleep(20);
        }
        assertNull(node.find("names.Card"));
        node.see(declared(Card.class), (other, type) -> {});
        assertSame(Card.class, node.find("names.Card"));
    }

    private static void seeAgain(KnownRecords node) throws ClassNotFoundException {
        Class<?> again = new Again().loadClass(Card.class.getName());
        assertNotSame(Card.class, again);
        node.see(declared(again), (other, type) -> {});
        assertSame(again, node.find("names.Card"));
    }
}
