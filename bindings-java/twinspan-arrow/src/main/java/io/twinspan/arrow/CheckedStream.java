package io.twinspan.arrow;

import org.apache.arrow.flatbuf.Message;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;

/**
 * An Arrow IPC stream in memory, whose lengths were compared with the bytes that are there: Arrow
 * allocates what a stream announces before it looks.
 */
final class CheckedStream implements ReadableByteChannel {
    /** Stands before the length of a message; older streams have the length alone. */
    private static final int CONTINUATION = -1;

    private final ByteBuffer stream;

    CheckedStream(ByteBuffer stream) throws IOException {
        check(stream.duplicate().order(ByteOrder.LITTLE_ENDIAN));
        this.stream = stream.duplicate();
    }

    private static void check(ByteBuffer left) throws IOException {
        while (left.hasRemaining()) {
            int length = next(left);
            length = length == CONTINUATION ? next(left) : length;
            if (length == 0) {
                return;
            }
            Message message = Message.getRootAsMessage(taken(left, length, "metadata"));
            taken(left, message.bodyLength(), "a body");
        }
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
