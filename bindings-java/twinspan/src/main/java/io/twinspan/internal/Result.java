package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Signatures;
import io.twinspan.internal.codec.StreamTypes;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.function.Function;

/**
 * Reads the results of one method of a contract. Its decoding is put together at the first result,
 * which tells what is wrong with it.
 */
final class Result {
    private final Object owner;
    private final Prepared method;
    private final Type type;
    private final boolean stream;
    private final Function<RuntimeException, RuntimeException> mapped;
    private Function<Body, Object> decoding;

    /**
     * @param owner lives as long as a stream that is answered
     * @param type what is declared
     * @param mapped what the contract makes of an error in the middle of a stream
     */
    Result(
            Object owner,
            Prepared method,
            Type type,
            Function<RuntimeException, RuntimeException> mapped) {
        this.owner = owner;
        this.method = method;
        this.type = type;
        this.stream = StreamTypes.isStream(type);
        this.mapped = mapped;
    }

    /**
     * Reads what a call brought.
     *
     * @param given a payload, or the handle of a stream
     * @param input the stream among the arguments, or null; it ends when nobody reads it any more
     */
    Object read(Object given, InputPump input) {
        if (given instanceof Long handle) {
            StreamEnd end = new StreamEnd(handle, input);
            return Streams.shown(streamed(end), Types.raw(type));
        }
        InputPump.end(input);
        Body payload = Native.body(given);
        if (stream) {
            return Streams.shown(listed(payload), Types.raw(type));
        }
        return Calls.decode(method, payload, type, this::decode);
    }

    /** The same as a stream of ours, whatever is declared. */
    Incoming<Object> stream(Object given, InputPump input) {
        if (given instanceof Long handle) {
            return streamed(new StreamEnd(handle, input));
        }
        InputPump.end(input);
        return listed(Native.body(given));
    }

    private Incoming<Object> streamed(StreamEnd end) {
        if (!stream && !StreamTypes.isEither(type) && type != Object.class) {
            end.run();
            throw Raise.error(
                    Kind.MISUSE,
                    Executed.MAYBE,
                    "`" + method.target() + "` answers a stream, not " + Signatures.describe(type),
                    "Declare RemoteStream<T> as the result.");
        }
        Type item = type == Object.class ? Object.class : StreamTypes.item(type);
        String what = "the stream of `" + method.target() + "`";
        return new Incoming<>(
                new Inbound(method.node(), end, what, item, null, method.records(), mapped), owner);
    }

    /** A provider that answers with a list: its elements are the items. */
    private Incoming<Object> listed(Body payload) {
        Type list = new ListOf(StreamTypes.item(type));
        List<?> items =
                (List<?>) Calls.decode(method, payload, list, body -> Codec.decode(body, list));
        return new Incoming<>(
                new ListFeed(method.node(), items == null ? List.of() : items), owner);
    }

    private record ListOf(Type item) implements ParameterizedType {
        @Override
        public Type[] getActualTypeArguments() {
            return new Type[] {item};
        }

        @Override
        public Type getRawType() {
            return List.class;
        }

        @Override
        public Type getOwnerType() {
            return null;
        }
    }

    private Object decode(Body payload) {
        // Two threads may both make it; either is good, and its parts are final.
        Function<Body, Object> known = decoding;
        if (known == null) {
            known = Codec.decoding(type);
            decoding = known;
        }
        return known.apply(payload);
    }
}
