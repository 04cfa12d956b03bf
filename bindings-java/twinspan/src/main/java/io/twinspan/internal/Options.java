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
 * @param affinity calls of one text go to one provider; null for none
 * @param hedge which share of the calls may be made twice at once; 0 for none
 * @param node id of the only provider to ask; null for any
 */
public record Options(
        Duration timeout,
        int attempts,
        String balance,
        boolean idempotent,
        String affinity,
        double hedge,
        String node) {
    /** Says nothing. */
    public static final Options NONE = new Options(null, 0, null, false, null, 0, null);

    /**
     * Limits the time.
     *
     * @param timeout above zero
     * @return a copy with it
     */
    public Options withTimeout(Duration timeout) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, node);
    }

    /**
     * Limits the tries.
     *
     * @param attempts above zero
     * @return a copy with it
     */
    public Options withAttempts(int attempts) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, node);
    }

    /**
     * Chooses the balance.
     *
     * @param balance its name
     * @return a copy with it
     */
    public Options withBalance(String balance) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, node);
    }

    /**
     * Promises that methods may run twice.
     *
     * @return a copy with the promise
     */
    public Options withIdempotent() {
        return new Options(timeout, attempts, balance, true, affinity, hedge, node);
    }

    /**
     * Binds calls to one provider.
     *
     * @param affinity any text
     * @return a copy with it
     */
    public Options withAffinity(String affinity) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, node);
    }

    /**
     * Lets calls be made twice.
     *
     * @param hedge a share of the calls
     * @return a copy with it
     */
    public Options withHedge(double hedge) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, node);
    }

    /** Asks one provider only. */
    Options withNode(String id) {
        return new Options(timeout, attempts, balance, idempotent, affinity, hedge, id);
    }

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
                idempotent || base.idempotent,
                affinity != null ? affinity : base.affinity,
                hedge != 0 ? hedge : base.hedge,
                node != null ? node : base.node);
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
        if (affinity != null) {
            out.put("affinity", affinity);
        }
        if (hedge != 0) {
            out.put("hedge", hedge);
        }
        if (node != null) {
            out.put("node", node);
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
