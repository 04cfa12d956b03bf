package io.twinspan.test;

import java.util.List;

/** Ends several things, of which one may fail. */
final class Ends {
    private Ends() {}

    /** Runs all; then throws what the first one threw, with the others' failures in it. */
    static void all(List<Runnable> ends) {
        Throwable first = null;
        for (Runnable end : ends) {
            try {
                end.run();
            } catch (RuntimeException | Error e) {
                if (first == null) {
                    first = e;
                } else if (first != e) {
                    first.addSuppressed(e);
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first != null) {
            throw (RuntimeException) first;
        }
    }
}
