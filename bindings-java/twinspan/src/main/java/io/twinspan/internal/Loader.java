package io.twinspan.internal;

import io.twinspan.Kind;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntUnaryOperator;
import java.util.jar.JarEntry;

/**
 * Finds and loads the native library: {@code -Dtwinspan.library=FILE}, then {@code
 * java.library.path}, then the copy in the {@code twinspan-native} jar, which is extracted into a
 * directory that only this user can write.
 */
final class Loader {
    static final String PROPERTY = "twinspan.library";

    private static final String NAME = "twinspan_jni";
    private static final String FILE = System.mapLibraryName(NAME);
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rwx------");

    private static final String NAME_IT = "Name the right file with -D" + PROPERTY + "=FILE.";

    private Loader() {}

    private static RuntimeException refused(String message, String advice, Throwable cause) {
        RuntimeException error = Raise.error(Kind.BAD_CONFIG, message, advice);
        error.initCause(cause);
        return error;
    }

    static void load(IntUnaryOperator register) {
        String from;
        try {
            from = find();
        } catch (UnsatisfiedLinkError e) {
            throw refused("the native library can't be loaded: " + e.getMessage(), NAME_IT, e);
        } catch (IllegalCallerException e) {
            throw refused(
                    "this JVM doesn't allow native access",
                    "Start it with --enable-native-access=ALL-UNNAMED, or =io.twinspan on the"
                            + " module path.",
                    e);
        }
        int core;
        try {
            core = register.applyAsInt(Native.ABI);
        } catch (UnsatisfiedLinkError e) {
            throw refused(
                    from + " is not Twinspan's native library: it lacks the method `register`",
                    NAME_IT,
                    e);
        }
        if (core != Native.ABI) {
            throw Raise.error(
                    Kind.VERSION_MISMATCH,
                    "the library "
                            + from
                            + " speaks ABI "
                            + core
                            + ", the Java classes in "
                            + origin()
                            + " speak ABI "
                            + Native.ABI,
                    "Use twinspan and twinspan-native of the same version.");
        }
    }

    private static String find() {
        String given = System.getProperty(PROPERTY);
        if (given != null && !given.isBlank()) {
            Path file = Path.of(given).toAbsolutePath();
            if (!Files.isRegularFile(file)) {
                throw refused(
                        "-D" + PROPERTY + "=" + given + ": there is no such file", NAME_IT, null);
            }
            loadFile(file);
            return file.toString();
        }
        try {
            System.loadLibrary(NAME);
            return FILE + " of java.library.path";
        } catch (UnsatisfiedLinkError e) {
            String text = String.valueOf(e.getMessage());
            if (!text.contains("java.library.path") && !text.contains("another classloader")) {
                throw e; // It is there and broken: a copy from elsewhere would hide that.
            }
        }
        return fromClasspath();
    }

    private static String fromClasspath() {
        String entry = "META-INF/native/" + platform() + "/" + FILE;
        URL resource = Loader.class.getClassLoader().getResource(entry);
        if (resource == null) {
            throw refused(
                    "there is no native library for " + platform() + " on the class path",
                    "Add io.twinspan:twinspan-native with the classifier "
                            + platform()
                            + ", or name the file with -D"
                            + PROPERTY
                            + "=FILE.",
                    null);
        }
        try {
            if ("file".equals(resource.getProtocol())) {
                Path file = Path.of(URI.create(resource.toString()));
                loadFile(file);
                return file.toString();
            }
            return extract(resource);
        } catch (IOException e) {
            throw refused("the native library can't be extracted: " + e, NAME_IT, e);
        }
    }

    private static String extract(URL resource) throws IOException {
        List<String> refused = new ArrayList<>();
        for (Path parent : parents()) {
            Path file;
            try {
                file = unpack(resource, parent);
            } catch (IOException e) {
                refused.add(parent + ": " + e.getMessage());
                continue;
            }
            try {
                loadFile(file);
                return file.toString();
            } catch (UnsatisfiedLinkError e) {
                String text = String.valueOf(e.getMessage());
                if (!text.contains("failed to map segment")) {
                    throw e;
                }
                refused.add(parent + ": mounted noexec");
            }
        }
        throw refused(
                "there is no directory to load the native library from: "
                        + String.join("; ", refused),
                NAME_IT,
                null);
    }

    /** Where extracted libraries may lie, in the order of trial. */
    private static List<Path> parents() {
        List<Path> parents = new ArrayList<>();
        String cache = System.getenv("XDG_CACHE_HOME");
        if (cache != null && cache.startsWith("/")) {
            parents.add(Path.of(cache));
        }
        parents.add(Path.of(System.getProperty("java.io.tmpdir")));
        parents.add(Path.of(System.getProperty("user.home"), ".cache"));
        return parents;
    }

    private static Path unpack(URL resource, Path parent) throws IOException {
        URLConnection connection = resource.openConnection();
        Path folder = privateFolder(parent.resolve("twinspan-" + System.getProperty("user.name")));
        Path file = folder.resolve(fingerprint(connection) + "-" + FILE);
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return file;
        }
        Path fresh = folder.resolve(UUID.randomUUID() + ".part");
        try (InputStream in = connection.getInputStream()) {
            Files.copy(in, fresh);
            // Two processes may both get here: each moves a whole file, and the later one wins.
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
        return file;
    }

    /**
     * Tells builds apart without reading 20 MB at each start; the folder is what keeps strangers
     * out.
     */
    private static String fingerprint(URLConnection connection) throws IOException {
        if (connection instanceof java.net.JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            return Long.toHexString(entry.getCrc()) + "-" + Long.toHexString(entry.getSize());
        }
        return UUID.randomUUID().toString();
    }

    /** A predictable name in a shared directory is an attack unless the directory is ours alone. */
    private static Path privateFolder(Path folder) throws IOException {
        Files.createDirectories(folder.getParent());
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (java.nio.file.FileAlreadyExistsException e) {
            // Checked below like a fresh one.
        }
        PosixFileAttributes found =
                Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        Path mine = Files.createTempFile(folder, "owner", null);
        try {
            if (!found.isDirectory()
                    || !found.permissions().equals(PRIVATE)
                    || !found.owner().equals(Files.getOwner(mine, LinkOption.NOFOLLOW_LINKS))) {
                throw new IOException(
                        "the directory " + folder + " must be yours and have mode 0700");
            }
        } finally {
            Files.deleteIfExists(mine);
        }
        return folder;
    }

    private static void loadFile(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            if (!String.valueOf(e.getMessage()).contains("another classloader")) {
                throw e;
            }
            loadCopy(file, e);
        }
    }

    /**
     * A second class loader needs its own copy, under its own name: two class loaders are two
     * nodes.
     */
    private static void loadCopy(Path file, UnsatisfiedLinkError first) {
        try {
            Path copy = Files.createTempFile("twinspan-", "-" + FILE);
            try {
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
                System.load(copy.toString());
            } finally {
                Files.deleteIfExists(copy); // The mapping keeps the content.
            }
        } catch (IOException e) {
            first.addSuppressed(e);
            throw first;
        }
    }

    private static String platform() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String cpu = arch.equals("amd64") ? "x86_64" : arch;
        return (os.startsWith("linux") ? "linux" : os.replace(' ', '_')) + "-" + cpu;
    }

    private static String origin() {
        var source = Loader.class.getProtectionDomain().getCodeSource();
        return source == null ? "an unknown place" : String.valueOf(source.getLocation());
    }
}
