package io.twinspan.internal.codec;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values in a form that {@code equals} compares deeply: what an untyped receiver makes of them. */
final class Plain {
    private Plain() {}

    static Object of(Object value) {
        if (value instanceof Map<?, ?> map) {
            List<Object> entries = new ArrayList<>();
            map.forEach((key, item) -> entries.add(List.of(box(of(key)), box(of(item)))));
            return List.of("map", entries);
        }
        if (value instanceof Set<?> set) {
            Set<Object> elements = new HashSet<>();
            set.forEach(element -> elements.add(box(of(element))));
            return elements;
        }
        if (value instanceof Collection<?> list) {
            List<Object> elements = new ArrayList<>();
            list.forEach(element -> elements.add(of(element)));
            return elements;
        }
        if (value instanceof byte[] bytes) {
            return List.of("bytes", HexFormat.of().formatHex(bytes));
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return of(bytes);
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value != null && value.getClass().isArray()) {
            List<Object> elements = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                elements.add(Array.get(value, i));
            }
            return value instanceof Object[]
                    ? of(elements)
                    : List.of(value.getClass().getName(), elements);
        }
        if (value instanceof Record record
                && !value.getClass().getPackageName().equals("io.twinspan")) {
            return of(components(record));
        }
        return value;
    }

    private static Object box(Object value) {
        return value == null ? "null!" : value;
    }

    private static Map<String, Object> components(Record record) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                out.put(component.getName(), component.getAccessor().invoke(record));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
        return out;
    }
}
