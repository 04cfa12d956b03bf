package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Payload;
import io.twinspan.internal.codec.ValueException;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/** Runs one handler on the node's executor. Whatever happens, its call is answered once. */
final class Invocation implements Runnable {
    private final LiveNode node;
    private final Served method;
    private final Running running;
    private final Body body;

    Invocation(LiveNode node, Served method, Running running, Body body) {
        this.node = node;
        this.method = method;
        this.running = running;
        this.body = body;
    }

    @Override
    public void run() {
        if (node.onPump()) {
            running.refused("it runs its tasks on the thread that gives them");
            return;
        }
        running.started();
        try {
            wanted();
        } finally {
            running.left();
        }
    }

    private void wanted() {
        if (running.cancelled()) {
            body.release();
            running.fail(
                    Kind.CANCELLED,
                    Executed.NO,
                    "the call was cancelled before its handler ran",
                    "");
            return;
        }
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        Ambient before = Current.set(Ambient.of(running));
        try {
            thread.setContextClassLoader(method.loader());
            handle();
        } catch (Fault e) {
            running.fail(e.encoded(node.name()));
        } catch (Throwable e) {
            running.fail(Failures.encode(e, node.name()));
        } finally {
            Current.set(before);
            thread.setContextClassLoader(loader);
        }
    }

    private void handle() throws Throwable {
        Bound bound;
        try {
            bound = method.bind(body, running, node);
        } catch (ValueException e) {
            running.fail(method.refusal(e, node.name()));
            return;
        }
        Overload overload = bound.overload();
        Object result = node.interception().run(method, bound, running);
        if (result instanceof CompletionStage<?> stage && overload.isAsync()) {
            later(stage, overload);
        } else if (overload.isStream(result)) {
            new Answering(node, running, result, method.target()).run();
        } else {
            reply(result);
        }
    }

    /** A stage that is completed with a stream: its items are made on a thread of the node. */
    private void stream(Object result) {
        Answering answering = new Answering(node, running, result, method.target());
        Ambient ambient = Ambient.of(running);
        try {
            node.work(
                    Current.with(
                            ambient,
                            () -> {
                                running.started();
                                try {
                                    answering.run();
                                } finally {
                                    running.left();
                                }
                            }));
        } catch (RejectedExecutionException e) {
            answering.drop();
            running.refused(e.getMessage());
        }
    }

    private void later(CompletionStage<?> stage, Overload overload) {
        if (stage instanceof Future<?> future) {
            running.onCancel(() -> future.cancel(true));
        }
        stage.whenComplete(
                (value, error) -> {
                    if (error == null && overload.isStream(value)) {
                        stream(value);
                    } else if (error == null) {
                        reply(value);
                    } else {
                        Throwable cause =
                                error instanceof CompletionException && error.getCause() != null
                                        ? error.getCause()
                                        : error;
                        if (cause instanceof CancellationException && running.cancelled()) {
                            running.fail(
                                    Kind.CANCELLED,
                                    Executed.MAYBE,
                                    "the handler was cancelled",
                                    "");
                        } else {
                            running.fail(Failures.encode(cause, node.name()));
                        }
                    }
                });
    }

    private void reply(Object result) {
        Payload encoded;
        try {
            encoded = Codec.payload(result);
        } catch (ValueException e) {
            String at = "the result can't cross: " + e.getMessage();
            running.fail(
                    Kind.UNSERIALIZABLE,
                    Executed.YES,
                    at,
                    "Change the value at the path in the message to a type that can cross.");
            return;
        } catch (Throwable e) {
            running.fail(
                    Failures.encode(
                            e,
                            node.name())); // An accessor of the result threw, or the heap is full.
            return;
        }
        running.reply(encoded);
    }
}
