import io.twinspan.*;

import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Serves the service {@code examples} that the other examples call, until SIGTERM.
 *
 * <p>Run it: javac -parameters -d target/examples examples/java/*.java &amp;&amp; java -cp
 * "target/examples:$CLASSPATH" Serve --cluster examples
 */
public final class Serve {
    /** The jobs whose handlers were told that nobody waits any more. */
    private final Set<String> ended = ConcurrentHashMap.newKeySet();

    private final String name;

    private Serve(String name) {
        this.name = name;
    }

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

    @Idempotent
    public String ping() {
        return name;
    }

    public String greet(String name, @Default("Hello") String greeting) {
        return greeting + ", " + name + "!";
    }

    public int divide(int a, int b) {
        if (b == 0) {
            throw new IllegalArgumentException("b must not be 0");
        }
        return a / b;
    }

    public void order(String article) throws Rejected {
        throw new Rejected(article + " is sold out");
    }

    /** Works on a job until it is done or nobody wants it any more. */
    public String work(double seconds, String job) throws InterruptedException {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            ended.add(job);
            throw e;
        }
        return job + " is done";
    }

    /** A stream of numbers. */
    public Stream<Integer> count(int to, String job) {
        return IntStream.range(0, to).boxed().onClose(() -> ended.add(job));
    }

    /** Takes a stream of numbers. */
    public long total(Iterator<Integer> numbers) {
        long total = 0;
        while (numbers.hasNext()) {
            total += numbers.next();
        }
        return total;
    }

    public boolean ended(String job) {
        return ended.contains(job);
    }

    public void crash() {
        Runtime.getRuntime().halt(1);
    }

    public static void main(String[] args) {
        Flags flags =
                new Flags("Serve", "Serves the service `examples` until SIGTERM.")
                        .with("cluster", "examples", "the cluster to join")
                        .with("name", "one", "the name of this node")
                        .read(args);
        App app = App.named("examples").serve("examples", new Serve(flags.text("name")));
        Twinspan.run(app, NodeConfig.cluster(flags.text("cluster")).name(flags.text("name")));
    }
}
