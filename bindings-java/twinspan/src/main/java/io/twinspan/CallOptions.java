package io.twinspan;

import io.twinspan.internal.Ambient;
import io.twinspan.internal.Current;
import io.twinspan.internal.Options;
import io.twinspan.internal.Raise;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** How a call is made. Each method answers a copy; what isn't set is the provider's choice. */
public final class CallOptions {
    private static final int MOST_ATTEMPTS = 16;
    private static final List<String> BALANCES =
            List.of("least_loaded", "round_robin", "hash", "local_first");
    private static final double MOST_HEDGE = 0.5;
    private static final CallOptions NONE = new CallOptions(Options.NONE);

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
     * @param balance {@code least_loaded}, {@code round_robin}, {@code hash} or {@code local_first}
     * @return options with this balance
     */
    public static CallOptions balance(String balance) {
        return NONE.withBalance(balance);
    }

    /**
     * Sends calls of one text to one provider, as long as it lives. Implies the balance {@code
     * hash}.
     *
     * @param affinity for example a customer's number
     * @return options with this affinity
     */
    public static CallOptions affinity(String affinity) {
        return NONE.withAffinity(affinity);
    }

    /**
     * Lets a call that takes unusually long be made a second time elsewhere; the first answer
     * counts. Only methods that may run twice are.
     *
     * @param share most calls that may be made twice, above 0 and at most 0.5
     * @return options with this share
     */
    public static CallOptions hedge(double share) {
        return NONE.withHedge(share);
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
        return new CallOptions(options.withTimeout(timeout));
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
        return new CallOptions(options.withAttempts(attempts));
    }

    /**
     * Chooses how providers share the calls.
     *
     * @param balance {@code least_loaded}, {@code round_robin}, {@code hash} or {@code local_first}
     * @return a copy with this balance
     */
    public CallOptions withBalance(String balance) {
        if (!BALANCES.contains(balance)) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "balance is one of " + String.join(", ", BALANCES) + ", not " + balance,
                    "Leave it out for the provider's choice.");
        }
        return new CallOptions(options.withBalance(balance));
    }

    /**
     * Sends calls of one text to one provider, as long as it lives. Implies the balance {@code
     * hash}.
     *
     * @param affinity for example a customer's number
     * @return a copy with this affinity
     */
    public CallOptions withAffinity(String affinity) {
        return new CallOptions(options.withAffinity(Objects.requireNonNull(affinity, "affinity")));
    }

    /**
     * Lets a call that takes unusually long be made a second time elsewhere; the first answer
     * counts. Only methods that may run twice are.
     *
     * @param share most calls that may be made twice, above 0 and at most 0.5
     * @return a copy with this share
     */
    public CallOptions withHedge(double share) {
        if (!(share > 0 && share <= MOST_HEDGE)) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "hedge is a share above 0 and at most " + MOST_HEDGE + ", not " + share,
                    "0.02 lets two calls of a hundred be made twice.");
        }
        return new CallOptions(options.withHedge(share));
    }

    /**
     * Says that the methods called may run twice, whatever the provider says.
     *
     * @return a copy with this promise
     */
    public CallOptions withAssumeIdempotent() {
        return new CallOptions(options.withIdempotent());
    }

    /**
     * Applies these options to every call that the current thread makes until the scope is closed,
     * those that a library makes included. They win over the options of clients.
     *
     * @return ends it
     */
    public Context.Scope scope() {
        return Current.enter(Ambient.now().withOptions(options))::run;
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
