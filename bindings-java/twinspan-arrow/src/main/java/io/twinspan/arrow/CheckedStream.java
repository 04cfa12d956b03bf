package io.twinspan.arrow;

import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * An Arrow IPC stream in memory, whose lengths were compared with the bytes that are there: Arrow
 * allocates what a stream announces before it looks. That includes what its compressed buffers
 * announce to expand to, which is bounded as in Python.
 */
final class CheckedStream implements ReadableByteChannel {
    /** Stands before the length of a message; older streams have the length alone. */
    private static final int CONTINUATION = -1;

    /** A compressed buffer begins with its length; this one says that it is as it is. */
    private static final long AS_IT_IS = -1;

    private final ByteBuffer stream;
    private final long expansion;

    CheckedStream(ByteBuffer stream) throws IOException {
        this.expansion = check(stream.duplicate().order(ByteOrder.LITTLE_ENDIAN));
        this.stream = stream.duplicate();
        long most = TableMemory.most(stream.remaining());
        if (expansion > most) {
            throw new IOException(
                    "its compressed columns expand to "
                            + expansion
                            + " bytes; "
                            + most
                            + " are allowed for its size");
        }
    }

    /** Bytes that its compressed buffers expand to. */
    long expansion() {
        return expansion;
    }

    private static long check(ByteBuffer left) throws IOException {
        long expansion = 0;
        while (left.hasRemaining()) {
            int length = next(left);
            length = length == CONTINUATION ? next(left) : length;
            if (length == 0) {
                return expansion;
            }
            Message message = Message.getRootAsMessage(taken(left, length, "metadata"));
            ByteBuffer body = taken(left, message.bodyLength(), "a body");
            RecordBatch batch = batch(message);
            if (batch != null && batch.compression() != null) {
                expansion = sum(expansion, claimed(batch, body));
            }
        }
        return expansion;
    }

    /** The batch that a message holds, or the one in its dictionary. */
    private static RecordBatch batch(Message message) {
        if (message.headerType() == MessageHeader.RecordBatch) {
            return (RecordBatch) message.header(new RecordBatch());
        }
        if (message.headerType() == MessageHeader.DictionaryBatch) {
            return ((DictionaryBatch) message.header(new DictionaryBatch())).data();
        }
        return null;
    }

    private static long claimed(RecordBatch batch, ByteBuffer body) throws IOException {
        long all = 0;
        for (int i = 0; i < batch.buffersLength(); i++) {
            Buffer buffer = batch.buffers(i);
            if (buffer.length() == 0) {
                continue;
            }
            if (buffer.offset() < 0
                    || buffer.length() < Long.BYTES
                    || buffer.offset() > body.limit() - buffer.length()) {
                throw new IOException("it has a compressed column outside of its body");
            }
            long claim = body.getLong((int) buffer.offset());
            if (claim < AS_IT_IS) {
                throw new IOException("it has a compressed column of " + claim + " bytes");
            }
            all = sum(all, Math.max(claim, 0));
        }
        return all;
    }

    private static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static int next(ByteBuffer left) throws IOException {
        if (left.remaining() < Integer.BYTES) {
            throw new IOException("it ends in the middle of a message");
        }
        return left.getInt();
    }

    private static ByteBuffer taken(ByteBuffer left, long length, String what) throws IOException {
        if (length < 0 || length > left.remaining()) {
            throw new IOException(
                    "it announces "
                            + what
                            + " of "
                            + length
                            + " bytes, but only "
                            + left.remaining()
                            + " follow");
        }
        ByteBuffer out = left.slice().order(ByteOrder.LITTLE_ENDIAN).limit((int) length);
        left.position(left.position() + (int) length);
        return out;
    }

    @Override
    public int read(ByteBuffer target) {
        int count = Math.min(target.remaining(), stream.remaining());
        if (count == 0 && target.hasRemaining()) {
            return -1;
        }
        target.put(stream.slice().limit(count));
        stream.position(stream.position() + count);
        return count;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
