package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

class LoaderTest {
    /** Joins, says so, leaves. */
    static final class Joiner {
        private Joiner() {}

        public static void main(String[] arguments) {
            try (Node node = Node.join(NodeTest.config())) {
                System.out.println("joined as " + node.id().length());
            }
        }
    }

    @TempDir Path folder;

    private Path jar() throws Exception {
        Path jar = folder.resolve("native.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            entries.setLevel(1);
            entries.putNextEntry(new JarEntry("META-INF/native/linux-x86_64/libtwinspan_jni.so"));
            Files.copy(Path.of(System.getProperty("twinspan.library")), entries);
            entries.closeEntry();
        }
        return jar;
    }

    /** The class path without the folder or jar of the native module. */
    private static String plainClassPath() {
        List<String> kept = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            if (!entry.contains("twinspan-native")) {
                kept.add(entry);
            }
        }
        return String.join(":", kept);
    }

    private Program join(String classPath, String... more) throws Exception {
        Path tmp = Files.createDirectories(folder.resolve("tmp"));
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--enable-native-access=ALL-UNNAMED",
                                "-Djava.io.tmpdir=" + tmp,
                                "-Duser.home=" + folder.resolve("home")));
        options.addAll(List.of(more));
        return Program.run(Joiner.class, classPath, options);
    }

    @Test
    void theJarsLibraryIsExtractedOnceIntoAPrivateFolder() throws Exception {
        String classPath = plainClassPath() + ":" + jar();
        for (int i = 0; i < 2; i++) {
            Program program = join(classPath);
            assertTrue(program.output().contains("joined as 32"), program.output());
        }
        Path extracted =
                folder.resolve("tmp").resolve("twinspan-" + System.getProperty("user.name"));
        assertEquals(
                "rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(extracted)));
        try (Stream<Path> files = Files.list(extracted)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void aFolderThatOthersCanWriteIsRefused() throws Exception {
        Path open =
                Files.createDirectories(
                        folder.resolve("tmp/twinspan-" + System.getProperty("user.name")));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Program program = join(plainClassPath() + ":" + jar());
        assertTrue(program.output().contains("joined as 32"), program.output());
        try (Stream<Path> files = Files.list(open)) {
            assertEquals(0, files.count());
        }
        // The next place in line was taken.
        assertTrue(
                Files.isDirectory(
                        folder.resolve("home/.cache/twinspan-" + System.getProperty("user.name"))));
    }

    @Test
    void javaLibraryPathWorks() throws Exception {
        Program program =
                join(
                        plainClassPath(),
                        "-Djava.library.path="
                                + Path.of(System.getProperty("twinspan.library")).getParent());
        assertTrue(program.output().contains("joined as 32"), program.output());
    }

    @Test
    void aMissingLibrarySaysWhatToAdd() throws Exception {
        Program program = join(plainClassPath());
        assertEquals(1, program.exit());
        assertTrue(program.output().contains("io.twinspan:twinspan-native"), program.output());
    }

    @Test
    void aWrongFileIsNamed() throws Exception {
        Path wrong = Files.writeString(folder.resolve("wrong.so"), "no library");
        Program program = join(plainClassPath(), "-Dtwinspan.library=" + wrong);
        assertEquals(1, program.exit());
        assertTrue(
                program.output().contains("BadConfigException")
                        && program.output().contains("wrong.so"),
                program.output());
    }

    @Test
    void twoClassLoadersAreTwoNodes() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        for (int i = 0; i < 2; i++) {
            try (URLClassLoader loader =
                    new URLClassLoader(
                            urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
                Class<?> joiner = loader.loadClass(Joiner.class.getName());
                var main = joiner.getDeclaredMethod("main", String[].class);
                main.setAccessible(true);
                main.invoke(null, (Object) new String[0]);
            }
        }
    }
}
