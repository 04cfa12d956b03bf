package io.twinspan.internal.codec;

/** Knows classes by the names under which they are registered; for any thread. */
@FunctionalInterface
public interface RecordNames {
    /** Knows none. */
    RecordNames NONE = name -> null;

    /**
     * Finds the class of a name.
     *
     * @param name as it crosses
     * @return the class; null when none is known here
     */
    Class<?> find(String name);
}
