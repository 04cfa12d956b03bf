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
    private static final long REPORT_NANOS = 200_000_000;
    private static final int GONE = 3;

    private final PrintStream out = System.out;
    private final CountDownLatch go = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private long decided;
    private long reported = System.nanoTime();
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

    /** So many more flights are in the ledger. */
    synchronized void written(int flights) {
        decided += flights;
        long now = System.nanoTime();
        if (now - reported >= REPORT_NANOS) {
            reported = now;
            print("{\"event\":\"progress\",\"decided\":" + decided + "}");
        }
    }

    synchronized void done() {
        done = true;
        print("{\"event\":\"done\",\"decided\":" + decided + "}");
    }

    private synchronized boolean isDone() {
        return done;
    }

    void awaitEnd() throws InterruptedException {
        end.await();
    }

    void stats(Object served, Traffic traffic, long explained, String example) {
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
                        + ",\"example\":\""
                        + example
                        + "\"}");
    }

    private void print(String line) {
        out.println(line);
        out.flush();
    }
}
