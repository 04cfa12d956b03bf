package io.twinspan.drift;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;
import io.twinspan.tests.Json;
import io.twinspan.tests.VectorTypes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What Java makes of the golden vectors: decodes each payload and encodes what it got. */
public final class Vectors {
    private Vectors() {}

    /**
     * Reads the vectors and writes what became of them.
     *
     * @param args the file of the vectors, and the file to write
     * @throws Exception when a file can't be read or written
     */
    public static void main(String[] args) throws Exception {
        Map<?, ?> vectors = (Map<?, ?>) Json.read(Files.readString(Path.of(args[0])));
        List<String> lines = new ArrayList<>();
        for (String part : List.of("valid", "invalid")) {
            for (Object row : (List<?>) vectors.get(part)) {
                lines.add(made((Map<?, ?>) row));
            }
        }
        Files.writeString(Path.of(args[1]), "[\n" + String.join(",\n", lines) + "\n]\n");
    }

    /** The row's name and status, then the bytes again, or kind and path; keys in their order. */
    private static String made(Map<?, ?> row) {
        byte[] payload = HexFormat.of().parseHex((String) row.get("cbor"));
        Object type = row.get("type");
        Map<String, Object> told = new TreeMap<>();
        told.put("name", row.get("name"));
        try {
            Object value =
                    Codec.decode(
                            payload,
                            type == null ? Object.class : VectorTypes.named((String) type));
            told.put("cbor", HexFormat.of().formatHex(Codec.encodeValue(value)));
            told.put("status", "valid");
        } catch (ValueException e) {
            told.put(
                    "kind",
                    e.kind() == ValueException.Kind.UNSERIALIZABLE
                            ? "Unserializable"
                            : "BadArguments");
            told.put("path", e.path());
            told.put("status", "invalid");
        }
        return Json.write(told);
    }
}
