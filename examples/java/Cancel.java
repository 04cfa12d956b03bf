import io.twinspan.*;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * Cancels a call: who waits goes on at once, and the handler is told.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Cancel --cluster examples
 */
public final class Cancel {
    interface Examples {
        CompletableFuture<String> work(double seconds, String job);

        CompletableFuture<Boolean> ended(String job);
    }

    public static void main(String[] args) throws InterruptedException {
        Flags flags =
                new Flags(
                                "Cancel",
                                "Cancels a call: who waits goes on at once, and the handler is"
                                        + " told.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("after", "0.3", "seconds until the call is cancelled")
                        .read(args);
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", Duration.ofSeconds(30));
            Examples examples = node.client("examples", Examples.class);
            String job = "job-of-" + node.id();
            CompletableFuture<String> working = examples.work(60, job);
            Thread.sleep((long) (flags.seconds("after") * 1000));
            System.out.println("working: " + (working.isDone() ? "no" : "yes"));
            working.cancel(true);
            try {
                working.join();
            } catch (CancellationException e) {
                System.out.println("cancelled here: yes");
            }
            for (int i = 0; i < 500 && !examples.ended(job).join(); i++) {
                Thread.sleep(10);
            }
            System.out.println("told there: " + (examples.ended(job).join() ? "yes" : "no"));
        }
    }
}
