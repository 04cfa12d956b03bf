package desk;

import io.twinspan.CallContext;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The ledger as a file that only grows. */
final class LedgerFile implements Ledger, AutoCloseable {
    private static final String HEADER = "flight,probability,action,decided_by,attempt\n";

    private final FileChannel file;
    private final Traffic traffic;
    private final BitSet batches = new BitSet();

    LedgerFile(Path path, Traffic traffic) throws IOException {
        this.traffic = traffic;
        file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.APPEND);
        write(HEADER);
    }

    @Override
    public CompletableFuture<Integer> append(int batch, List<Decision> decisions) {
        // No current call: this very desk appends, without a call.
        int attempt = CallContext.current().map(CallContext::attempt).orElse(1);
        if (CallContext.current().isPresent()) {
            traffic.served();
        }
        try {
            return CompletableFuture.completedFuture(appended(batch, decisions, attempt));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private synchronized int appended(int batch, List<Decision> decisions, int attempt)
            throws IOException {
        if (batches.get(batch)) {
            return 0;
        }
        StringBuilder lines = new StringBuilder(64 * decisions.size());
        for (Decision one : decisions) {
            lines.append(one.flight()).append(',');
            lines.append(Double.toHexString(one.probability())).append(',');
            lines.append(one.action()).append(',');
            lines.append(one.decidedBy()).append(',');
            lines.append(attempt).append('\n');
        }
        write(lines);
        batches.set(batch);
        return decisions.size();
    }

    private void write(CharSequence text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /** Everything is on disk. */
    @Override
    public synchronized void close() throws IOException {
        file.force(true);
        file.close();
    }
}
