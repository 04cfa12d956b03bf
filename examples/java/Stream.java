import io.twinspan.*;

import java.time.Duration;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads a stream, leaves one early, and sends one.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Stream --cluster examples
 */
public final class Stream {
    interface Examples {
        RemoteStream<Integer> count(int to, String job);

        boolean ended(String job);

        long total(Iterator<Integer> numbers);
    }

    public static void main(String[] args) throws InterruptedException {
        Flags flags =
                new Flags("Stream", "Reads a stream, leaves one early, and sends one.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("items", "5", "how many items to read")
                        .read(args);
        int items = flags.number("items");
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", Duration.ofSeconds(30));
            Examples examples = node.client("examples", Examples.class);
            String job = "job-of-" + node.id();

            try (RemoteStream<Integer> numbers = examples.count(items, "all of it")) {
                System.out.println(
                        "read: "
                                + numbers.stream()
                                        .map(String::valueOf)
                                        .collect(Collectors.joining(" ")));
            }

            try (RemoteStream<Integer> numbers = examples.count(1_000_000_000, job)) {
                System.out.println("first: " + numbers.iterator().next());
            }
            // Leaving the block ended the producer.
            long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (!examples.ended(job) && System.nanoTime() < until) {
                Thread.sleep(10);
            }
            System.out.println("the producer ended: " + (examples.ended(job) ? "yes" : "no"));

            Iterator<Integer> sent = IntStream.rangeClosed(1, items).iterator();
            System.out.println("sent: " + examples.total(sent));
        }
    }
}
