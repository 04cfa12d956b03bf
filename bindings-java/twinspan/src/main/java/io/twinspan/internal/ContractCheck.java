package io.twinspan.internal;

import io.twinspan.internal.codec.Grammar;
import io.twinspan.internal.codec.ValueException;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Compares an interface with the live service behind it, as soon as somebody serves that, and logs
 * what would break its calls. Once for each interface and service of a node; it never blocks, and
 * keeps no call from being made.
 */
final class ContractCheck {
    private static final int MOST_SHOWN = 8;

    private final LiveNode node;
    private final String service;
    private final Class<?> face;
    private volatile boolean done;

    ContractCheck(LiveNode node, String service, Class<?> face) {
        this.node = node;
        this.service = service;
        this.face = face;
    }

    /** Compares, unless that was done or nobody serves the service yet. */
    void now() {
        if (done) {
            return;
        }
        try {
            byte[] offered = node.look(service);
            if (offered.length > 0) {
                done = true;
                if (node.interception().compares(service)
                        && node.checked.add(service + " " + face.getName())) {
                    compare(offered);
                }
            }
        } catch (NativeException | ValueException | IllegalArgumentException e) {
            done = true; // A node that is closed, or a peer that can't be read: its calls will say.
        }
    }

    /** What can be called at the moment, for people. */
    String offered() {
        try {
            byte[] encoded = node.look(service);
            Object methods = encoded.length == 0 ? null : Wire.map(encoded).get("methods");
            return methods instanceof List<?> list
                    ? list.stream()
                            .limit(MOST_SHOWN)
                            .map(one -> String.valueOf(((Map<?, ?>) one).get("name")))
                            .collect(
                                    Collectors.joining(
                                            ", ", "", list.size() > MOST_SHOWN ? ", …" : ""))
                    : "no provider";
        } catch (NativeException | ValueException | IllegalArgumentException e) {
            return "nothing is known of it";
        }
    }

    private void compare(byte[] offered) {
        List<?> changes =
                (List<?>) Wire.untyped(Native.compare(Wire.encode(wanted(service, face)), offered));
        StringJoiner told = new StringJoiner("; ");
        for (Object one : changes) {
            if (one instanceof Map<?, ?> change && Boolean.TRUE.equals(change.get("breaking"))) {
                told.add(change.get("where") + " " + change.get("what"));
            }
        }
        if (told.length() > 0) {
            Log.warn(
                    "the contract {} does not fit the service `{}`: {}. `twinspan describe {}`"
                            + " shows what the service offers",
                    face.getName(),
                    service,
                    // A peer chose some of the names.
                    told.toString().replaceAll("\\p{Cntrl}", "\ufffd"),
                    service);
        }
    }

    /** The encoded service that callers of the interface rely on. */
    static Map<String, Object> wanted(String service, Class<?> face) {
        Map<TypeVariable<?>, Type> bindings = Types.bindings(face);
        Grammar grammar = new Grammar();
        Map<String, Map<String, Object>> methods = new LinkedHashMap<>();
        List<Method> declared = new ArrayList<>(List.of(face.getMethods()));
        declared.removeIf(one -> Modifier.isStatic(one.getModifiers()) || one.isDefault());
        // Of overloads the longest counts, as in the provider's description.
        declared.sort(Comparator.comparing(Method::getParameterCount));
        for (Method method : declared) {
            String name = Offer.wireName(method);
            methods.put(name, wanted(name, method, bindings, grammar));
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", service);
        out.put("methods", List.copyOf(methods.values()));
        out.put("types", grammar.types());
        return out;
    }

    private static Map<String, Object> wanted(
            String name, Method method, Map<TypeVariable<?>, Type> bindings, Grammar grammar) {
        List<Map<String, Object>> params = new ArrayList<>();
        Parameter[] declared = method.getParameters();
        Type[] types = method.getGenericParameterTypes();
        for (int i = 0; i < declared.length; i++) {
            params.add(
                    grammar.given(
                            declared[i],
                            Types.resolve(types[i], bindings),
                            i,
                            Giving.name(declared[i])));
        }
        Type returns = Types.resolve(method.getGenericReturnType(), bindings);
        Class<?> raw = Types.raw(returns);
        boolean later =
                CompletionStage.class.isAssignableFrom(raw) || Future.class.isAssignableFrom(raw);
        Type result = later ? Types.argument(returns) : returns;
        boolean unwanted = Types.raw(result) == void.class || Types.raw(result) == Void.class;
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", name);
        out.put("params", params);
        // Whoever declares no result asks for none to be kept, whatever it is.
        out.put("returns", unwanted ? "any" : grammar.result(result, method));
        return out;
    }
}
