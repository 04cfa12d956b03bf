package io.twinspan;

import io.twinspan.internal.Raise;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much of a service one node takes on; what isn't set is not limited here. Each method answers
 * a copy. A call beyond it is refused at once with {@link OverloadedException}, and did not run.
 *
 * <pre>{@code
 * app.limit("reports", Limits.none().running(4).waiting(100));
 * }</pre>
 */
public final class Limits {
    private static final Limits NONE = new Limits(Map.of());

    private final Map<String, Long> values;

    private Limits(Map<String, Long> values) {
        this.values = values;
    }

    /**
     * Limits nothing.
     *
     * @return limits to begin with
     */
    public static Limits none() {
        return NONE;
    }

    /**
     * Limits the handlers at once; one that waits in a nested call doesn't count meanwhile.
     *
     * @param most at least 1
     * @return limits with this one
     * @throws BadConfigException if no call could ever run
     */
    public Limits running(int most) {
        return with("running", most, 1);
    }

    /**
     * Limits the calls that wait for a handler; a service that doesn't say has 1,024.
     *
     * @param most at least 0: none waits
     * @return limits with this one
     * @throws BadConfigException if it is negative
     */
    public Limits waiting(int most) {
        return with("waiting", most, 0);
    }

    /**
     * Limits the bytes of the arguments that wait. A single call may have more when no other waits.
     *
     * @param most at least 1
     * @return limits with this one
     * @throws BadConfigException if it is smaller
     */
    public Limits bytes(long most) {
        return with("bytes", most, 1);
    }

    private Limits with(String name, long most, long least) {
        if (most < least) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "limit: " + name + " is a whole number from " + least + ", not " + most,
                    "Leave `" + name + "` out if it is not limited.");
        }
        Map<String, Long> values = new LinkedHashMap<>(this.values);
        values.put(name, most);
        return new Limits(Map.copyOf(values));
    }

    /** The encoded `limit` of the neck. */
    Map<String, Long> encoded() {
        return values;
    }

    @Override
    public String toString() {
        return "Limits" + values;
    }
}
