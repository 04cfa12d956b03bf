package io.twinspan.internal;

import io.twinspan.internal.codec.Codec;

import java.lang.reflect.Type;
import java.util.function.Function;

/**
 * Reads the results of one method of a contract. Its decoding is put together at the first result,
 * which tells what is wrong with it.
 */
final class Result {
    private final Prepared method;
    private final Type type;
    private Function<byte[], Object> decoding;

    Result(Prepared method, Type type) {
        this.method = method;
        this.type = type;
    }

    Object read(byte[] payload) {
        return Calls.decode(method, payload, type, this::decode);
    }

    private Object decode(byte[] payload) {
        // Two threads may both make it; either is good, and its parts are final.
        Function<byte[], Object> known = decoding;
        if (known == null) {
            known = Codec.decoding(type);
            decoding = known;
        }
        return known.apply(payload);
    }
}
