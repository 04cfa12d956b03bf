package agents;

import static agents.Agent.map;

import io.twinspan.Args;
import io.twinspan.CallAll;
import io.twinspan.CallMany;
import io.twinspan.CallOptions;
import io.twinspan.Node;
import io.twinspan.Outcome;
import io.twinspan.RemoteCall;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The steps that make many calls at once. */
final class Many {
    private Many() {}

    /** Results and errors by name of the node. */
    @SuppressWarnings("unchecked")
    static Object all(Node node, String target, Args args, CallOptions options, boolean awaits)
            throws Throwable {
        CallAll calls = node.callAll(target, args).options(options);
        Map<String, Outcome<Object>> told =
                awaits
                        ? (Map<String, Outcome<Object>>) Agent.awaited(calls.async(Object.class))
                        : calls.as(Object.class);
        Map<String, Object> out = new LinkedHashMap<>();
        for (Map.Entry<String, Outcome<Object>> one : told.entrySet()) {
            out.put(one.getKey(), outcome(one.getValue()));
        }
        return out;
    }

    /** Results and errors in the order of the sets. */
    static Object many(Node node, String target, Map<?, ?> ask, CallOptions options)
            throws ReflectiveOperationException {
        List<Args> sets = new ArrayList<>();
        for (Object set : (List<?>) ask.get("sets")) {
            sets.add(Args.of(Agent.arguments(set)));
        }
        CallMany calls = node.callMany(target, sets).options(options);
        if (ask.get("window") instanceof Long window) {
            calls = calls.window(window.intValue());
        }
        List<Object> out = new ArrayList<>();
        try (var told = calls.as(Object.class)) {
            for (Outcome<Object> one : (Iterable<Outcome<Object>>) told::iterator) {
                out.add(outcome(one));
            }
        }
        return out;
    }

    /** The first success of some providers. */
    static Object first(
            Node node, String target, Args args, int n, CallOptions options, boolean awaits)
            throws Throwable {
        RemoteCall call = node.firstOf(target, args, n).options(options);
        return Literals.of(
                awaits
                        ? Agent.awaited(call.async(Object.class).orTimeout(20, TimeUnit.SECONDS))
                        : call.as(Object.class));
    }

    /** A result, or an error that is given and not thrown. */
    private static Map<String, Object> outcome(Outcome<Object> told)
            throws ReflectiveOperationException {
        return told.isError()
                ? map("error", Told.error(told.error().orElseThrow(), 0))
                : map("value", Literals.of(told.value()));
    }
}
