package io.twinspan.internal.codec;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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

    static Map<String, Object> compile(Map<String, String> expressions, Path folder)
            throws Exception {
        StringBuilder source =
                new StringBuilder(
                        """
                        import static io.twinspan.internal.codec.Literals.*;
                        import io.twinspan.*;
                        import io.twinspan.tests.VectorTypes.*;
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
