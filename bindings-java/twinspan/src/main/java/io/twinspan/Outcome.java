package io.twinspan;

import java.util.Optional;

/**
 * How one of many calls ended: with a value or with an error.
 *
 * @param <T> the value
 */
public final class Outcome<T> {
    private final T value;
    private final RuntimeException error;

    Outcome(T value, RuntimeException error) {
        this.value = value;
        this.error = error;
    }

    /**
     * Answers what the call answered.
     *
     * @return the value
     * @throws TwinspanException if the call failed
     */
    public T value() {
        if (error != null) {
            throw error;
        }
        return value;
    }

    /**
     * Answers why the call failed.
     *
     * @return empty if it didn't
     */
    public Optional<RuntimeException> error() {
        return Optional.ofNullable(error);
    }

    /**
     * Answers whether the call failed.
     *
     * @return true if there is no value
     */
    public boolean isError() {
        return error != null;
    }

    @Override
    public String toString() {
        return error == null ? "value " + value : "error " + error;
    }
}
