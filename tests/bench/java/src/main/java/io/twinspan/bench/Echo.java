package io.twinspan.bench;

/** What Py4J calls on the other side. */
public interface Echo {
    byte[] call(byte[] payload);
}
