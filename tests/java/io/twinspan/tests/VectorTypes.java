package io.twinspan.tests;

import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;

import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The classes that golden vectors name. */
public final class VectorTypes {
    private VectorTypes() {}

    /** A record of two components. */
    public record Point(int x, int y) {}

    /** A record of records. */
    public record Line(Point start, Point end, @Nullable String label) {}

    /** A record that holds itself. */
    public record Tree(long value, List<Tree> rest) {}

    /** A record without components. */
    public record Nothing() {}

    /** A registered record. */
    @WireType("shop.Card")
    public record Card(String number) {}

    /** A registered record in a plain one. */
    public record Stamp(Card card, Point at) {}

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

    /** What the {@code type} of a vector is in Java. */
    public static Type named(String name) {
        Type type = TYPES.get(name);
        if (type == null) {
            throw new IllegalArgumentException("no Java type for " + name);
        }
        return type;
    }
}
