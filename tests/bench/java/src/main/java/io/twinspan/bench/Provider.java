package io.twinspan.bench;

import java.util.stream.Stream;

/** What Twinspan's Java node serves. */
public final class Provider implements Echo {
    @Override
    public byte[] call(byte[] payload) {
        return payload;
    }

    /** {@link Feed} from the other side. */
    public Stream<byte[]> items(byte[] payload) {
        return Stream.generate(() -> payload);
    }
}
