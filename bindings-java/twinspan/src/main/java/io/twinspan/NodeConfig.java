package io.twinspan;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a node joins. Each method answers a copy. What isn't set comes from {@code -Dtwinspan.*},
 * {@code TWINSPAN_*}, {@code twinspan.toml} at or above the working directory, or the defaults, in
 * this order.
 */
public final class NodeConfig {
    private static final List<String> PROPERTIES =
            List.of(
                    "cluster",
                    "name",
                    "listen",
                    "advertise",
                    "seeds",
                    "identity",
                    "local",
                    "workers",
                    "max_threads",
                    "max_payload",
                    "memory",
                    "transport",
                    "health",
                    "hide_errors");

    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([a-z]*)");
    private static final Map<String, Long> UNITS =
            Map.ofEntries(
                    Map.entry("", 1L),
                    Map.entry("b", 1L),
                    Map.entry("k", 1L << 10),
                    Map.entry("kib", 1L << 10),
                    Map.entry("m", 1L << 20),
                    Map.entry("mib", 1L << 20),
                    Map.entry("g", 1L << 30),
                    Map.entry("gib", 1L << 30),
                    Map.entry("kb", 1_000L),
                    Map.entry("mb", 1_000_000L),
                    Map.entry("gb", 1_000_000_000L));

    private final Map<String, Object> settings;
    private final Executor executor;

    private NodeConfig(Map<String, Object> settings, Executor executor) {
        this.settings = settings;
        this.executor = executor;
    }

    /**
     * Joins the cluster that the settings name.
     *
     * @return a configuration without settings of its own
     */
    public static NodeConfig defaults() {
        return new NodeConfig(Map.of(), null);
    }

    /**
     * Joins a cluster. Without {@link #seeds} and {@link #listen} it is this host's cluster of that
     * name.
     *
     * @param cluster its name
     * @return a configuration with this name
     */
    public static NodeConfig cluster(String cluster) {
        return defaults().with("cluster", Objects.requireNonNull(cluster, "cluster"));
    }

    /**
     * Sets {@code name}.
     *
     * @param name the node's name, unique among live nodes; {@code <program>-<pid>} when not set
     * @return a copy with it
     */
    public NodeConfig name(String name) {
        return with("name", Objects.requireNonNull(name, "name"));
    }

    /**
     * Sets {@code listen}.
     *
     * @param listen {@code host:port} to listen on
     * @return a copy with it
     */
    public NodeConfig listen(String listen) {
        return with("listen", Objects.requireNonNull(listen, "listen"));
    }

    /**
     * Sets {@code advertise}.
     *
     * @param advertise {@code host:port} that others dial, when it differs from what is listened on
     * @return a copy with it
     */
    public NodeConfig advertise(String advertise) {
        return with("advertise", Objects.requireNonNull(advertise, "advertise"));
    }

    /**
     * Sets {@code local}.
     *
     * @param local a private cluster of this host is wanted even where a real one is usual, such as
     *     under Kubernetes
     * @return a copy with it
     */
    public NodeConfig local(boolean local) {
        return with("local", local);
    }

    /**
     * Sets {@code workers}.
     *
     * @param workers handlers at once
     * @return a copy with it
     */
    public NodeConfig workers(int workers) {
        return with("workers", workers);
    }

    /**
     * Sets {@code max_threads}.
     *
     * @param maxThreads handlers at once, those that wait in nested calls included
     * @return a copy with it
     */
    public NodeConfig maxThreads(int maxThreads) {
        return with("max_threads", maxThreads);
    }

    /**
     * Sets {@code max_payload}.
     *
     * @param maxPayload largest body in bytes
     * @return a copy with it
     */
    public NodeConfig maxPayload(long maxPayload) {
        return with("max_payload", maxPayload);
    }

    /**
     * Sets {@code memory}.
     *
     * @param memory bytes of all queued and received bodies
     * @return a copy with it
     */
    public NodeConfig memory(long memory) {
        return with("memory", memory);
    }

    /**
     * Sets {@code transport}.
     *
     * @param transport {@code tcp}: never the Unix socket, for measurements
     * @return a copy with it
     */
    public NodeConfig transport(String transport) {
        return with("transport", Objects.requireNonNull(transport, "transport"));
    }

