package io.twinspan.internal.codec;

import io.twinspan.NdArray;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Lists, sets, maps and object arrays. None lets null through: {@link Decoder#orNull()} does. */
final class Containers {
    /**
     * Room that is made before any element was seen; nested headers that lie about their length
     * cost no more than this.
     */
    private static final int FIRST_ROOM = 64;

    private Containers() {}

    static Decoder list(Decoder element) {
        return reader -> readList(reader, element, "a list");
    }

    private static List<Object> readList(Reader reader, Decoder element, String target) {
        if (TypedArrays.isNext(reader)) {
            return numbers(reader, element);
        }
        int count = reader.arrayLength(target);
        List<Object> out = new ArrayList<>(Math.min(count, FIRST_ROOM));
        reader.enter(1);
        for (int i = 0; i < count; i++) {
            try {
                out.add(element.decode(reader));
            } catch (ValueException e) {
                throw e.index(i);
            }
        }
        reader.leave(1);
        return out;
    }

    /**
     * A typed array for a declared list: every number goes through the element's own decoder, as if
     * it stood in a list.
     */
    private static List<Object> numbers(Reader reader, Decoder element) {
        Object array = TypedArrays.untyped(reader);
        if (array instanceof NdArray nd) {
            throw ValueException.of(nd + " is not a list; declare an NdArray or a Java array");
        }
        int count = Array.getLength(array);
        Writer writer = new Writer();
        writer.array(count);
        for (int i = 0; i < count; i++) {
            Encoders.write(writer, Array.get(array, i));
        }
        return readList(new Reader(writer.payload()), element, "a list");
    }

    /**
     * A set, elements in the order of the wire; {@code element} reads what {@link Keys#expect} let
     * pass.
     */
    static Decoder set(Decoder element) {
        return reader -> {
            reader.tag(Tag.SET, "a set");
            int count = reader.arrayLength("the elements of a set");
            Set<Object> out = new LinkedHashSet<>(Math.min(count, FIRST_ROOM) * 2);
            List<Object> seen = new ArrayList<>(Math.min(count, FIRST_ROOM));
            reader.enter(1);
            int kind = 0;
            int before = -1;
            int start = reader.position();
            for (int i = 0; i < count; i++) {
                try {
                    int found = kind(reader);
                    if (i > 0 && found != kind) {
                        throw ValueException.of(
                                "booleans, floats and other elements don't mix in one set");
                    }
                    kind = found;
                    if (kind == 0) {
                        Keys.expect(reader);
                    }
                    seen.add(element.decode(reader));
                } catch (ValueException e) {
                    throw e.index(i);
                }
                int end = reader.position();
                if (before >= 0) {
                    order(reader.bytes, before, start, end);
                }
                before = start;
                start = end;
            }
            Keys.watch(seen.toArray(), count);
            for (Object item : seen) {
                if (!out.add(item)) {
                    throw ValueException.of(
                            "two elements of the set are equal: " + Show.value(item));
                }
            }
            reader.leave(1);
            return out;
        };
    }

    private static int kind(Reader reader) {
        int first = reader.peek();
        return first == 0xf4 || first == 0xf5 ? 1 : reader.isFloat() ? 2 : 0;
    }

    private static void order(byte[] bytes, int before, int start, int end) {
        int order = Arrays.compareUnsigned(bytes, before, start, bytes, start, end);
        if (order == 0) {
            throw ValueException.of("an element stands twice in the set");
        }
        if (order > 0) {
            throw ValueException.of("the elements of the set are not sorted by their bytes");
        }
    }

    /**
     * A map in the sender's order; {@code key} reads what {@link Keys#expect} let pass. A record is
     * a map as well when {@code texts} says that keys may be texts.
     */
    static Decoder map(Decoder key, Decoder value, boolean texts) {
        return reader -> {
            long tag = reader.peekTag();
            if (tag >= 0) {
                if (texts && (tag == Tag.RECORD || tag == Tag.NAMED)) {
                    return Untyped.record(reader, value);
                }
                throw reader.mismatch("a map");
            }
            int count = reader.mapLength("a map");
            Object[] keys = new Object[Math.min(count, FIRST_ROOM)];
            Object[] values = new Object[keys.length];
            reader.enter(1);
            for (int i = 0; i < count; i++) {
                if (i == keys.length) {
                    keys = Arrays.copyOf(keys, Math.min(count, i * 2));
                    values = Arrays.copyOf(values, keys.length);
                }
                Keys.expect(reader);
                keys[i] = key.decode(reader);
                try {
                    values[i] = value.decode(reader);
                } catch (ValueException e) {
                    throw e.key(keys[i]);
                }
            }
            reader.leave(1);
            Keys.watch(keys, count);
            Map<Object, Object> out = new LinkedHashMap<>(count * 2);
            for (int i = 0; i < count; i++) {
                out.put(keys[i], values[i]);
                if (out.size() != i + 1) {
                    throw ValueException.of(
                            "the key " + Show.value(keys[i]) + " stands twice in the map");
                }
            }
            return out;
        };
    }

    /** Hands the elements of a list to a collection class of its own. */
    static Decoder into(Decoder elements, Function<Collection<Object>, Object> make) {
        return reader -> {
            @SuppressWarnings("unchecked")
            Collection<Object> read = (Collection<Object>) elements.decode(reader);
            try {
                return make.apply(read);
            } catch (ClassCastException | NullPointerException e) {
                throw ValueException.of("the elements can't be ordered: " + e.getMessage(), e);
            }
        };
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // The element's decoder makes constants only.
    static Object enumSet(Class<?> type, Collection<Object> read) {
        EnumSet out = EnumSet.noneOf((Class) type);
        out.addAll(read);
        return out;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // As above.
    static Object enumMap(Class<?> type, Map<Object, Object> read) {
        EnumMap out = new EnumMap((Class) type);
        out.putAll(read);
        return out;
    }

    /** Hands the entries of a map to a map class of its own. */
    static Decoder intoMap(Decoder entries, Function<Map<Object, Object>, Object> make) {
        return reader -> {
            @SuppressWarnings("unchecked")
            Map<Object, Object> read = (Map<Object, Object>) entries.decode(reader);
            try {
                return make.apply(read);
            } catch (ClassCastException | NullPointerException e) {
                throw ValueException.of(
                        "the entries don't fit the declared map: " + e.getMessage(), e);
            }
        };
    }

    /**
     * An array of objects, of booleans, or of arrays; with a shape when its innermost elements are
     * numbers.
     */
    static Decoder array(Class<?> type, Decoder element) {
        String target = "a Java " + type.getSimpleName();
        Class<?> component = type.getComponentType();
        return reader -> {
            if (component.isArray() && reader.peekTag() == Tag.ND_ARRAY) {
                return NumberArrays.nested(reader, type);
            }
            List<Object> read = readList(reader, element, target);
            Object out = Array.newInstance(component, read.size());
            for (int i = 0; i < read.size(); i++) {
                Array.set(out, i, read.get(i));
            }
            return out;
        };
    }
}
