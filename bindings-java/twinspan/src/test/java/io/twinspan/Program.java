package io.twinspan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own. */
record Program(int exit, String output) {
    static Program run(Class<?> main, List<String> options, String... arguments) throws Exception {
        return run(main, System.getProperty("java.class.path"), options, arguments);
    }

    static Program run(Class<?> main, String classPath, List<String> options, String... arguments)
            throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString()));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture<String> output =
                CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(
                    "the program hangs; it said: " + output.get(5, TimeUnit.SECONDS));
        }
        return new Program(process.exitValue(), output.get(5, TimeUnit.SECONDS));
    }

    static List<String> options(String... more) {
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--enable-native-access=ALL-UNNAMED",
                                "-Xmx256m",
                                "-Dtwinspan.library=" + System.getProperty("twinspan.library")));
        options.addAll(List.of(more));
        return options;
    }

    private static String read(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
