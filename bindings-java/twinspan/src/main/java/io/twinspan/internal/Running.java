package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Payload;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One invocation from its arrival to its one answer: what its handler may know of it, and the right
 * to answer.
 */
public final class Running {
    private final LiveNode node;
    private final long call;
    private final long input;
    private volatile long deadline;
    private volatile boolean lifted;
    private final AtomicBoolean answered = new AtomicBoolean();
    private final Object lock = new Object();
    private final Interruptible handler = new Interruptible();
    private volatile boolean started;
    private boolean cancelled;
    private List<Runnable> hooks = new ArrayList<>(0);
    private volatile Map<String, Object> context;

    Running(LiveNode node, long call, long deadline, long input) {
        this.node = node;
        this.call = call;
        this.deadline = deadline;
        this.input = input;
    }

    /**
     * The node on which the handler runs, as programs see it.
     *
     * @return null once nobody holds it
     */
    public Object face() {
        return node.face();
    }

    /** The receiving end of the stream among the arguments, or 0. */
    long input() {
        return input;
    }

    /** The first item went or came: from now on only the caller's own end ends the call. */
    void lift() {
        lifted = true;
    }

    long call() {
        return call;
    }

    /** The current thread runs the handler from now on: a cancel interrupts it. */
    void started() {
        started = true;
        handler.enter();
    }

    /** The current thread is done with the handler: nothing interrupts it any more. */
    void left() {
        handler.leave();
    }

    /** The executor threw its task away. */
    void dropped() {
        if (!started) {
            fail(
                    Kind.INTERNAL,
                    Executed.NO,
                    "the executor dropped the call before it ran",
                    "Shut the node down before its executor.");
        }
    }

    /** The executor has no place for it. */
    void refused(String why) {
        fail(
                Kind.OVERLOADED,
                Executed.NO,
                "the executor of node `" + node.name() + "` refused the call: " + why,
                "Give the node an executor with room, or add providers.");
    }

    boolean ended() {
        return answered.get();
    }

    /**
     * Answers the time until the caller stops waiting.
     *
     * @return nanoseconds, negative when it has passed; the most there are once items of a stream
     *     flow
     */
    public long remainingNanos() {
        return lifted ? Long.MAX_VALUE : deadline - System.nanoTime();
    }

    /**
     * Brings the deadline nearer: the clock of a test was moved.
     *
     * @param nanos by how much
     */
    public void pass(long nanos) {
        synchronized (lock) {
            deadline -= nanos;
        }
    }

    /**
     * Answers the call as one whose deadline has passed, and stops its handler.
     *
     * @param had seconds that the caller waited at most
     */
    public void expire(double had) {
        String text = "no answer within %.3f s from node `%s`";
        fail(
                Kind.DEADLINE_EXCEEDED,
                Executed.MAYBE,
                String.format(Locale.ROOT, text, had, node.name()),
                "");
        cancel();
    }

    /**
     * Answers whether the caller no longer wants the answer.
     *
     * @return true once cancelled or past the deadline
     */
    public boolean cancelled() {
        synchronized (lock) {
            return cancelled || remainingNanos() <= 0;
        }
    }

    /**
     * Runs the hook when the call is cancelled, at once if it is already.
     *
     * @param hook runs on the node's executor
     */
    public void onCancel(Runnable hook) {
        synchronized (lock) {
            if (!cancelled) {
                hooks.add(hook);
                return;
            }
        }
        node.continuation(hook);
    }

    /**
     * Answers the encoded context, asked for once.
     *
     * @return its keys
     */
    public Map<String, Object> context() {
        Map<String, Object> known = context;
        if (known == null) {
            try {
                known = Wire.map(Native.context(call));
            } catch (NativeException e) {
                throw Raise.from(e);
            }
            context = known;
        }
        return known;
    }

    /**
     * Answers the baggage that came with the call.
     *
     * @return empty without any
     */
    @SuppressWarnings("unchecked")
    public Map<String, String> baggage() {
        return context().get("baggage") instanceof Map<?, ?> baggage
                ? Collections.unmodifiableMap((Map<String, String>) baggage)
                : Map.of();
    }

    /**
     * Answers the trace to which the call belongs.
     *
     * @return a W3C traceparent, whose span is the call's own; empty when the core says none
     */
    public String traceparent() {
        return context().get("traceparent") instanceof String text ? text : "";
    }

    /** Asks for the context while it can be had; later the answer is what is known. */
    void remember() {
        try {
            context();
        } catch (RuntimeException e) {
            context = Map.of(); // The call is over: nothing is known of it any more.
        }
    }

    /** Called by the pump; hooks run elsewhere. */
    void cancel() {
        List<Runnable> now;
        synchronized (lock) {
            cancelled = true;
            now = hooks;
            hooks = new ArrayList<>(0);
        }
        handler.interrupt();
        for (Runnable hook : now) {
            node.continuation(hook);
        }
    }

    /** The handler is done with the stream among its arguments. */
    private void end() {
        node.ended(this);
        if (input != 0) {
            Native.streamClose(input);
        }
    }

    void reply(byte[] payload) {
        reply(payload, null);
    }

    void reply(Payload payload) {
        reply(payload.bytes(), payload.parts());
    }

    private void reply(byte[] payload, Object[] parts) {
        if (answered.compareAndSet(false, true)) {
            end();
            try {
                Native.reply(call, payload, parts);
            } catch (NativeException e) {
                refused(e);
            }
        }
    }

    void fail(byte[] encoded) {
        if (answered.compareAndSet(false, true)) {
            end();
            try {
                Native.fail(call, encoded);
            } catch (NativeException e) {
                // The caller gave up, or the node is closed: nobody is left to tell.
            }
        }
    }

    void fail(Kind kind, Executed executed, String message, String advice) {
        Map<String, Object> error =
                new LinkedHashMap<>(
                        Raise.parts(
                                kind,
                                executed,
                                message,
                                advice.isEmpty() ? Native.explainError(kind.number()) : advice));
        error.put("node", node.name());
        fail(Wire.encode(error));
    }

    /**
     * A result that is too large, for example. A second answer to a call that is over changes
     * nothing.
     */
    private void refused(NativeException why) {
        try {
            Native.fail(call, why.encoded());
        } catch (NativeException e) {
            // The caller gave up, or the node is closed: nobody is left to tell.
        }
    }
}
