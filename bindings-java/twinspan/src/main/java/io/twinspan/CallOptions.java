package io.twinspan;

import io.twinspan.internal.Options;
import io.twinspan.internal.Raise;

import java.time.Duration;
import java.util.List;

/** How a call is made. Each method answers a copy; what isn't set is the provider's choice. */
public final class CallOptions {
    private static final int MOST_ATTEMPTS = 16;
    private static final List<String> BALANCES =
            List.of("least_loaded", "round_robin", "local_first");
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
     * @param attempts from 1 to 16
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
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "timeout is above zero, not " + timeout,
                    "Leave it out for the default of 30 seconds.");
        }
        return new CallOptions(
                new Options(timeout, options.attempts(), options.balance(), options.idempotent()));
    }

    /**
     * Limits how often a call is tried.
     *
     * @param attempts from 1 to 16
     * @return a copy with this number
     */
    public CallOptions withAttempts(int attempts) {
        if (attempts < 1 || attempts > MOST_ATTEMPTS) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "attempts is a number from 1 to " + MOST_ATTEMPTS + ", not " + attempts,
                    "1 never tries again.");
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
        if (!BALANCES.contains(balance)) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "balance is one of " + String.join(", ", BALANCES) + ", not " + balance,
                    "Leave it out for the provider's choice.");
        }
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

    /** These options, and those of {@code base} where these say nothing. */
    CallOptions over(CallOptions base) {
        return new CallOptions(options.over(base.options));
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
