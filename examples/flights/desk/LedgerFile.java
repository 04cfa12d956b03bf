package desk;

import io.twinspan.CallContext;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/**
 * The ledger as a file that only grows. Whoever holds the file's lock keeps the ledger; the kernel
 * gives the lock on when that process ends, however it ends.
 */
final class LedgerFile implements Ledger, AutoCloseable {
    private static final String HEADER = "flight,probability,action,decided_by,attempt\n";

    private final FileChannel file;
    private final Traffic traffic;

    /** Is told after every append how many flights are in the ledger. */
    private final IntConsumer grown;

    private final Set<String> flights = new HashSet<>();

    /** What is good ends here. */
    private long end;

    private LedgerFile(FileChannel file, Traffic traffic, IntConsumer grown) throws IOException {
        this.file = file;
        this.traffic = traffic;
        this.grown = grown;
        read();
    }

    /** Waits until no other process keeps the ledger, and goes on with what is in it. */
    static LedgerFile take(Path path, Traffic traffic, IntConsumer grown) throws IOException {
        FileChannel file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        try {
            file.lock();
            return new LedgerFile(file, traffic, grown);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Learns which flights are there. A line that its writer did not finish is cut off. */
    private void read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
        while (bytes.hasRemaining() && file.read(bytes, bytes.position()) >= 0) {
            // Until all is read.
        }
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
        end = text.lastIndexOf('\n') + 1;
        file.truncate(end);
        if (end == 0) {
            write(HEADER);
            return;
        }
        text.substring(0, (int) end)
                .lines()
                .skip(1)
                .forEach(line -> flights.add(line.substring(0, line.indexOf(','))));
    }

    synchronized int size() {
        return flights.size();
    }

    @Override
    public synchronized CompletableFuture<List<String>> missing(List<String> of) {
        traffic.served();
        return CompletableFuture.completedFuture(
                of.stream().filter(flight -> !flights.contains(flight)).toList());
    }

    @Override
    public synchronized CompletableFuture<Integer> append(List<Decision> decisions) {
        traffic.served();
        try {
            int appended = appended(decisions, CallContext.current().orElseThrow().attempt());
            grown.accept(flights.size());
            return CompletableFuture.completedFuture(appended);
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private int appended(List<Decision> decisions, int attempt) throws IOException {
        StringBuilder lines = new StringBuilder(64 * decisions.size());
        Set<String> added = new HashSet<>();
        for (Decision one : decisions) {
            if (flights.contains(one.flight()) || !added.add(one.flight())) {
                continue;
            }
            lines.append(one.flight()).append(',');
            lines.append(Double.toHexString(one.probability())).append(',');
            lines.append(one.action()).append(',');
            lines.append(one.decidedBy()).append(',');
            lines.append(attempt).append('\n');
        }
        if (!added.isEmpty()) {
            write(lines);
            flights.addAll(added);
        }
        return added.size();
    }

    /** When this returns it is on disk; when it throws, nothing was written. */
    private void write(CharSequence text) throws IOException {
        ByteBuffer bytes = StandardCharsets.US_ASCII.encode(text.toString());
        try {
            while (bytes.hasRemaining()) {
                file.write(bytes, end + bytes.position());
            }
            file.force(false);
        } catch (IOException e) {
            file.truncate(end);
            throw e;
        }
        end += bytes.position();
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
