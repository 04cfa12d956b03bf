package io.twinspan.bench;

/** What a run measured, as the driver is told. */
interface Measured {
    /** Calls, or items of a stream. */
    int calls();

    /** One line; benchmark/session.py reads it. */
    String report();
}
