package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.TypeRef;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.AssertionFailedError;

import java.lang.reflect.Type;
import java.math.BigInteger;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The list of hostile inputs: each is refused in 10 ms and 1 MB at most. */
class HostileInputsTest {
    private static final Map<String, Type> TYPES =
            Map.of(
                    "any",
                    Object.class,
                    "int",
                    int.class,
                    "text",
                    String.class,
                    "bytes",
                    byte[].class,
                    "array",
                    double[][].class,
                    "list<int>",
                    new TypeRef<List<Integer>>() {}.type(),
                    "set<int>",
                    new TypeRef<Set<Long>>() {}.type(),
                    "map<int,any>",
                    new TypeRef<Map<Integer, Object>>() {}.type());

    private static void refused(String what, Runnable attempt) {
        ValueException e = assertThrows(ValueException.class, attempt::run, what);
        assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind(), what);
        assertTrue(e.getMessage().length() < 2000, what);
        HostileInputs.withinLimits(
                what,
                () -> {
                    try {
                        attempt.run();
                    } catch (ValueException again) {
                        return;
                    }
                    throw new AssertionFailedError(what + " was taken");
                });
    }

    @TestFactory
    Stream<DynamicTest> values() throws Exception {
        List<?> rows = HostileInputs.part("values");
        assertTrue(rows.size() >= 20);
        return rows.stream()
                .map(row -> (Map<?, ?>) row)
                .map(row -> DynamicTest.dynamicTest((String) row.get("name"), () -> value(row)));
    }

    private static void value(Map<?, ?> row) {
        byte[] payload = HostileInputs.bytes(row);
        for (Type type : new LinkedHashSet<>(List.of(TYPES.get(row.get("type")), Object.class))) {
            refused(row.get("name") + " as " + type, () -> Codec.decode(payload, type));
        }
    }

    @Test
    void whatIsAtALimitIsTaken() throws Exception {
        for (Object row : HostileInputs.part("taken")) {
            byte[] payload = HostileInputs.bytes((Map<?, ?>) row);
            Map<?, ?> taken = (Map<?, ?>) Codec.decode(payload, Object.class);
            assertTrue(taken.values().stream().allMatch(Long.valueOf(0)::equals));
        }
    }

    @Test
    void tooManyShapesAreNotSent() {
        Writer writer = new Writer();
        for (int i = 0; i < 4096; i++) {
            writer.shape(new Shape(new String[] {"a" + i}));
        }
        String[] names = new String[16_384 - 4096 + 1];
        java.util.Arrays.setAll(names, i -> "b" + i);
        assertThrows(ValueException.class, () -> writer.shape(new Shape(new String[] {"c"})));
        Writer wide = new Writer();
        wide.shape(new Shape(names));
        String[] more = new String[16_384];
        java.util.Arrays.setAll(more, i -> "d" + i);
        ValueException e = assertThrows(ValueException.class, () -> wide.shape(new Shape(more)));
        assertTrue(e.getMessage().contains("fields; 16384 are allowed"), e.getMessage());
    }

    /** A record of this side. */
    static final class Knot {
        private Object next;
        private List<Object> more;
    }

    /** Says that it has one entry, and has ever more. */
    private static final class Endless extends AbstractMap<String, Object> {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            return new java.util.AbstractSet<>() {
                @Override
                public int size() {
                    return 1;
                }

                @Override
                public Iterator<Entry<String, Object>> iterator() {
                    return Stream.iterate(0, n -> n + 1)
                            .map(n -> Map.entry("k" + n, (Object) n))
                            .iterator();
                }
            };
        }
    }

    private static Map<String, Object> objects() {
        List<Object> list = new ArrayList<>();
        list.add(list);
        Map<String, Object> map = new HashMap<>();
        map.put("again", Map.of("deeper", map));
        Knot one = new Knot();
        Knot two = new Knot();
        one.next = two;
        two.next = one;
        Knot listed = new Knot();
        listed.more = new ArrayList<>(List.of(new Knot()));
        listed.more.add(listed.more);
        Object[] array = new Object[1];
        array[0] = array;
        Object deep = List.of();
        for (int i = 0; i < 100_000; i++) {
            deep = List.of(deep);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("list that contains itself", list);
        all.put("map that contains itself", map);
        all.put("records in a circle", one);
        all.put("list in its own record", listed);
        all.put("array that contains itself", array);
        all.put("depth bomb", deep);
        all.put("integer of 100,001 bits", BigInteger.ONE.shiftLeft(100_000));
        all.put("text with a lone surrogate", "a".repeat(100_000) + "\udc80");
        all.put("keys that never end", new Endless());
        return all;
    }

    @Test
    void everyObjectOfTheListIsMade() throws Exception {
        assertEquals(HostileInputs.part("objects"), List.copyOf(objects().keySet()));
    }

    @TestFactory
    Stream<DynamicTest> objectsThatHaveNoForm() {
        return objects().entrySet().stream()
                .map(
                        entry ->
                                DynamicTest.dynamicTest(
                                        entry.getKey(),
                                        () ->
                                                refused(
                                                        entry.getKey(),
                                                        () -> Codec.payload(entry.getValue()))));
    }
}
