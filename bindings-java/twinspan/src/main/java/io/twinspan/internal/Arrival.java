package io.twinspan.internal;

import java.util.List;
import java.util.Map;

/**
 * A call that reached a node whose calls are intercepted.
 *
 * @param target {@code service.method}
 * @param arguments in the order of the method's parameters; of one that takes any, as given by
 *     place
 * @param named the same by the names of the parameters, where they are known; of one that takes
 *     any, as given by name
 * @param running the invocation
 */
public record Arrival(
        String target, List<Object> arguments, Map<String, Object> named, Running running) {}
