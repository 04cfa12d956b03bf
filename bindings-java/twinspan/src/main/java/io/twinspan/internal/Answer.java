package io.twinspan.internal;

/**
 * Who waits for an operation. Called once, on the pump's thread: it must neither block nor run
 * anybody else's code.
 */
interface Answer {
    /**
     * Takes the outcome; exactly one of both is given.
     *
     * @param given what came: a payload, the {@code Long} of a stream, or items
     * @param error an encoded error
     */
    void take(Object given, byte[] error);
}
