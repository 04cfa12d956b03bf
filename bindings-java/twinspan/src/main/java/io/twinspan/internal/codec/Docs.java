package io.twinspan.internal.codec;

import io.twinspan.Doc;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The documentation of a class and of its parts: {@code @Doc}, else the Javadoc that the annotation
 * processor kept beside the class.
 */
public final class Docs {
    /** Folder of the resources that the processor writes, one a class. */
    public static final String FOLDER = "META-INF/twinspan/doc/";

    /** Longest documentation that is told, in characters. */
    private static final int LONGEST = 4096;

    /** Largest resource that is read, in bytes. */
    private static final int LARGEST = 1 << 20;

    private static final ClassValue<Docs> OF =
            new ClassValue<>() {
                @Override
                protected Docs computeValue(Class<?> type) {
                    return new Docs(type);
                }
            };

    private final Class<?> type;
    private final Properties javadoc = new Properties();

    private Docs(Class<?> type) {
        this.type = type;
        if (type.getClassLoader() == null || type.isPrimitive() || type.isArray()) {
            return;
        }
        try (InputStream in =
                type.getResourceAsStream("/" + FOLDER + type.getName() + ".properties")) {
            if (in != null) {
                byte[] read = in.readNBytes(LARGEST);
                javadoc.load(
                        new InputStreamReader(
                                new java.io.ByteArrayInputStream(read), StandardCharsets.UTF_8));
            }
        } catch (IOException | IllegalArgumentException e) {
            javadoc.clear(); // Documentation is never worth a failure.
        }
    }

    /**
     * Reads what is known of a class.
     *
     * @param type a class
     * @return its documentation, which may be empty
     */
    public static Docs of(Class<?> type) {
        return OF.get(type);
    }

    /**
     * The key of a method's Javadoc.
     *
     * @param name of the method
     * @param parameters erased types, as {@link Class#getTypeName} writes them
     * @return the key in the resource of its class
     */
    public static String key(String name, Iterable<String> parameters) {
        return "method." + name + "(" + String.join(",", parameters) + ")";
    }

    /**
     * Answers what is said of the class itself.
     *
     * @return empty when nothing is
     */
    public String ofClass() {
        return said(type, "class");
    }

    /**
     * Answers what is said of a method that the class declares.
     *
     * @param method one of its own
     * @return empty when nothing is
     */
    public String ofMethod(Method method) {
        return said(
                method,
                key(
                        method.getName(),
                        Arrays.stream(method.getParameterTypes())
                                .map(Class::getTypeName)
                                .collect(Collectors.toList())));
    }

    /** What is said of a component or field; empty when nothing is. */
    String ofField(String name) {
        String key = "field." + name;
        if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (component.getName().equals(name)) {
                    return said(component, key);
                }
            }
        }
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            try {
                return OF.get(at).said(at.getDeclaredField(name), key);
            } catch (NoSuchFieldException e) {
                // A superclass may have it.
            }
        }
        return "";
    }

    private String said(AnnotatedElement declared, String key) {
        Doc written = declared.getAnnotation(Doc.class);
        String text = written != null ? written.value().strip() : javadoc.getProperty(key, "");
        return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
    }
}
