package io.twinspan.bench;

import java.util.concurrent.CompletableFuture;

/** {@link Echo} for callers that don't wait. */
public interface AsyncEcho {
    CompletableFuture<byte[]> call(byte[] payload);
}
