package io.twinspan.internal.codec;

import io.twinspan.Nullable;
import io.twinspan.TypeRef;
import io.twinspan.WireType;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Compiles the Java expressions of the vectors, so that the file they stand in is the only place
 * for them.
 */
public final class Literals {
    private Literals() {}

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

    /** What the {@code type} of a vector is in Java. */
    static final Map<String, Type> TYPES = new HashMap<>();

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

    static Map<String, Object> compile(Map<String, String> expressions, Path folder)
            throws Exception {
        StringBuilder source =
                new StringBuilder(
                        """
                        import static io.twinspan.internal.codec.Literals.*;
                        import io.twinspan.*;
                        import io.twinspan.internal.codec.Literals.*;
                        import java.math.*;
                        import java.time.*;
                        import java.util.*;
                        import java.util.stream.*;
                        public final class Compiled {
                        """);
        List<String> names = new ArrayList<>(expressions.keySet());
        for (int i = 0; i < names.size(); i++) {
            source.append("    public static Object v")
                    .append(i)
                    .append("() { return ")
                    .append(expressions.get(names.get(i)))
                    .append("; }\n");
        }
        Path file = write(folder, source.append("}\n").toString());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int status =
                compiler.run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        file.toString());
        if (status != 0) {
            throw new IllegalStateException("the Java expressions of the vectors don't compile");
        }
        Map<String, Object> out = new HashMap<>();
        URL[] here = {folder.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(here, Literals.class.getClassLoader())) {
            Class<?> compiled = loader.loadClass("Compiled");
            for (int i = 0; i < names.size(); i++) {
                Method method = compiled.getMethod("v" + i);
                out.put(names.get(i), method.invoke(null));
            }
        }
        return out;
    }

    private static Path write(Path folder, String source) throws IOException {
        return Files.writeString(folder.resolve("Compiled.java"), source);
    }

    /** Bytes from hexadecimal digits. */
    public static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** A buffer of bytes from hexadecimal digits. */
    public static ByteBuffer buffer(String hex) {
        return ByteBuffer.wrap(bytes(hex));
    }

    /** A list that may hold null. */
    public static List<Object> list(Object... elements) {
        return new ArrayList<>(Arrays.asList(elements));
    }

    /** A set in this order. */
    public static Set<Object> set(Object... elements) {
        return new LinkedHashSet<>(Arrays.asList(elements));
    }

    /** A map in this order. */
    public static Map<Object, Object> map(Object... keysAndValues) {
        Map<Object, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            out.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return out;
    }

    /** So many lists one in another, the innermost empty. */
    public static Object nested(int depth) {
        return depth == 1 ? list() : list(nested(depth - 1));
    }
}
