package desk;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import java.io.IOException;

/**
 * Keeps the ledger as soon as no other desk does: waits for the file's lock on a thread of its own,
 * then joins with a node that serves it.
 */
final class Keeper implements AutoCloseable {
    private final Options options;
    private final Traffic traffic;
    private final Launcher launcher;
    private final Thread thread = new Thread(this::keep, "keeper");
    private LedgerFile file;
    private Node node;
    private boolean closed;

    Keeper(Options options, Traffic traffic, Launcher launcher) {
        this.options = options;
        this.traffic = traffic;
        this.launcher = launcher;
        thread.setDaemon(true);
        thread.start();
    }

    private void keep() {
        try {
            serve(LedgerFile.take(options.ledger(), traffic, launcher::written));
        } catch (IOException | RuntimeException e) {
            if (!isClosed()) {
                launcher.fail("the ledger can't be kept", e);
            }
        }
    }

    private synchronized void serve(LedgerFile taken) throws IOException {
        if (closed) {
            taken.close();
            return;
        }
        file = taken;
        node =
                Node.join(
                        App.named("flights-ledger").serve("ledger", Ledger.class, taken),
                        NodeConfig.cluster(options.cluster())
                                .name("ledger-" + options.name())
                                .local(true));
        launcher.keeps(taken.size());
    }

    /** Calls that the ledger's node served. */
    synchronized long served() {
        return node == null ? 0 : ((Number) node.stats().get("served")).longValue();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        thread.interrupt(); // It may wait for the lock.
        if (node != null) {
            node.close();
        }
        if (file != null) {
            file.close();
        }
    }
}
