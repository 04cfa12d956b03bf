package io.twinspan;

/**
 * Python's {@code range(start, stop, step)}: the integers from {@code start} on, before {@code
 * stop}.
 *
 * @param start the first value
 * @param stop the bound that is not reached
 * @param step the distance between two values, never 0
 */
public record Range(long start, long stop, long step) {
    /**
     * Refuses a step of 0, as Python does.
     *
     * @param start the first value
     * @param stop the bound that is not reached
     * @param step the distance between two values
     */
    public Range {
        if (step == 0) {
            throw new IllegalArgumentException("the step of a range must not be 0");
        }
    }
}
