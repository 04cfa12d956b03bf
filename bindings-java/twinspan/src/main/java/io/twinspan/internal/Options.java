package io.twinspan.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How a call is made.
 *
 * @param timeout null for the provider's
 * @param attempts 0 for the provider's
 * @param balance null for the provider's
 * @param idempotent whether the caller promises it
 */
public record Options(Duration timeout, int attempts, String balance, boolean idempotent) {
    static final Options NONE = new Options(null, 0, null, false);

    /**
     * Fills in weaker options.
     *
     * @param base says what these don't
     * @return these options, and those of {@code base} where these say nothing
     */
    public Options over(Options base) {
        return new Options(
                timeout != null ? timeout : base.timeout,
                attempts != 0 ? attempts : base.attempts,
                balance != null ? balance : base.balance,
                idempotent || base.idempotent);
    }

    /**
     * The encoded `method (options)` of the neck. The timeout goes with each call instead, in
     * nanoseconds.
     */
    Map<String, Object> encoded(String service, String method) {
        Map<String, Object> out = new HashMap<>();
        out.put("service", service);
        out.put("method", method);
        if (attempts != 0) {
            out.put("attempts", attempts);
        }
        if (balance != null) {
            out.put("balance", balance);
        }
        if (idempotent) {
            out.put("idempotent", true);
        }
        return out;
    }

    /** -1 for the provider's. */
    long timeoutNanos() {
        if (timeout == null) {
            return -1;
        }
        try {
            return timeout.toNanos();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE; // 292 years
        }
    }
}
