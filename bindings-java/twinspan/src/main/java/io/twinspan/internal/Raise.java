package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;

import java.util.Locale;
import java.util.Map;

/** Makes the public exceptions, whose constructors only their own package sees. */
public final class Raise {
    /** What the public package installs. */
    public interface Factory {
        /**
         * Makes the exception of the error's kind.
         *
         * @param error the keys of an encoded error
         * @return the exception, not thrown
         */
        RuntimeException of(Map<String, Object> error);

        /**
         * Makes the exception for an interrupted wait.
         *
         * @param message what was interrupted
         * @return the exception, not thrown
         */
        RuntimeException interrupted(String message);

        /**
         * Answers the failure that a remote error brought.
         *
         * @param error any exception
         * @return null for one that isn't remote
         */
        Map<String, Object> failure(Throwable error);

        /**
         * Answers how many frames of its stack are remote.
         *
         * @param error any exception
         * @return 0 for one that isn't remote
         */
        int remoteFrames(Throwable error);
    }

    private static volatile Factory factory;

    static {
        try {
            Class.forName("io.twinspan.Errors", true, Raise.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Raise() {}

    /**
     * Called once, by the public package.
     *
     * @param made the maker of exceptions
     */
    public static void install(Factory made) {
        factory = made;
    }

    static RuntimeException from(NativeException error) {
        return decode(error.encoded());
    }

    static RuntimeException decode(byte[] encoded) {
        return factory.of(Wire.map(encoded));
    }

    static Map<String, Object> failure(Throwable error) {
        return factory.failure(error);
    }

    static int remoteFrames(Throwable error) {
        return factory.remoteFrames(error);
    }

    static RuntimeException interrupted(String message) {
        return factory.interrupted(message);
    }

    /**
     * Makes an exception of a kind for which nothing ran.
     *
     * @param kind what went wrong
     * @param message what happened
     * @param advice what to do
     * @return the exception, not thrown
     */
    public static RuntimeException error(Kind kind, String message, String advice) {
        return factory.of(parts(kind, Executed.NO, message, advice));
    }

    static RuntimeException error(Kind kind, Executed executed, String message, String advice) {
        return factory.of(parts(kind, executed, message, advice));
    }

    /** The keys of an encoded error. */
    static Map<String, Object> parts(Kind kind, Executed executed, String message, String advice) {
        return Map.of(
                "kind",
                kind.number(),
                "executed",
                executed.name().toLowerCase(Locale.ROOT),
                "message",
                message,
                "advice",
                advice);
    }
}
