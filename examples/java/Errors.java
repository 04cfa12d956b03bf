import io.twinspan.*;

import java.time.Duration;
import java.util.Locale;

/**
 * Shows what comes of calls that fail: their kind, and whether the handler ran.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Errors --cluster examples
 */
public final class Errors {
    /** Crosses with its reason. */
    @WireError("examples.Rejected")
    public static final class Rejected extends Exception {
        private static final long serialVersionUID = 1L;
        final String reason;

        public Rejected(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    interface Orders {
        void order(String article) throws Rejected;
    }

    private static void tell(String what, RemoteCall call) {
        try {
            call.as(Object.class);
        } catch (TwinspanException e) {
            boolean value =
                    e instanceof RemoteCallException remote
                            && remote.is(IllegalArgumentException.class);
            System.out.println(
                    what
                            + ": "
                            + e.kind().wireName()
                            + ", executed: "
                            + e.executed().name().toLowerCase(Locale.ROOT)
                            + (value ? ", a ValueError" : ""));
        }
    }

    public static void main(String[] args) {
        Flags flags =
                new Flags(
                                "Errors",
                                "Shows what comes of calls that fail: their kind, and whether the"
                                        + " handler ran.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("timeout", "0.3", "seconds of the call that takes too long")
                        .read(args);
        Duration timeout = Duration.ofMillis((long) (flags.seconds("timeout") * 1000));
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", Duration.ofSeconds(30));
            tell(
                    "a wrong argument",
                    node.call("examples.greet", Args.of("Ada").named("greting", "Hi")));
            tell("a wrong type", node.call("examples.divide", "six", 3));
            tell("a wrong method", node.call("examples.greed", "Ada"));
            tell("a wrong service", node.call("exmaples.greet", "Ada"));
            tell("a handler that raises", node.call("examples.divide", 6, 0));
            tell(
                    "a handler that takes too long",
                    node.call("examples.work", 60.0, "long").timeout(timeout));
            try {
                node.client("examples", Orders.class).order("the last copy");
            } catch (Rejected rejected) {
                System.out.println("a class of our own: " + rejected.reason);
            }
        }
    }
}
