package io.twinspan;

import io.twinspan.internal.Contract;
import io.twinspan.internal.Signals;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What belongs to no node. */
public final class Twinspan {
    private Twinspan() {}

    /**
     * Makes a client with other options; the given one stays as it is.
     *
     * @param <T> the contract
     * @param client what {@link Node#client} answered
     * @param options win over the client's own
     * @return a client of the same service
     */
    public static <T> T options(T client, CallOptions options) {
        return Contract.with(client, options.options());
    }

    /**
     * Serves until the process is told to end (SIGTERM, SIGINT), the thread is interrupted or the
     * node is closed, and lets running calls take at most 10 seconds then.
     *
     * @param app what the process offers
     * @param config how to join
     * @see #run(App, NodeConfig, Duration)
     */
    public static void run(App app, NodeConfig config) {
        run(app, config, Node.DRAIN);
    }

    /**
     * Serves until the process is told to end (SIGTERM, SIGINT), the thread is interrupted or the
     * node is closed. For a {@code main} that does nothing else: told to end, the node is no longer
     * ready, takes nothing new, finishes what runs and leaves, and the JVM exits with 0. A second
     * signal ends the JVM at once.
     *
     * @param app what the process offers
     * @param config how to join
     * @param drain how long running calls may take
     */
    public static void run(App app, NodeConfig config, Duration drain) {
        Signals signals = Signals.take();
        boolean told = false;
        try {
            Node node = Node.join(app, config);
            try {
                CompletableFuture.anyOf(signals.told(), node.live().left()).get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException("neither of both fails", e);
            } finally {
                node.close(drain);
            }
            told = signals.told().isDone();
        } finally {
            if (!told) {
                signals.giveBack();
            }
        }
        // One that came while they were given back counts too.
        if (signals.told().isDone()) {
            // Threads of the application may still run; nobody waits for them after SIGTERM.
            System.exit(0);
        }
    }
}
