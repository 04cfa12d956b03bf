package io.twinspan.internal;

import io.twinspan.internal.codec.Arguments;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Grammar;
import io.twinspan.internal.codec.Signature;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A method that takes any arguments and has no handler: an {@link Interceptor} answers for it. */
final class Anything extends Served {
    private static final MethodHandle NOTHING =
            MethodHandles.dropArguments(
                    MethodHandles.constant(Object.class, null), 0, Object.class, Object.class);

    private final Overload only;

    private Anything(String service, String name, Overload only) {
        super(service, name, List.of(only), List.of(), false, false, Map.of(), "");
        this.only = only;
    }

    static Anything of(String service, String name) {
        Signature signature = Signature.of(name, List.of(), Object.class);
        // Two Java arguments: those by place, those by name.
        Overload only =
                new Overload(
                        signature,
                        new int[] {-1, -1},
                        Object.class,
                        NOTHING,
                        service + "." + name,
                        null);
        return new Anything(service, name, only);
    }

    @Override
    Bound bind(Body body, Running running, LiveNode node) {
        Arguments given = Codec.arguments(body);
        List<Object> placed = new ArrayList<>();
        for (int i = 0; i < given.positional(); i++) {
            placed.add(given.positional(i, Object.class));
        }
        Map<String, Object> named = new LinkedHashMap<>();
        List<String> names = given.names();
        for (int i = 0; i < names.size(); i++) {
            named.put(names.get(i), given.named(i, Object.class));
        }
        return new Bound(only, new Object[] {placed, named});
    }

    @Override
    @SuppressWarnings("unchecked")
    Arrival arrival(Bound bound, Running running) {
        return new Arrival(
                target(),
                (List<Object>) bound.arguments()[0],
                (Map<String, Object>) bound.arguments()[1],
                running);
    }

    @Override
    Map<String, Object> encoded(Grammar grammar) {
        Map<String, Object> out = new LinkedHashMap<>(super.encoded(grammar));
        out.put("params", List.of(any("args", "rest"), any("named", "extra")));
        return out;
    }

    private static Map<String, Object> any(String name, String kind) {
        return Map.of("name", name, "kind", kind, "type", "any", "optional", true);
    }
}