    /**
     * Sets {@code hide_errors}.
     *
     * @param hideErrors whether callers learn only the type of what handlers throw; the rest goes
     *     to the log
     * @return a copy with it
     */
    public NodeConfig hideErrors(boolean hideErrors) {
        return with("hide_errors", hideErrors);
    }

    /**
     * Sets {@code health}.
     *
     * @param health {@code host:port} for plain HTTP: {@code /livez} answers while the process
     *     lives, {@code /readyz} while the node takes calls; off when not set
     * @return a copy with it
     */
    public NodeConfig health(String health) {
        return with("health", Objects.requireNonNull(health, "health"));
    }

    /**
     * Sets {@code seeds}.
     *
     * @param seeds nodes to ask first, {@code host:port} each
     * @return a copy with them
     */
    public NodeConfig seeds(String... seeds) {
        return with("seeds", List.of(seeds));
    }

    /**
     * Sets {@code identity}.
     *
     * @param folder holds {@code cert.pem}, {@code key.pem} and {@code ca.pem}
     * @return a copy with it
     */
    public NodeConfig identity(Path folder) {
        return with("identity", folder.toString());
    }

    /**
     * Runs handlers and continuations of futures on an executor of the application. It is not shut
     * down with the node.
     *
     * @param executor with room for {@code max_threads} tasks that block
     * @return a copy with it
     */
    public NodeConfig executor(Executor executor) {
        return new NodeConfig(settings, Objects.requireNonNull(executor, "executor"));
    }

    private NodeConfig with(String key, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(settings);
        more.put(key, value);
        return new NodeConfig(Collections.unmodifiableMap(more), executor);
    }

    Executor executor() {
        return executor;
    }

    /** The keys of the encoded join that Java decides. */
    Map<String, Object> encoded() {
        Map<String, Object> out = new LinkedHashMap<>();
        for (String key : PROPERTIES) {
            Object value = settings.containsKey(key) ? settings.get(key) : property(key);
            if (value != null) {
                out.put(key, value);
            }
        }
        out.put("program", program());
        out.put("directory", Path.of("").toAbsolutePath().toString());
        return out;
    }

    /** {@code -Dtwinspan.max_payload}, also spelt {@code max-payload}. */
    private static Object property(String key) {
        String text = System.getProperty("twinspan." + key);
        text = text != null ? text : System.getProperty("twinspan." + key.replace('_', '-'));
        if (text == null) {
            return null;
        }
        try {
            return switch (key) {
                case "seeds" -> List.of(text.strip().split("\\s*,\\s*"));
                case "local", "hide_errors" -> truth(text.strip());
                case "workers", "max_threads" -> Long.parseLong(text.strip());
                case "max_payload", "memory" -> size(text);
                default -> text;
            };
        } catch (IllegalArgumentException e) {
            throw io.twinspan.internal.Raise.error(
                    Kind.BAD_CONFIG,
                    "-Dtwinspan." + key + "=" + text + " can't be read",
                    switch (key) {
                        case "local", "hide_errors" -> "Write true or false.";
                        case "max_payload", "memory" ->
                                "Write bytes, or a number with KiB, MiB or GiB.";
                        default -> "Write a whole number.";
                    });
        }
    }

    /** A number of bytes, or text such as {@code 256MiB}: what files and variables may say. */
    private static long size(String text) {
        Matcher found = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        Long unit = found.matches() ? UNITS.get(found.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(text);
        }
        try {
            return Math.multiplyExact(Long.parseLong(found.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static boolean truth(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
        }
        return text.equals("true");
    }

    /** The main class or jar, without its package and folder. */
    private static String program() {
        String command = System.getProperty("sun.java.command", "").strip();
        String first = command.isEmpty() ? "java" : command.split("\\s+")[0];
        String file = first.substring(first.lastIndexOf('/') + 1);
        if (file.endsWith(".jar")) {
            return file.substring(0, file.length() - ".jar".length());
        }
        return file.substring(file.lastIndexOf('.') + 1);
    }
}
