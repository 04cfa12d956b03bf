package io.twinspan.bench;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import java.io.IOException;

/**
 * A JVM that does nothing: {@code bare}, or with a node that has joined and offers a function,
 * {@code node CLUSTER}.
 */
public final class Idle {
    private Idle() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("bare")) {
            sayAndWait();
        } else {
            Joined.idle(arguments[1]);
        }
        System.exit(0);
    }

    private static void sayAndWait() throws IOException {
        System.out.println("ready");
        System.out.flush();
        while (System.in.read() >= 0) {}
    }

    /** A class of its own, so that the bare JVM loads nothing of Twinspan. */
    private static final class Joined {
        static void idle(String cluster) throws IOException {
            App app = App.named("idle").serve("idle_java", Echo.class, payload -> payload);
            try (Node node = Node.join(app, NodeConfig.cluster(cluster))) {
                sayAndWait();
            }
        }
    }
}
