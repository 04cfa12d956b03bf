package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;

import java.util.concurrent.Flow;

/** Sends the answer of a handler that is a stream. */
final class Answering implements Subscriber.End {
    private static final byte[] NOTHING = {};

    private final LiveNode node;
    private final Running running;
    private final Source source;
    private final String target;

    Answering(LiveNode node, Running running, Object result, String target) {
        this.node = node;
        this.running = running;
        this.source = new Source(result);
        this.target = target;
    }

    /**
     * Sends all of it on this thread, which is the handler's; of a publisher, whatever it gives
     * without being asked again.
     */
    void run() {
        Outbound out;
        try {
            long handle = Native.streamAnswer(running.call());
            out = new Outbound(node, handle, "the answer of `" + target + "`");
        } catch (NativeException e) {
            source.drop();
            running.fail(e.encoded());
            return;
        }
        running.lift();
        Flow.Publisher<?> publisher = source.publisher();
        if (publisher != null) {
            Subscriber subscriber = new Subscriber(out, true, this);
            running.onCancel(
                    () -> {
                        if (subscriber.cancel()) {
                            // Nobody waits for it, but the invocation ends only when it is
                            // answered.
                            running.fail(
                                    Kind.CANCELLED, Executed.YES, "the stream was given up", "");
                        }
                    });
            subscriber.subscribe(publisher);
            return;
        }
        pull(out);
    }

    private void pull(Outbound out) {
        byte[] unwanted = null;
        Throwable failure = null;
        try {
            out.sendAll(source.iterator());
        } catch (NativeException e) {
            unwanted = e.encoded();
        } catch (Throwable e) {
            failure = e;
        }
        // Closing may take its time and wait for others: no interrupt belongs to it.
        running.left();
        try {
            source.close();
        } catch (Throwable e) {
            failure = failure == null ? e : failure;
        }
        if (unwanted != null) {
            unwanted(unwanted);
        } else if (failure != null) {
            failed(failure);
        } else {
            done();
        }
    }

    /** Nothing of it is sent. */
    void drop() {
        source.drop();
    }

    @Override
    public void done() {
        running.reply(NOTHING);
    }

    @Override
    public void failed(Throwable why) {
        running.fail(Failures.encode(why, node.name()));
    }

    @Override
    public void unwanted(byte[] error) {
        running.fail(error);
    }
}
