package io.twinspan.bench;

import java.util.Arrays;

/** The nanoseconds of each call of one thread, or of one chain of futures. */
final class Line {
    private long[] nanos = new long[4096];
    private int calls;

    void add(long value) {
        if (calls == nanos.length) {
            nanos = Arrays.copyOf(nanos, calls * 2);
        }
        nanos[calls++] = value;
    }

    int calls() {
        return calls;
    }

    long[] sorted() {
        long[] sorted = Arrays.copyOf(nanos, calls);
        Arrays.sort(sorted);
        return sorted;
    }
}
