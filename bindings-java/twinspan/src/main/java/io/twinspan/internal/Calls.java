package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Signatures;
import io.twinspan.internal.codec.ValueException;

import java.lang.ref.Reference;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Making a call, blocking or not. */
public final class Calls {
    private static final byte[] NO_BAGGAGE = new byte[0];

    private Calls() {}

    /** Encodes the arguments; nothing was sent when it fails. */
    static byte[] encode(Prepared method, Object[] positional, Map<String, Object> named) {
        try {
            return Codec.encodeArguments(positional, named);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.UNSERIALIZABLE,
                    "the arguments of `" + method.target() + "` can't cross: " + e.getMessage(),
                    "Change the value at the path in the message to a type that can cross.");
        }
    }

    /** Reads the result; the handler did run. */
    static Object decode(Prepared method, byte[] payload, Type type) {
        if (type == void.class || type == Void.class) {
            return null;
        }
        try {
            return Codec.decode(payload, type);
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
    static byte[] block(Prepared method, long timeoutNanos, byte[] payload) {
        LiveNode node = method.node();
        long timeout = timeoutNanos >= 0 ? timeoutNanos : method.timeoutNanos();
        byte[] answer;
        try {
            if (Threads.isVirtual()) {
                Waiter waiter = new Waiter();
                long token = node.lane().enter(waiter);
                start(method, timeout, payload, token);
                answer = waiter.await();
                if (answer == null) {
                    node.lane().cancel(token);
                }
            } else if (Thread.currentThread().isInterrupted()) {
                answer = null;
            } else {
                answer =
                        Native.callBlocking(
                                method.handle(), Current.parent(), timeout, NO_BAGGAGE, payload);
            }
        } catch (NativeException e) {
            throw Raise.from(e);
        } finally {
            // The handle is freed with its owner, which must outlive the call.
            Reference.reachabilityFence(method);
        }
        if (answer == null) {
            throw Raise.interrupted("the call of `" + method.target() + "` was interrupted");
        }
        return answer;
    }

    /** Calls and answers with a future. */
    static <T> CompletableFuture<T> async(
            Prepared method,
            long timeoutNanos,
            byte[] payload,
            Function<byte[], T> decode,
            Function<RuntimeException, Throwable> failed) {
        LiveNode node = method.node();
        NodeFuture<T> future = new NodeFuture<>(node, decode, failed);
        long token = node.lane().enter(future);
        future.started(token);
        try {
            start(method, timeoutNanos >= 0 ? timeoutNanos : method.timeoutNanos(), payload, token);
        } catch (NativeException e) {
            future.completeExceptionally(failed.apply(Raise.from(e)));
        }
        return future;
    }

    private static void start(Prepared method, long timeout, byte[] payload, long token) {
        try {
            Native.call(method.handle(), Current.parent(), timeout, NO_BAGGAGE, payload, token);
        } catch (Throwable e) {
            method.node().lane().forget(token);
            throw e;
        } finally {
            Reference.reachabilityFence(method);
        }
    }

    /**
     * A call by name, waited for.
     *
     * @param node calls
     * @param target {@code service.method}
     * @param options how
     * @param positional arguments
     * @param named arguments
     * @param type of the result
     * @return the result
     */
    public static Object call(
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        Prepared method = node.prepared(target, options);
        return decode(method, block(method, -1, encode(method, positional, named)), type);
    }

    /**
     * A call by name, not waited for.
     *
     * @param <T> the result
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
            LiveNode node,
            String target,
            Options options,
            Object[] positional,
            Map<String, Object> named,
            Type type) {
        Prepared method = node.prepared(target, options);
        byte[] payload = encode(method, positional, named);
        return async(method, -1, payload, bytes -> (T) decode(method, bytes, type), error -> error);
    }
}
