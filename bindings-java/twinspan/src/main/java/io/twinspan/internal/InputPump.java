package io.twinspan.internal;

import io.twinspan.Kind;
import io.twinspan.internal.codec.StreamTypes;

import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;

/**
 * Sends the stream among the arguments of a call, on a thread of the node: begins when the handler
 * has room for the first item, and ends at the latest with the call.
 */
final class InputPump implements Runnable, Subscriber.End {
    private final Source source;
    private final Outbound out;
    private final Ambient ambient = Current.get();
    private final Interruptible thread = new Interruptible();
    private volatile Subscriber subscriber;
    private volatile boolean ended;

    private InputPump(LiveNode node, Source source, long handle, String target) {
        this.source = source;
        this.out = new Outbound(node, handle, "the stream for `" + target + "`");
    }

    /** Opens the stream among the arguments; null if there is none. */
    static InputPump of(Prepared method, Object[] positional, Map<String, Object> named) {
        Object found = null;
        for (Object argument : positional) {
            found = pick(method, found, argument);
        }
        for (Object argument : named.values()) {
            found = pick(method, found, argument);
        }
        if (found == null) {
            return null;
        }
        try {
            long handle = Native.streamOpen();
            return new InputPump(method.node(), new Source(found), handle, method.target());
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }

    private static Object pick(Prepared method, Object found, Object argument) {
        if (!StreamTypes.isSource(argument)) {
            return found;
        }
        if (found != null) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + method.target() + "` is given two streams",
                    "One argument of a call may be a stream; send the other as a list.");
        }
        return argument;
    }

    static long handle(InputPump input) {
        return input == null ? 0 : input.out.handle;
    }

    static void end(InputPump input) {
        if (input != null) {
            input.end();
        }
    }

    /** Begins to wait for room. */
    void start() {
        try {
            out.node.work(this);
        } catch (RejectedExecutionException e) {
            source.drop();
            Native.streamClose(out.handle);
            throw Raise.error(
                    Kind.OVERLOADED,
                    "the executor of the node refused to send a stream: " + e.getMessage(),
                    "Give the node an executor with room.");
        }
    }

    @Override
    public void run() {
        Ambient before = Current.set(ambient);
        Flow.Publisher<?> publisher = source.publisher();
        try {
            if (publisher != null) {
                subscriber = new Subscriber(out, false, this);
                subscriber.subscribe(publisher);
                if (ended) {
                    subscriber.cancel();
                }
            } else {
                pull();
            }
        } catch (Throwable e) {
            failed(e);
        } finally {
            Current.set(before);
        }
    }

    private void pull() {
        Throwable failure = null;
        thread.enter();
        try {
            // Before the first item is made: a call that is refused costs its source nothing.
            out.room();
            out.sendAll(source.iterator());
        } catch (NativeException e) {
            ended = true;
        } catch (Throwable e) {
            failure = e;
        } finally {
            thread.leave();
        }
        try {
            source.close();
        } catch (Throwable e) {
            if (failure == null) {
                failure = e;
            }
        }
        if (failure == null) {
            done();
        } else {
            failed(failure);
        }
    }

    @Override
    public void done() {
        finish(null);
    }

    @Override
    public void failed(Throwable why) {
        finish(Failures.encode(why, out.node.name()));
    }

    @Override
    public void unwanted(byte[] error) {
        ended = true;
    }

    private void finish(byte[] error) {
        if (ended) {
            return;
        }
        try {
            Native.streamEnd(out.handle, error);
        } catch (NativeException e) {
            // Nobody wants the stream's end either.
        }
    }

    /** The call is over: nobody reads the stream any more. */
    void end() {
        ended = true;
        Native.streamClose(out.handle);
        thread.interrupt();
        Subscriber known = subscriber;
        if (known != null) {
            known.cancel();
        }
    }
}
