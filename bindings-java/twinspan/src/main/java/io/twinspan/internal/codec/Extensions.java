package io.twinspan.internal.codec;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** The extensions that are on the class path or the module path. */
final class Extensions {
    private static final List<Extension> ALL = load();

    /** Extensions convert the parts of a value by themselves, and know nothing of its reader. */
    private static final ThreadLocal<RecordNames> READING = new ThreadLocal<>();

    private Extensions() {}

    private static List<Extension> load() {
        List<Extension> found = new ArrayList<>();
        // With the loader of the library: an application's own modules are beside it.
        ServiceLoader<Extension> services =
                ServiceLoader.load(Extension.class, Extension.class.getClassLoader());
        for (var each = services.iterator(); each.hasNext(); ) {
            try {
                found.add(each.next());
            } catch (ServiceConfigurationError | LinkageError e) {
                throw ValueException.of(
                        "an extension of Twinspan can't be loaded, maybe because the library that"
                                + " it is for is missing: "
                                + e,
                        e);
            }
        }
        return List.copyOf(found);
    }

    /** The extension of a class; null when it has none. */
    static Extension of(Class<?> type) {
        for (Extension one : ALL) {
            if (one.takes(type)) {
                return one;
            }
        }
        return null;
    }

    /** The encoder of a class that belongs to an extension; null for any other. */
    static Encoder encoder(Class<?> type) {
        Extension extension = of(type);
        return extension == null
                ? null
                : (writer, value) -> {
                    // One level a value: what turns into itself again has to end.
                    writer.enter(1);
                    Encoders.write(writer, extension.write(value));
                    writer.leave(1);
                };
    }

    /** The decoder of a declared type whose class belongs to an extension; null for any other. */
    static Decoder decoder(Class<?> raw, Type type) {
        Extension extension = of(raw);
        return extension == null
                ? null
                : ((Decoder) reader -> read(extension, reader, type)).orNull();
    }

    private static Object read(Extension extension, Reader reader, Type type) {
        Object tree = tree(reader);
        RecordNames before = READING.get();
        READING.set(reader.records());
        try {
            return extension.read(tree, type);
        } finally {
            if (before == null) {
                READING.remove();
            } else {
                READING.set(before);
            }
        }
    }

    /** What the reader knows for which an extension of this thread reads a value. */
    static RecordNames records() {
        RecordNames known = READING.get();
        return known == null ? RecordNames.NONE : known;
    }

    private static Object tree(Reader reader) {
        boolean before = reader.keepNames(true);
        Object tree = Untyped.read(reader);
        reader.keepNames(before);
        return tree;
    }
}
