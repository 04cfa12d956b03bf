package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;

import java.lang.reflect.Constructor;
import java.util.Locale;
import java.util.Map;

/** Makes the public exceptions, whose constructors only their own package sees. */
public final class Raise {
    /** What the public package does. */
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
         * Answers what a remote error says when a handler lets it through: what was raised first.
         *
         * @param error any exception
         * @return null for one that isn't remote
         */
        String through(Throwable error);

        /**
         * Answers how many frames of its stack are remote.
         *
         * @param error any exception
         * @return 0 for one that isn't remote
         */
        int remoteFrames(Throwable error);
    }

    /**
     * Made here, and not installed by an initialiser of the other class: two threads that began at
     * either end would wait for each other for ever.
     */
    private static final Factory FACTORY = make();

    private Raise() {}

    private static Factory make() {
        try {
            Constructor<?> constructor =
                    Class.forName("io.twinspan.Errors").getDeclaredConstructor();
            constructor.setAccessible(true);
            return (Factory) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static RuntimeException from(NativeException error) {
        return decode(error.encoded());
    }

    static RuntimeException decode(byte[] encoded) {
        return FACTORY.of(Wire.map(encoded));
    }

    static Map<String, Object> failure(Throwable error) {
        return FACTORY.failure(error);
    }

    static String through(Throwable error) {
        return FACTORY.through(error);
    }

    static int remoteFrames(Throwable error) {
        return FACTORY.remoteFrames(error);
    }

    static RuntimeException interrupted(String message) {
        return FACTORY.interrupted(message);
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
        return FACTORY.of(parts(kind, Executed.NO, message, advice));
    }

    static RuntimeException error(Kind kind, Executed executed, String message, String advice) {
        return FACTORY.of(parts(kind, executed, message, advice));
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
