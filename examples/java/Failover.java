import io.twinspan.*;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Goes on when one of two providers crashes.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Failover --cluster examples
 */
public final class Failover {
    interface Examples {
        String ping();

        void crash();
    }

    private static Set<String> answers(Examples examples, int calls) {
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < calls; i++) {
            names.add(examples.ping());
        }
        return names;
    }

    public static void main(String[] args) {
        Flags flags =
                new Flags("Failover", "Goes on when one of two providers crashes.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("calls", "20", "how many calls to make before and after")
                        .read(args);
        int calls = flags.number("calls");
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", 2, Duration.ofSeconds(30));
            CallOptions inTurn = CallOptions.balance("round_robin");
            Examples examples = node.client("examples", Examples.class, inTurn);
            int before = answers(examples, calls).size();
            System.out.println("before: " + calls + " calls, answered by " + before + " nodes");
            try {
                examples.crash();
            } catch (MaybeExecutedException e) {
                String executed = e.executed().name().toLowerCase(Locale.ROOT);
                System.out.println("the crash: " + e.kind().wireName() + ", executed: " + executed);
            }
            int after = answers(examples, calls).size();
            System.out.println("after: " + calls + " calls, answered by " + after + " node");
        }
    }
}
