package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The bytes that Rust, Python and Java agree on. */
class VectorsTest {
    /**
     * Values that the file leaves to us, because Python's own kinds of number have none of their
     * own in Java.
     */
    private static final Map<String, String> OURS = new HashMap<>();

    static {
        OURS.put("complex", "new Complex(1.5, -2.0)");
        OURS.put("complex with a negative zero", "new Complex(-0.0, 0.0)");
        OURS.put("range", "new Range(0, 10, 2)");
        OURS.put("range downwards", "new Range(10, 0, -1)");
        OURS.put("typed array of uint8", "NdArray.of(NdArray.Element.U8, buffer(\"0102ff\"), 3)");
        OURS.put(
                "typed array of uint16",
                "NdArray.of(NdArray.Element.U16, buffer(\"0100ffff\"), 2)");
        OURS.put(
                "typed array of uint32",
                "NdArray.of(NdArray.Element.U32, buffer(\"01000000ffffffff\"), 2)");
        OURS.put(
                "typed array of uint64",
                "NdArray.of(NdArray.Element.U64, buffer(\"0100000000000000ffffffffffffffff\"), 2)");
        OURS.put("typed array of int8", "NdArray.of(NdArray.Element.I8, buffer(\"01ff\"), 2)");
        OURS.put(
                "typed array of float16",
                "NdArray.of(NdArray.Element.F16, buffer(\"003e00c0\"), 2)");
        OURS.put(
                "typed array, 2-D",
                "NdArray.of(NdArray.Element.I16, buffer(\"010002000300040005000600\"), 2, 3)");
        OURS.put("typed array, 3-D", "NdArray.of(NdArray.Element.U8, buffer(\"0708\"), 1, 2, 1)");
        OURS.put("typed array, 2-D without elements", "NdArray.of(new double[0], 0, 3)");
        OURS.put("typed array, 0-D", "NdArray.of(NdArray.Element.U8, buffer(\"05\"))");
        OURS.put("typed array, big-endian in memory", "new short[] {1, 2}");
        OURS.put("typed array, every second element", "new short[] {1, 3}");
        OURS.put("array.array", "new short[] {1, 2}");
        OURS.put("NumPy integer", "5");
        OURS.put("NumPy float", "1.5f");
        OURS.put("NumPy boolean", "true");
    }

    @TempDir Path folder;

    private static List<Map<String, Object>> vectors(String part) throws Exception {
        Path file =
                Path.of(System.getProperty("twinspan.vectors", "../../tests/vectors/values.json"));
        Map<?, ?> whole = (Map<?, ?>) Json.parse(Files.readString(file));
        List<Map<String, Object>> out = new ArrayList<>();
        for (Object vector : (List<?>) whole.get(part)) {
            Map<String, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) vector).forEach((key, value) -> entries.put((String) key, value));
            out.add(entries);
        }
        assertTrue(out.size() > 50, "the vectors are nearly empty");
        return out;
    }

    @TestFactory
    Stream<DynamicTest> valid() throws Exception {
        List<Map<String, Object>> vectors = vectors("valid");
        Map<String, String> expressions = new LinkedHashMap<>();
        for (Map<String, Object> vector : vectors) {
            String name = (String) vector.get("name");
            String java = (String) vector.get("java");
            expressions.put(name, java.isEmpty() ? OURS.getOrDefault(name, "missing") : java);
        }
        expressions.forEach(
                (name, java) ->
                        assertTrue(
                                !java.equals("missing"), "no Java value for the vector: " + name));
        Map<String, Object> values = Literals.compile(expressions, folder);
        return vectors.stream()
                .map(
                        vector ->
                                DynamicTest.dynamicTest(
                                        (String) vector.get("name"),
                                        () -> {
                                            byte[] payload =
                                                    HexFormat.of()
                                                            .parseHex((String) vector.get("cbor"));
                                            Object value = values.get(vector.get("name"));
                                            if (!Boolean.FALSE.equals(vector.get("encode"))) {
                                                assertEquals(
                                                        vector.get("cbor"),
                                                        HexFormat.of()
                                                                .formatHex(
                                                                        Codec.encodeValue(value)));
                                            }
                                            Object decoded = Codec.decode(payload, Object.class);
                                            Object expected =
                                                    value instanceof Float f
                                                            ? (Object) f.doubleValue()
                                                            : value;
                                            assertEquals(Plain.of(expected), Plain.of(decoded));
                                            if (value != null) {
                                                assertEquals(
                                                        Plain.of(expected),
                                                        Plain.of(
                                                                Codec.decode(
                                                                        payload, raw(expected))),
                                                        "typed");
                                            }
                                            if (!Boolean.FALSE.equals(vector.get("encode"))
                                                    && !(java(vector).contains("new Point")
                                                            || value instanceof Literals.Nothing
                                                            || value instanceof Literals.Card)) {
                                                // What holds records isn't sent again as it
                                                // arrived: an untyped receiver forgets their
                                                // classes.
                                                assertArrayEquals(
                                                        payload, Codec.encodeValue(decoded));
                                            }
                                        }));
    }

    private static Class<?> raw(Object value) {
        return value instanceof Map
                ? Map.class
                : value instanceof java.util.Set
                        ? java.util.Set.class
                        : value instanceof List ? List.class : value.getClass();
    }

    private static String java(Map<String, Object> vector) {
        return (String) vector.get("java");
    }

    @TestFactory
    Stream<DynamicTest> invalid() throws Exception {
        return vectors("invalid").stream()
                .map(
                        vector ->
                                DynamicTest.dynamicTest(
                                        (String) vector.get("name"),
                                        () -> {
                                            byte[] payload =
                                                    HexFormat.of()
                                                            .parseHex((String) vector.get("cbor"));
                                            ValueException e =
                                                    assertThrows(
                                                            ValueException.class,
                                                            () ->
                                                                    Codec.decode(
                                                                            payload, Object.class));
                                            assertEquals("Unserializable", vector.get("kind"));
                                            assertEquals(
                                                    ValueException.Kind.UNSERIALIZABLE, e.kind());
                                            assertEquals(vector.get("path"), e.path(), e.problem());
                                        }));
    }
}
