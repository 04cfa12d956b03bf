package io.twinspan.bench;

import java.util.concurrent.locks.LockSupport;

/** Pauses of 1 to 5 ms between sparse calls, from a fixed sequence that every agent shares. */
final class Gaps {
    private long state = 1;

    void pause() {
        state = state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
        long end = System.nanoTime() + (1000 + (state >>> 33) % 4000) * 1000;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
