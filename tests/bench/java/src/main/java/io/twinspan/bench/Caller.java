package io.twinspan.bench;

import java.util.concurrent.CompletableFuture;

/** A product, seen from a caller. All threads share one. */
interface Caller {
    byte[] call(byte[] payload) throws Exception;

    CompletableFuture<byte[]> future(byte[] payload);
}
