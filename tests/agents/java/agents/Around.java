package agents;

import io.twinspan.Context;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** What the calls of a step carry, and the options that they find around them. */
final class Around implements AutoCloseable {
    private final Deque<Context.Scope> scopes = new ArrayDeque<>();

    Around(Map<?, ?> ask) {
        if (ask.get("baggage") instanceof Map<?, ?> given) {
            Map<String, String> baggage = new HashMap<>();
            given.forEach((key, value) -> baggage.put((String) key, (String) value));
            scopes.push(Context.withBaggage(baggage));
        }
        if (ask.get("traceparent") instanceof String traceparent) {
            scopes.push(Context.withTraceparent(traceparent));
        }
        if (ask.get("ambient") instanceof Map<?, ?> options) {
            scopes.push(Agent.options(options).scope());
        }
    }

    @Override
    public void close() {
        while (!scopes.isEmpty()) {
            scopes.pop().close();
        }
    }
}
