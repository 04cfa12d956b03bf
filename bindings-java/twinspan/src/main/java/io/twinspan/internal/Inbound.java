package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.RemoteStream;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.RecordNames;
import io.twinspan.internal.codec.Signatures;
import io.twinspan.internal.codec.ValueException;

import java.lang.reflect.Type;
import java.util.function.Function;

/**
 * The items of a stream that comes from elsewhere: fetched in batches, decoded one by one. For one
 * thread at a time; only {@link #close} is for any.
 */
final class Inbound implements Feed {
    /** Most items and bytes of one crossing. */
    private static final int MOST = 1024;

    private static final int BYTES = 1 << 20;

    private final LiveNode node;
    private final StreamEnd end;
    private final String what;
    private final Type type;
    private final Codec.ItemDecoder decoding;

    /** The invocation among whose arguments the stream is, or null. */
    private final Running reader;

    private final Function<RuntimeException, RuntimeException> mapped;
    private Items items = Items.NONE;
    private boolean ended;
    private RuntimeException failure;
    private long taken;

    /**
     * @param what the stream's origin, for messages
     * @param type of the items
     * @param reader the invocation that reads its input, or null
     * @param records tells of which class registered records without a declared type are
     * @param mapped what the caller's contract makes of an error
     */
    Inbound(
            LiveNode node,
            StreamEnd end,
            String what,
            Type type,
            Running reader,
            RecordNames records,
            Function<RuntimeException, RuntimeException> mapped) {
        this.node = node;
        this.end = end;
        this.what = what;
        this.type = type;
        this.decoding = Codec.items(type, records);
        this.reader = reader;
        this.mapped = mapped;
    }

    @Override
    public LiveNode node() {
        return node;
    }

    @Override
    public boolean hasBuffered() {
        // Closed with items here: by its reader, who has enough.
        return !items.isEmpty() && !end.isClosed();
    }

    @Override
    public RemoteStream.Stats stats() {
        RemoteStream.Stats stats = end.stats();
        int here = end.isClosed() ? 0 : items.count();
        return new RemoteStream.Stats(
                stats.items() - here,
                stats.bytes(),
                stats.waiting() + here,
                stats.ended() && here == 0);
    }

    @Override
    public boolean isOver() {
        if (hasBuffered()) {
            return false;
        }
        if (failure != null) {
            throw failure;
        }
        return ended || end.isClosed();
    }

    @Override
    public boolean await() {
        while (!hasBuffered()) {
            if (isOver()) {
                return false;
            }
            fetch();
        }
        return true;
    }

    private void fetch() {
        Object given;
        long parent = Current.parent(Current.get());
        long handle = end.handle();
        try {
            given =
                    Threads.isVirtual()
                            ? node.wait(token -> Native.next(handle, parent, MOST, BYTES, token))
                            : Native.taken(Native.nextBlocking(handle, parent, MOST, BYTES));
        } catch (NativeException e) {
            fail(e.encoded());
            return;
        }
        if (given == null) {
            close();
            ended = true;
            throw Raise.interrupted("reading " + what + " was interrupted");
        }
        take(given);
    }

    @Override
    public void ask(long parent, Answer answer) {
        long token = node.lane().enter(answer);
        try {
            Native.next(end.handle(), parent, MOST, BYTES, token);
        } catch (NativeException e) {
            node.lane().forget(token);
            answer.take(null, e.encoded());
        }
    }

    @Override
    public void take(Object given) {
        items = Items.of(given);
        if (items.isEmpty()) {
            ended = true;
            end.run();
        } else if (reader != null) {
            reader.lift();
        }
    }

    @Override
    public void fail(byte[] error) {
        if (end.isClosed()) {
            ended = true; // Closed here, by another thread perhaps: that is no error of the stream.
            return;
        }
        failure = mapped.apply(Raise.decode(error));
        end.run();
    }

    @Override
    public Object next() {
        try {
            Object item = items.next(decoding);
            taken++;
            return item;
        } catch (ValueException e) {
            failure =
                    Raise.error(
                            Kind.UNSERIALIZABLE,
                            Executed.YES,
                            "item "
                                    + taken
                                    + " of "
                                    + what
                                    + " is no "
                                    + Signatures.describe(type)
                                    + ": "
                                    + e.getMessage(),
                            "Declare the type of the items that are sent.");
            close();
            throw failure;
        }
    }

    @Override
    public void close() {
        end.run();
    }

    @Override
    public Runnable end() {
        return end;
    }
}
