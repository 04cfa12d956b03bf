package io.twinspan.internal.codec;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds properties by the names a peer uses: exactly, else as the alias in the other language's
 * spelling.
 */
final class Fields {
    /** A name that no property has. */
    static final int UNKNOWN = -1;

    private static final int AMBIGUOUS = -2;
    private static final int MOST_PLANS = 16;

    private final Map<String, Integer> exact = new HashMap<>();
    private final Map<String, Integer> aliases = new HashMap<>();
    private final int count;

    /**
     * The plans of the shapes that arrived lately; replaced whole, so races only cost the work
     * again.
     */
    private volatile Plan[] plans = {};

    Fields(List<Property> properties) {
        count = properties.size();
        for (int i = 0; i < count; i++) {
            String name = properties.get(i).name();
            if (name != null) {
                exact.put(name, i);
                aliases.merge(Names.snake(name), i, (a, b) -> AMBIGUOUS);
            }
        }
    }

    /** One more name of a property, unless another has it. */
    void also(String name, int at) {
        exact.putIfAbsent(name, at);
        aliases.putIfAbsent(Names.snake(name), at);
    }

    /** The place of the property, or {@link #UNKNOWN}. */
    int find(String name) {
        Integer at = exact.get(name);
        if (at == null) {
            at = aliases.get(Names.snake(name));
        }
        return at == null || at < 0 ? UNKNOWN : at;
    }

    boolean isExact(String name) {
        return exact.containsKey(name);
    }

    /** Where the values of one shape go. */
    static final class Plan {
        private final WireShape shape;

        /** For each value of the shape the place of its property, or {@link Fields#UNKNOWN}. */
        final int[] places;

        /** The properties that no value is for. */
        final int[] missing;

        private Plan(WireShape shape, int[] places, int[] missing) {
            this.shape = shape;
            this.places = places;
            this.missing = missing;
        }
    }

    Plan plan(WireShape shape) {
        Plan[] known = plans;
        for (Plan plan : known) {
            if (plan.shape == shape) {
                return plan;
            }
        }
        Plan fresh = make(shape);
        if (!shape.kept()) {
            return fresh;
        }
        Plan[] kept = new Plan[Math.min(known.length + 1, MOST_PLANS)];
        kept[0] = fresh;
        System.arraycopy(known, 0, kept, 1, kept.length - 1);
        plans = kept;
        return fresh;
    }

    private Plan make(WireShape shape) {
        int[] places = new int[shape.names.length];
        boolean[] given = new boolean[count];
        Arrays.fill(places, UNKNOWN);
        for (int i = 0; i < places.length; i++) {
            if (isExact(shape.names[i])) {
                places[i] = find(shape.names[i]);
                given[places[i]] = true;
            }
        }
        for (int i = 0; i < places.length; i++) {
            int at = find(shape.names[i]);
            if (places[i] == UNKNOWN && at != UNKNOWN && !given[at]) {
                places[i] = at;
                given[at] = true;
            }
        }
        int[] missing = new int[count];
        int absent = 0;
        for (int i = 0; i < count; i++) {
            if (!given[i]) {
                missing[absent++] = i;
            }
        }
        return new Plan(shape, places, Arrays.copyOf(missing, absent));
    }
}
