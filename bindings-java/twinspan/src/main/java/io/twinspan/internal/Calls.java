package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.TwinspanException;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Payload;
import io.twinspan.internal.codec.Signatures;
import io.twinspan.internal.codec.ValueException;

import java.lang.ref.Reference;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Making a call, blocking or not. */
public final class Calls {
    private Calls() {}

    /** Encodes the arguments; nothing was sent when it fails. */
    static Payload encode(Prepared method, Object[] positional, Map<String, Object> named) {
        try {
            return Codec.payload(positional, named);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.UNSERIALIZABLE,
                    "the arguments of `" + method.target() + "` can't cross: " + e.getMessage(),
                    "Change the value at the path in the message to a type that can cross.");
        }
    }

    /** Reads the result; the handler did run. */
    static Object decode(Prepared method, Body body, Type type, Function<Body, Object> decoding) {
        if (type == void.class || type == Void.class) {
            body.release();
            return null;
        }
        try {
            return decoding.apply(body.knowing(method.records()));
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.UNSERIALIZABLE,
                    Executed.YES,
                    "the result of `"
                            + method.target()
                            + "` is no "
                            + Signatures.describe(type)
                            + ": "
                            + e.getMessage(),
                    "Declare the type that the method answers with.");
        }
    }

    /**
     * Calls and waits. A platform thread waits in the core, where it can lead; a virtual one waits
     * in Java.
     */
    static Object block(Prepared method, Payload payload, InputPump input) {
        Object answer = null;
        try {
            if (input != null) {
                input.start();
            }
            answer = wait(method, payload, InputPump.handle(input));
        } finally {
            if (answer == null) {
                InputPump.end(input);
            }
        }
        if (answer == null) {
            throw Raise.interrupted("the call of `" + method.target() + "` was interrupted");
        }
        return answer;
    }

    private static Object wait(Prepared method, Payload payload, long input) {
        LiveNode node = method.node();
        Object answer;
        try {
            if (Thread.currentThread().isInterrupted()) {
                answer = null; // Nothing is sent.
            } else if (Threads.isVirtual()) {
                answer = node.wait(token -> start(method, payload, input, token));
            } else {
                Ambient ambient = Current.get();
                Prepared chosen = method.under(ambient);
                Object given =
                        Native.callBlocking(
                                chosen.handle(),
                                Current.parent(ambient),
                                chosen.timeoutNanos(),
                                ambient == null ? null : ambient.encoded(),
                                payload.bytes(),
                                payload.parts(),
                                input);
                answer = Native.taken(given);
                // The handle is freed with its owner, which must outlive the call.
                Reference.reachabilityFence(chosen);
            }
        } catch (NativeException e) {
            throw Raise.from(e);
        }
        return answer;
    }

    /**
     * Calls and answers with a future, which tells everything that goes wrong, before the call is
     * sent too.
     */
    static <T> CompletableFuture<T> async(
            Prepared method,
            Object[] positional,
            Map<String, Object> named,
            BiFunction<Object, InputPump, T> read,
            Function<RuntimeException, Throwable> failed) {
        NodeFuture<T> future = new NodeFuture<>(method.node(), read, failed);
        try {
            Payload payload = encode(method, positional, named);
            InputPump input = InputPump.of(method, positional, named);
            long token = method.node().lane().enter(future);
            future.started(token, input);
            if (input != null) {
                input.start();
            }
            start(method, payload, InputPump.handle(input), token);
        } catch (NativeException e) {
            future.refused(failed.apply(Raise.from(e)));
        } catch (TwinspanException e) {
            future.refused(e);
        }
        return future;
    }

    private static void start(Prepared method, Payload payload, long input, long token) {
        Ambient ambient = Current.get();
        Prepared chosen = method.under(ambient);
        Native.call(
                chosen.handle(),
                Current.parent(ambient),
                chosen.timeoutNanos(),
                ambient == null ? null : ambient.encoded(),
                payload.bytes(),
                payload.parts(),
                input,
                token);
        Reference.reachabilityFence(chosen);
    }

    /**
     * A call by name, waited for.
     *
     * @param owner lives as long as a stream that is answered
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the result
     * @return the result
     */
    public static Object call(
            Object owner,
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        Prepared method = node.prepared(target, options);
        Payload payload = encode(method, positional, named);
        InputPump input = InputPump.of(method, positional, named);
        Result result = new Result(owner, method, type, error -> error);
        return result.read(block(method, payload, input), input);
    }

    /**
     * A call by name, not waited for.
     *
     * @param <T> the result
     * @param owner lives as long as a stream that is answered
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the result
     * @return the future result
     */
    @SuppressWarnings("unchecked")
    public static <T> CompletableFuture<T> callAsync(
            Object owner,
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        Prepared method = node.prepared(target, options);
        Result result = new Result(owner, method, type, error -> error);
        return async(
                method,
                positional,
                named,
                (given, input) -> (T) result.read(given, input),
                error -> error);
    }
}
