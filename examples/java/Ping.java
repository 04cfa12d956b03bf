import io.twinspan.*;

import java.time.Duration;

/**
 * Calls a provider a few times and says who answered.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Ping --cluster examples
 */
public final class Ping {
    interface Examples {
        String ping();
    }

    public static void main(String[] args) {
        Flags flags =
                new Flags("Ping", "Calls a provider a few times and says who answered.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("count", "3", "how many calls to make")
                        .read(args);
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", Duration.ofSeconds(30));
            Examples examples = node.client("examples", Examples.class);
            for (int number = 1; number <= flags.number("count"); number++) {
                System.out.println(number + ": pong from " + examples.ping());
            }
        }
    }
}
