package io.twinspan.bench;

/** What Twinspan and Py4J call. */
public interface Echo {
    byte[] call(byte[] payload);
}
