package agents;

import io.twinspan.Member;
import io.twinspan.NdArray;
import io.twinspan.Node;
import io.twinspan.NodeRef;
import io.twinspan.ServiceRef;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Literals, as tests/agents/literal.py describes them, to Java values and back. */
final class Literals {
    private Literals() {}

    static Object value(Object literal) throws ReflectiveOperationException {
        if (literal instanceof List<?> list) {
            List<Object> out = new ArrayList<>();
            for (Object part : list) {
                out.add(value(part));
            }
            return out;
        }
        if (!(literal instanceof Map<?, ?> tagged)) {
            return literal;
        }
        Object v = tagged.get("v");
        List<?> parts = v instanceof List<?> list ? list : List.of();
        switch ((String) tagged.get("t")) {
            case "float":
                return Double.longBitsToDouble(Long.parseUnsignedLong((String) v, 16));
            case "decimal":
                return new BigDecimal(
                        new BigInteger(parts.get(0).toString()), ((Long) parts.get(1)).intValue());
            case "bytes":
                return HexFormat.of().parseHex((String) v);
            case "filled":
                {
                    byte[] filled = new byte[((Long) parts.get(1)).intValue()];
                    Arrays.fill(filled, ((Long) parts.get(0)).byteValue());
                    return filled;
                }
            case "map":
                {
                    Map<Object, Object> map = new LinkedHashMap<>();
                    for (Object pair : parts) {
                        map.put(value(((List<?>) pair).get(0)), value(((List<?>) pair).get(1)));
                    }
                    return map;
                }
            case "set":
                {
                    Set<Object> set = new LinkedHashSet<>();
                    for (Object part : parts) {
                        set.add(value(part));
                    }
                    return set;
                }
            case "record":
                return record(Class.forName("agents.Types$" + tagged.get("n")), (Map<?, ?>) v);
            case "enum":
                return Types.Color.valueOf((String) v);
            case "instant":
                return instant(parts);
            case "offset":
                return instant(parts)
                        .atOffset(ZoneOffset.ofTotalSeconds(((Long) parts.get(2)).intValue() * 60));
            case "zoned":
                return instant(parts).atZone(ZoneId.of((String) parts.get(2)));
            case "date":
                return LocalDate.parse((String) v);
            case "time":
                return LocalTime.ofNanoOfDay((Long) v);
            case "local":
                return LocalDateTime.of(
                        LocalDate.parse((String) parts.get(0)),
                        LocalTime.ofNanoOfDay((Long) parts.get(1)));
            case "duration":
                return Duration.ofSeconds((Long) parts.get(0), (Long) parts.get(1));
            case "service":
                return ServiceRef.parse((String) v);
            case "node":
                return NodeRef.parse((String) v);
            case "client":
            case "member":
                return new Live((String) tagged.get("t"), (String) v);
            case "uuid":
                return UUID.fromString((String) v);
            case "array":
                return array(
                        (String) parts.get(0),
                        (List<?>) parts.get(1),
                        HexFormat.of().parseHex((String) parts.get(2)));
            case "uncrossable":
                return new Thread("never started");
            default:
                throw new IllegalArgumentException("no literal: " + tagged);
        }
    }

    /** Stands for something of the calling node. */
    private record Live(String kind, String name) {
        Object of(Node node) {
            if (kind.equals("client")) {
                return name.contains("://")
                        ? node.client(ServiceRef.parse(name), Types.Face.class)
                        : node.client(name, Types.Face.class);
            }
            return name.isEmpty() ? node : node.member(name);
        }
    }

    /** Puts clients, members or the node in the places that ask for them. */
    static Object[] alive(Node node, Object[] arguments) {
        return Arrays.stream(arguments).map(a -> a instanceof Live l ? l.of(node) : a).toArray();
    }

    private static Instant instant(List<?> parts) {
        return Instant.ofEpochSecond((Long) parts.get(0), (Long) parts.get(1));
    }

    private static Object array(String dtype, List<?> shape, byte[] data) {
        ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        int[] dimensions = shape.stream().mapToInt(d -> ((Long) d).intValue()).toArray();
        NdArray nd =
                NdArray.of(
                        NdArray.Element.valueOf(dtype.toUpperCase(Locale.ROOT)),
                        buffer,
                        dimensions);
        if (dimensions.length != 1) {
            return nd;
        }
        switch (dtype) {
            case "f64":
                return nd.doubles();
            case "f32":
                return nd.floats();
            case "i64":
                return nd.longs();
            case "i32":
                return nd.ints();
            case "i16":
                {
                    short[] shorts = new short[data.length / 2];
                    buffer.asShortBuffer().get(shorts);
                    return shorts;
                }
            default:
                return nd;
        }
    }

