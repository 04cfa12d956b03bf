package io.twinspan.internal.codec;

import io.twinspan.NdArray;

import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * The codec's way to the data of an {@code NdArray}, which others see read-only only: the native
 * side can't take an array of the heap from a read-only view. Set by the class itself.
 */
public final class NdArrays {
    private static volatile Function<NdArray, ByteBuffer> data;

    private NdArrays() {}

    /**
     * Called once, when the class is made ready.
     *
     * @param access answers the data, from position 0 to the limit
     */
    public static void set(Function<NdArray, ByteBuffer> access) {
        data = access;
    }

    static ByteBuffer data(NdArray array) {
        return data.apply(array);
    }
}
