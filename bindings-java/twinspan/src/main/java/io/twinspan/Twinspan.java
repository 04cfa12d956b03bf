package io.twinspan;

import io.twinspan.internal.Contract;

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
     * Serves until the JVM is told to end (SIGTERM, SIGINT), the thread is interrupted or the node
     * is closed: then it takes nothing new, finishes what runs and leaves. For a {@code main} that
     * does nothing else.
     *
     * @param app what the process offers
     * @param config how to join
     */
    public static void run(App app, NodeConfig config) {
        try (Node node = Node.join(app, config)) {
            node.live().awaitLeft();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
