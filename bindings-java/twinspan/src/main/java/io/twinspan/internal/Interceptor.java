package io.twinspan.internal;

/** Stands before the handlers of a node: for tests of programs, where it answers in their place. */
public interface Interceptor {
    /** The method's own handler. */
    @FunctionalInterface
    interface Handler {
        /**
         * Runs it.
         *
         * @return its result
         * @throws Throwable what it throws
         */
        Object run() throws Throwable;
    }

    /**
     * Called in the place of a handler, on its thread, with arguments that fit its method.
     *
     * @param arrival the call
     * @param handler may be run, once
     * @return the result, or a stage of it where the method answers one
     * @throws Throwable what the caller gets: {@link Fault} as the error it names, anything else as
     *     what a handler threw
     */
    Object handle(Arrival arrival, Handler handler) throws Throwable;
}
