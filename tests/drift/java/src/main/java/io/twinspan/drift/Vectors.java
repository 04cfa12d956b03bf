package io.twinspan.drift;

import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;

import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What Java makes of the golden vectors: decodes each payload and encodes what it got. */
public final class Vectors {
    private Vectors() {}

    record Point(int x, int y) {}

    record Line(Point start, Point end, @Nullable String label) {}

    record Nothing() {}

    record Tree(long value, List<Tree> rest) {}

    @WireType("shop.Card")
    record Card(String number) {}

    record Stamp(Card card, Point at) {}

    private static final Map<String, Type> TYPES = new HashMap<>();

    static {
        TYPES.put("instant", Instant.class);
        TYPES.put("offset_datetime", OffsetDateTime.class);
        TYPES.put("zoned_datetime", ZonedDateTime.class);
        TYPES.put("local_datetime", LocalDateTime.class);
        TYPES.put("time", LocalTime.class);
        TYPES.put("duration", Duration.class);
        TYPES.put("record Point", Point.class);
        TYPES.put("record Line", Line.class);
        TYPES.put("record Nothing", Nothing.class);
        TYPES.put("record Tree", Tree.class);
        TYPES.put("record Card", Card.class);
        TYPES.put("record Stamp", Stamp.class);
        TYPES.put("list<record Point>", new TypeRef<List<Point>>() {}.type());
        TYPES.put("list<record Card>", new TypeRef<List<Card>>() {}.type());
        TYPES.put("map<text,record Point>", new TypeRef<Map<String, Point>>() {}.type());
        TYPES.put("map<int,record Point>", new TypeRef<Map<Long, Point>>() {}.type());
    }

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

    private static String made(Map<?, ?> row) {
        byte[] payload = HexFormat.of().parseHex((String) row.get("cbor"));
        String name = Json.write((String) row.get("name"));
        Object type = row.get("type");
        if (type != null && !TYPES.containsKey(type)) {
            throw new IllegalArgumentException("no Java type for " + type);
        }
        try {
            Object value = Codec.decode(payload, type == null ? Object.class : TYPES.get(type));
            String again = HexFormat.of().formatHex(Codec.encodeValue(value));
            return "{\"cbor\":"
                    + Json.write(again)
                    + ",\"name\":"
                    + name
                    + ",\"status\":\"valid\"}";
        } catch (ValueException e) {
            String kind =
                    e.kind() == ValueException.Kind.UNSERIALIZABLE
                            ? "Unserializable"
                            : "BadArguments";
            return "{\"kind\":"
                    + Json.write(kind)
                    + ",\"name\":"
                    + name
                    + ",\"path\":"
                    + Json.write(e.path())
                    + ",\"status\":\"invalid\"}";
        }
    }
}
