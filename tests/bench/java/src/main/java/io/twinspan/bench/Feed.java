package io.twinspan.bench;

import io.twinspan.RemoteStream;

/** A stream without an end: the payload again and again. */
public interface Feed {
    RemoteStream<byte[]> items(byte[] payload);
}
