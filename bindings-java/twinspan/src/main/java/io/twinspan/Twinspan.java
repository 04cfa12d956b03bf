package io.twinspan;

import io.twinspan.internal.Contract;

/** What belongs to no node. */
public final class Twinspan {
    private Twinspan() {}

    /**
     * Makes a client with other options; the given one stays as it is.
     *
     * @param <T> the contract
     * @param client what {@link Node#client} answered
     * @param options win over the client's own
     * @return a client of the same service
     */
    public static <T> T options(T client, CallOptions options) {
        return Contract.with(client, options.options());
    }
}