    private static Object record(Class<?> type, Map<?, ?> fields)
            throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] =
                    fit(value(fields.get(components[i].getName())), components[i].getGenericType());
        }
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    /** A whole number in the width that a parameter has. */
    static Object fit(Object value, Type type) {
        if (type == ServiceRef.class && value instanceof Types.Face client) {
            return ServiceRef.of(client);
        }
        if (type == NodeRef.class) {
            return value instanceof Member member
                    ? NodeRef.of(member)
                    : value instanceof Node node ? NodeRef.of(node) : value;
        }
        if (value instanceof Long n && (type == int.class || type == Integer.class)) {
            return Math.toIntExact(n);
        }
        if (value instanceof Map<?, ?> map && type instanceof ParameterizedType generic) {
            Map<Object, Object> out = new LinkedHashMap<>();
            map.forEach((k, v) -> out.put(fit(k, generic.getActualTypeArguments()[0]), v));
            return out;
        }
        return value;
    }

    /** The literal of a value. Its class decides, so that a wrong class shows. */
    static Object of(Object value) throws ReflectiveOperationException {
        if (value == null
                || value instanceof Boolean
                || value instanceof String
                || value instanceof Long
                || value instanceof BigInteger) {
            return value;
        }
        if (value instanceof Integer n) {
            return n.longValue();
        }
        if (value instanceof Double d) {
            return tag("float", String.format("%016x", Double.doubleToLongBits(d)));
        }
        if (value instanceof BigDecimal d) {
            return tag("decimal", List.of(d.unscaledValue(), d.scale()));
        }
        if (value instanceof byte[] bytes) {
            return tag("bytes", HexFormat.of().formatHex(bytes));
        }
        if (value instanceof Enum<?> one) {
            return named("enum", one.getDeclaringClass().getSimpleName(), one.name());
        }
        if (value instanceof List<?> list) {
            return all(list);
        }
        if (value instanceof Set<?> set) {
            return tag("set", all(set));
        }
        if (value instanceof Map<?, ?> map) {
            List<Object> pairs = new ArrayList<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                pairs.add(Arrays.asList(of(entry.getKey()), of(entry.getValue())));
            }
            return tag("map", pairs);
        }
        if (value instanceof ServiceRef reference) {
            return tag("service", reference.uri());
        }
        if (value instanceof NodeRef reference) {
            return tag("node", reference.uri());
        }
        if (value instanceof Record record) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (RecordComponent component : value.getClass().getRecordComponents()) {
                var accessor = component.getAccessor();
                accessor.setAccessible(true);
                fields.put(component.getName(), of(accessor.invoke(record)));
            }
            return named("record", value.getClass().getSimpleName(), fields);
        }
        Object moment = moment(value);
        if (moment != null) {
            return moment;
        }
        Object numbers = numbers(value);
        return numbers != null ? numbers : tag("other", value.getClass().getName());
    }

    private static Object moment(Object value) {
        if (value instanceof Instant i) {
            return tag("instant", List.of(i.getEpochSecond(), i.getNano()));
        }
        if (value instanceof OffsetDateTime o) {
            return tag(
                    "offset",
                    List.of(o.toEpochSecond(), o.getNano(), o.getOffset().getTotalSeconds() / 60));
        }
        if (value instanceof ZonedDateTime z) {
            return tag("zoned", List.of(z.toEpochSecond(), z.getNano(), z.getZone().getId()));
        }
        if (value instanceof LocalDate d) {
            return tag("date", d.toString());
        }
        if (value instanceof LocalTime t) {
            return tag("time", t.toNanoOfDay());
        }
        if (value instanceof LocalDateTime l) {
            return tag("local", List.of(l.toLocalDate().toString(), l.toLocalTime().toNanoOfDay()));
        }
        if (value instanceof Duration d) {
            return tag("duration", List.of(d.getSeconds(), d.getNano()));
        }
        return value instanceof UUID u ? tag("uuid", u.toString()) : null;
    }

    private static Object numbers(Object value) {
        NdArray nd =
                value instanceof double[] d
                        ? NdArray.of(d, d.length)
                        : value instanceof float[] f
                                ? NdArray.of(f, f.length)
                                : value instanceof long[] l
                                        ? NdArray.of(l, l.length)
                                        : value instanceof int[] i ? NdArray.of(i, i.length) : null;
        if (value instanceof short[] shorts) {
            ByteBuffer room = ByteBuffer.allocate(shorts.length * 2).order(ByteOrder.LITTLE_ENDIAN);
            room.asShortBuffer().put(shorts);
            nd = NdArray.of(NdArray.Element.I16, room, shorts.length);
        }
        nd = value instanceof NdArray given ? given : nd;
        if (nd == null) {
            return null;
        }
        byte[] data = new byte[nd.buffer().remaining()];
        nd.buffer().get(data);
        String dtype = nd.element().name().toLowerCase(Locale.ROOT);
        List<Object> shape = new ArrayList<>();
        Arrays.stream(nd.shape()).forEach(shape::add);
        return tag("array", List.of(dtype, shape, HexFormat.of().formatHex(data)));
    }

    private static List<Object> all(Iterable<?> values) throws ReflectiveOperationException {
        List<Object> out = new ArrayList<>();
        for (Object value : values) {
            out.add(of(value));
        }
        return out;
    }

    private static Map<String, Object> tag(String tag, Object parts) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("t", tag);
        out.put("v", parts);
        return out;
    }

    private static Map<String, Object> named(String tag, String name, Object parts) {
        Map<String, Object> out = tag(tag, parts);
        out.put("n", name);
        return out;
    }
}
