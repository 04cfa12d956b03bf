package desk;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The other end of standard input and output: JSON lines out; {@code go} and the end of the input
 * in.
 */
final class Launcher {
    private static final int FAILED = 1;
    private static final int GONE = 3;

    private final PrintStream out = System.out;
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private boolean done;

    Launcher() {
        Thread thread = new Thread(this::listen, "launcher");
        thread.setDaemon(true);
        thread.start();
    }

    private void listen() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals("go")) {
                    go.countDown();
                }
            }
        } catch (IOException e) {
            // As the end of the input: nobody is there.
        }
        if (!isDone()) {
            // Killed launchers leave no desk behind.
            System.exit(GONE);
        }
        end.countDown();
    }

    void ready() {
        print("{\"event\":\"ready\",\"pid\":" + ProcessHandle.current().pid() + "}");
    }

    void awaitGo() throws InterruptedException {
        go.await();
    }

    /** This desk keeps the ledger from now on. */
    void keeps(int decided) {
        print("{\"event\":\"keeps\",\"decided\":" + decided + "}");
    }

    /** So many flights are in the ledger that this desk keeps. */
    void written(int decided) {
        print("{\"event\":\"progress\",\"decided\":" + decided + "}");
    }

    /** All flights of this desk are in the ledger. */
    synchronized void done() {
        done = true;
        print("{\"event\":\"done\"}");
    }

    /** Ends the desk. */
    void fail(String what, Exception why) {
        System.err.println(what + ": " + why);
        System.exit(FAILED);
    }

    private synchronized boolean isDone() {
        return done;
    }

    void awaitEnd() throws InterruptedException {
        end.await();
    }

    void stats(long served, Traffic traffic, long explained, long unconfirmed, String example) {
        List<String> calls =
                traffic.servedByLanguage().entrySet().stream()
                        .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                        .toList();
        print(
                "{\"event\":\"stats\",\"served\":"
                        + served
                        + ",\"calls\":{"
                        + String.join(",", calls)
                        + "}"
                        + ",\"latencies_us\":"
                        + traffic.latencies()
                        + ",\"explained\":"
                        + explained
                        + ",\"unconfirmed\":"
                        + unconfirmed
                        + ",\"example\":\""
                        + example
                        + "\"}");
    }

    private synchronized void print(String line) {
        out.println(line);
        out.flush();
    }
}
