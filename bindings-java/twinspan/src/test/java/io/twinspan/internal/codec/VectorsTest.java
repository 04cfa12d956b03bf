package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.NdArray;
import io.twinspan.tests.Json;
import io.twinspan.tests.VectorTypes;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The bytes that Rust, Python and Java agree on. */
class VectorsTest {
    @TempDir Path folder;

    private static List<Map<String, Object>> vectors(String part) throws Exception {
        Path file =
                Path.of(System.getProperty("twinspan.vectors", "../../tests/vectors/values.json"));
        Map<?, ?> whole = (Map<?, ?>) Json.read(Files.readString(file));
        List<Map<String, Object>> out = new ArrayList<>();
        for (Object vector : (List<?>) whole.get(part)) {
            Map<String, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) vector).forEach((key, value) -> entries.put((String) key, value));
            out.add(entries);
        }
        assertTrue(out.size() >= (part.equals("valid") ? 220 : 160), "vectors are missing");
        return out;
    }

    @TestFactory
    Stream<DynamicTest> valid() throws Exception {
        List<Map<String, Object>> vectors = vectors("valid");
        Map<String, String> expressions = new LinkedHashMap<>();
        for (Map<String, Object> vector : vectors) {
            expressions.put((String) vector.get("name"), (String) vector.get("java"));
        }
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
                                            Object back =
                                                    vector.get("type") instanceof String type
                                                            ? typed(payload, type)
                                                            : decoded;
                                            if (vector.containsKey("type")) {
                                                assertEquals(value, back);
                                            }
                                            assertEquals(
                                                    vector.getOrDefault(
                                                            "again", vector.get("cbor")),
                                                    HexFormat.of()
                                                            .formatHex(Codec.encodeValue(back)));
                                        }));
    }

    private static Class<?> raw(Object value) {
        return value instanceof Map
                ? Map.class
                : value instanceof java.util.Set
                        ? java.util.Set.class
                        : value instanceof ByteBuffer
                                ? ByteBuffer.class
                                : value instanceof List ? List.class : value.getClass();
    }

    /** In the type that the vector names, where an untyped receiver would lose something. */
    private static Object typed(byte[] payload, String type) {
        return Codec.decode(payload, VectorTypes.named(type));
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

    @Test
    void noMoreDimensionsAreSentThanReceiversTake() {
        int[] shape = new int[33];
        Arrays.fill(shape, 1);
        NdArray array = NdArray.of(new double[1], shape);
        ValueException e = assertThrows(ValueException.class, () -> Codec.encodeValue(array));
        assertTrue(e.problem().contains("33 dimensions"), e.problem());
    }

    @Test
    void anOffsetIsNoZone() {
        byte[] payload = HexFormat.of().parseHex("da5457001183d903e9a1010000615a");
        ValueException e =
                assertThrows(
                        ValueException.class, () -> Codec.decode(payload, ZonedDateTime.class));
        assertTrue(e.problem().contains("no zone"), e.problem());
        assertThrows(ValueException.class, () -> Codec.decode(payload, Object.class));
    }
}
