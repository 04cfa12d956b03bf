package io.twinspan.test;

import io.twinspan.internal.Arrival;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A call that reached a fake node, with arguments that fit its method.
 *
 * @param target {@code service.method}
 * @param args in the order of the method's parameters; of a stub that takes any, those given by
 *     place
 * @param named the same by the names of the parameters, where they are known; of a stub that takes
 *     any, those given by name
 * @param timeout how long its caller waited for the answer at most
 * @param baggage what came along with it
 */
public record FakeCall(
        String target,
        List<Object> args,
        Map<String, Object> named,
        Duration timeout,
        Map<String, String> baggage) {
    static FakeCall of(Arrival arrival) {
        return new FakeCall(
                arrival.target(),
                Collections.unmodifiableList(new ArrayList<>(arrival.arguments())),
                Collections.unmodifiableMap(new LinkedHashMap<>(arrival.named())),
                Duration.ofNanos(Math.max(0, arrival.running().remainingNanos())),
                Map.copyOf(arrival.running().baggage()));
    }
}
