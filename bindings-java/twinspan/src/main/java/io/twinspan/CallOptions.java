package io.twinspan;

import io.twinspan.internal.Options;

import java.time.Duration;
import java.util.Objects;

/** How a call is made. Each method answers a copy; what isn't set is the provider's choice. */
public final class CallOptions {
    private static final CallOptions NONE = new CallOptions(new Options(null, 0, null, false));

    private final Options options;

    private CallOptions(Options options) {
        this.options = options;
    }

    /**
     * Sets nothing.
     *
     * @return options that change nothing
     */
    public static CallOptions defaults() {
        return NONE;
    }

    /**
     * Limits how long a call may take, retries included.
     *
     * @param timeout above zero
     * @return options with this timeout
     */
    public static CallOptions timeout(Duration timeout) {
        return NONE.withTimeout(timeout);
    }

    /**
     * Limits how often a call is tried.
     *
     * @param attempts at least 1
     * @return options with this number
     */
    public static CallOptions attempts(int attempts) {
        return NONE.withAttempts(attempts);
    }

    /**
     * Chooses how providers share the calls.
     *
     * @param balance {@code least_loaded}, {@code round_robin} or {@code local_first}
     * @return options with this balance
     */
    public static CallOptions balance(String balance) {
        return NONE.withBalance(balance);
    }

    /**
     * Says that the methods called may run twice, whatever the provider says.
     *
     * @return options with this promise
     */
    public static CallOptions assumeIdempotent() {
        return NONE.withAssumeIdempotent();
    }

    /**
     * Limits how long a call may take, retries included.
     *
     * @param timeout above zero
     * @return a copy with this timeout
     */
    public CallOptions withTimeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("a timeout must be above zero, not " + timeout);
        }
        return new CallOptions(
                new Options(timeout, options.attempts(), options.balance(), options.idempotent()));
    }

    /**
     * Limits how often a call is tried.
     *
     * @param attempts at least 1
     * @return a copy with this number
     */
    public CallOptions withAttempts(int attempts) {
        if (attempts < 1) {
            throw new IllegalArgumentException("a call needs at least 1 attempt, not " + attempts);
        }
        return new CallOptions(
                new Options(options.timeout(), attempts, options.balance(), options.idempotent()));
    }

    /**
     * Chooses how providers share the calls.
     *
     * @param balance {@code least_loaded}, {@code round_robin} or {@code local_first}
     * @return a copy with this balance
     */
    public CallOptions withBalance(String balance) {
        Objects.requireNonNull(balance, "balance");
        return new CallOptions(
                new Options(options.timeout(), options.attempts(), balance, options.idempotent()));
    }

    /**
     * Says that the methods called may run twice, whatever the provider says.
     *
     * @return a copy with this promise
     */
    public CallOptions withAssumeIdempotent() {
        return new CallOptions(
                new Options(options.timeout(), options.attempts(), options.balance(), true));
    }

    Options options() {
        return options;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CallOptions that && options.equals(that.options);
    }

    @Override
    public int hashCode() {
        return options.hashCode();
    }

    @Override
    public String toString() {
        return options.toString();
    }
}
