package io.twinspan.internal;

import io.twinspan.Kind;
import io.twinspan.Limit;

import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads {@link Limit}, also where overloads share one method of the service. */
final class MethodLimit {
    private MethodLimit() {}

    /** The encoded limit of a method; empty: not limited. */
    static Map<String, Long> of(String target, List<Method> overloads, Object implementation) {
        Map<String, Long> limit = Map.of();
        for (Method method : overloads) {
            Map<String, Long> said = said(target, method, implementation);
            if (!limit.isEmpty() && !said.isEmpty() && !limit.equals(said)) {
                throw Raise.error(
                        Kind.BAD_CONFIG,
                        "the overloads of `" + target + "` have different limits",
                        "Say the limit once: the overloads share it.");
            }
            limit = said.isEmpty() ? limit : said;
        }
        return limit;
    }

    private static Map<String, Long> said(String target, Method method, Object implementation) {
        // The implementation's classes come before their interfaces; the method itself may be that
        // of an interface.
        List<Method> twins = Offer.twins(method, implementation.getClass());
        for (Method twin : twins.subList(1, twins.size())) {
            if (twin.isAnnotationPresent(Limit.class)) {
                return encoded(target, twin.getAnnotation(Limit.class));
            }
        }
        Limit own = method.getAnnotation(Limit.class);
        return own == null ? Map.of() : encoded(target, own);
    }

    private static Map<String, Long> encoded(String target, Limit limit) {
        Map<String, Long> out = new LinkedHashMap<>();
        put(out, target, "running", limit.running(), 1);
        put(out, target, "waiting", limit.waiting(), 0);
        put(out, target, "bytes", limit.bytes(), 1);
        return out;
    }

    private static void put(
            Map<String, Long> out, String target, String name, long value, long least) {
        if (value == -1) {
            return;
        }
        if (value < least) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "limit of `"
                            + target
                            + "`: "
                            + name
                            + " is a whole number from "
                            + least
                            + ", not "
                            + value,
                    "Leave `" + name + "` out if it is not limited.");
        }
        out.put(name, value);
    }
}
