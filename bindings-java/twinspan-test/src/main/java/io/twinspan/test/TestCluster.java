package io.twinspan.test;

import io.twinspan.App;
import io.twinspan.Kind;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.Nullable;
import io.twinspan.internal.Raise;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Real nodes of this process for tests, under a random cluster name; they all see each other. */
public final class TestCluster implements AutoCloseable {
    private static final int MOST_NODES = 64;
    private static final Duration MEETING = Duration.ofSeconds(30);

    private final String name = "test-" + UUID.randomUUID().toString().substring(24);
    private final List<Node> nodes = new ArrayList<>();

    private TestCluster() {}

    /**
     * Joins nodes that serve nothing.
     *
     * @param nodes how many, 1 to 64
     * @return the cluster
     */
    public static TestCluster start(int nodes) {
        return start(nodes, null);
    }

    /**
     * Joins nodes that all serve the same App.
     *
     * @param nodes how many, 1 to 64
     * @param app what each of them serves; null for nothing
     * @return the cluster
     */
    public static TestCluster start(int nodes, @Nullable App app) {
        return start(Collections.nCopies(checked(nodes), app == null ? App.named("") : app));
    }

    /**
     * Joins a node for each App.
     *
     * @param apps what the nodes serve, 1 to 64
     * @return the cluster
     */
    public static TestCluster start(List<App> apps) {
        checked(apps.size());
        TestCluster cluster = new TestCluster();
        try {
            for (App app : apps) {
                NodeConfig config = NodeConfig.cluster(cluster.name).local(true);
                String name = "node-" + (cluster.nodes.size() + 1);
                cluster.nodes.add(Node.join(app, config.name(name)));
            }
            cluster.meet();
        } catch (Throwable e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    private static int checked(int nodes) {
        if (nodes < 1 || nodes > MOST_NODES) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "a cluster for tests has 1 to " + MOST_NODES + " nodes, not " + nodes,
                    "Start fewer nodes.");
        }
        return nodes;
    }

    /** Each sees what all others serve. */
    private void meet() {
        for (Node node : nodes) {
            for (Node other : nodes) {
                other.members().stream()
                        .filter(member -> member.me())
                        .flatMap(member -> member.services().stream())
                        .forEach(service -> node.waitFor(service, providers(service), MEETING));
            }
        }
    }

    private int providers(String service) {
        return (int)
                nodes.stream()
                        .flatMap(node -> node.members().stream())
                        .filter(member -> member.me() && member.services().contains(service))
                        .count();
    }

    /**
     * Answers the nodes.
     *
     * @return in the order in which they joined
     */
    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    /**
     * Answers one node.
     *
     * @param at its place, from 0
     * @return the node
     */
    public Node node(int at) {
        return nodes.get(at);
    }

    /** All nodes leave at once; then the failure of the first that failed is thrown. */
    @Override
    public void close() {
        List<Runnable> ends = new ArrayList<>();
        for (Node node : nodes) {
            ends.add(0, () -> node.close(Duration.ZERO));
        }
        ends.add(this::forget);
        Ends.all(ends);
    }

    /** Removes what this host keeps of the cluster: nobody joins one of this name again. */
    private void forget() {
        String home = System.getenv("TWINSPAN_HOME");
        Path root =
                home != null && !home.isEmpty()
                        ? Path.of(home)
                        : Path.of(System.getProperty("user.home"), ".local/state/twinspan");
        try (DirectoryStream<Path> hosts = Files.newDirectoryStream(root)) {
            for (Path host : hosts) {
                if (Files.isDirectory(host.resolve(name))) {
                    remove(host.resolve(name));
                }
            }
        } catch (IOException e) {
            // What stays behind is a small folder that nobody opens again.
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
