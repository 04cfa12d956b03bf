package io.twinspan.arrow;

import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes an Arrow IPC stream in pieces: what is large stays in Arrow's memory, which the table's
 * owner keeps while it is sent; what is small is copied.
 */
final class TableWriter implements WritableByteChannel {
    /** What the codec wouldn't leave where it is either. */
    private static final int SMALL = 1 << 16;

    private final List<ByteBuffer> pieces = new ArrayList<>();
    private ByteBuffer open = ByteBuffer.allocate(SMALL);

    private TableWriter() {}

    static List<ByteBuffer> pieces(VectorSchemaRoot table) throws IOException {
        TableWriter out = new TableWriter();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(table, null, out)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        }
        out.seal();
        return out.pieces;
    }

    @Override
    public int write(ByteBuffer source) {
        int count = source.remaining();
        if (count >= SMALL) {
            seal();
            pieces.add(source.slice());
            source.position(source.limit());
            return count;
        }
        if (open.remaining() < count) {
            seal();
        }
        open.put(source);
        return count;
    }

    /** What was copied so far becomes a piece. */
    private void seal() {
        if (open.position() > 0) {
            pieces.add(open.flip());
            open = ByteBuffer.allocate(SMALL);
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
