import io.twinspan.*;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Calls one method in several ways: by name, by keyword, typed, and without waiting.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Call --cluster examples
 */
public final class Call {
    interface Greeter {
        String greet(String name, String greeting);
    }

    interface GreeterLater {
        CompletableFuture<String> greet(String name);
    }

    public static void main(String[] args) {
        Flags flags =
                new Flags(
                                "Call",
                                "Calls one method in several ways: by name, by keyword, typed, and"
                                        + " without waiting.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("who", "World", "who is greeted")
                        .read(args);
        String who = flags.text("who");
        try (Node node = Node.join(NodeConfig.cluster(flags.text("cluster")))) {
            node.waitFor("examples", Duration.ofSeconds(30));
            String byName = node.call("examples.greet", who).as(String.class);
            System.out.println("by name:   " + byName);
            Args keyword = Args.of(who).named("greeting", "Good day");
            System.out.println(
                    "keyword:   " + node.call("examples.greet", keyword).as(String.class));
            CallOptions quick = CallOptions.timeout(Duration.ofSeconds(5));
            Greeter greeter = node.client("examples", Greeter.class, quick);
            System.out.println("typed:     " + greeter.greet(who, "Welcome"));
            GreeterLater later = node.client("examples", GreeterLater.class);
            for (CompletableFuture<String> one :
                    List.of(later.greet("Ada"), later.greet("Grace"))) {
                System.out.println("at once:   " + one.join());
            }
        }
    }
}
