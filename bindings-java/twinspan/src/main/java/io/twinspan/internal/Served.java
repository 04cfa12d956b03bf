package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Grammar;
import io.twinspan.internal.codec.Parameter;
import io.twinspan.internal.codec.Signature;
import io.twinspan.internal.codec.ValueException;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A method of a service: one name, one or more overloads. */
class Served {
    private final String service;
    private final String name;
    private final List<Overload> overloads;
    private final List<Signature> signatures;
    private final List<Class<?>> raises;
    private final boolean idempotent;
    private final boolean deprecated;
    private final Map<String, Long> limit;
    private final String doc;
    private final ClassLoader loader;

    Served(
            String service,
            String name,
            List<Overload> overloads,
            List<Class<?>> raises,
            boolean idempotent,
            boolean deprecated,
            Map<String, Long> limit,
            String doc) {
        this.doc = doc;
        this.service = service;
        this.name = name;
        this.overloads = overloads;
        this.signatures = overloads.stream().map(Overload::signature).toList();
        this.raises = raises;
        this.idempotent = idempotent;
        this.deprecated = deprecated;
        this.limit = limit;
        // Handlers run with the loader of the thread that registered them, as the application's own
        // threads do.
        this.loader = Thread.currentThread().getContextClassLoader();
        refuseTies();
    }

    /** Two methods that no call can tell apart are refused when they are registered. */
    private void refuseTies() {
        for (int i = 0; i < overloads.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (signatures.get(i).clashes(signatures.get(j))) {
                    throw Raise.error(
                            Kind.MISUSE,
                            "no call of `"
                                    + target()
                                    + "` can tell `"
                                    + overloads.get(j).origin()
                                    + "` from `"
                                    + overloads.get(i).origin()
                                    + "`",
                            "Rename one of the two methods, or serve an interface that has only one"
                                    + " of them.");
                }
            }
        }
    }

    /** The same under a name that it had before. */
    Served formerly(String old) {
        return new Served(service, old, overloads, raises, idempotent, true, limit, doc);
    }

    String target() {
        return service + "." + name;
    }

    ClassLoader loader() {
        return loader;
    }

    /** Adds the types of all parameters and results. */
    void types(List<Type> types) {
        for (Overload one : overloads) {
            one.signature().parameters().forEach(parameter -> types.add(parameter.type()));
            types.add(one.returns());
        }
    }

    /** Chooses the overload and reads the arguments. */
    Bound bind(Body body, Running running, LiveNode node) {
        Overload chosen =
                overloads.size() == 1
                        ? overloads.get(0)
                        : overloads.get(Codec.arguments(body).select(signatures));
        Object[] given = Codec.decodeArguments(body, chosen.signature());
        chosen.open(given, running, node, target(), body.records());
        Object context = chosen.wantsContext() ? node.contextOf(running) : null;
        return new Bound(chosen, chosen.assemble(given, context));
    }

    /** What an interceptor is told of a call. */
    Arrival arrival(Bound bound, Running running) {
        List<Object> arguments = bound.overload().given(bound.arguments());
        Map<String, Object> named = new LinkedHashMap<>();
        List<Parameter> parameters = bound.overload().signature().parameters();
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i).name() != null) {
                named.put(parameters.get(i).name(), arguments.get(i));
            }
        }
        return new Arrival(target(), arguments, named, running);
    }

    /** The encoded error for arguments that don't fit. Nothing ran. */
    byte[] refusal(ValueException why, String node) {
        Kind kind =
                why.kind() == ValueException.Kind.BAD_ARGUMENTS
                        ? Kind.BAD_ARGUMENTS
                        : Kind.UNSERIALIZABLE;
        String all =
                signatures.stream().map(Signature::toString).collect(Collectors.joining(" or "));
        // The core names the target, and Python's providers say the same words.
        Map<String, Object> error =
                new LinkedHashMap<>(
                        Raise.parts(
                                kind,
                                Executed.NO,
                                why.getMessage() + " (provider: node `" + node + "`)",
                                (signatures.size() == 1
                                                ? "The signature is "
                                                : "The signatures are ")
                                        + all
                                        + "."));
        error.put("node", node);
        return Wire.encode(error);
    }

    private Map<String, Object> parameter(Parameter parameter, int at, Grammar grammar) {
        Map<String, Object> told = grammar.parameter(parameter, at);
        for (Signature other : signatures) {
            if (at >= other.parameters().size()) {
                told.put("optional", true);
                continue;
            }
            Map<String, Object> same = grammar.parameter(other.parameters().get(at), at);
            if (!same.get("type").equals(told.get("type"))) {
                told.put("type", "any");
                told.remove("default");
            }
            if (same.containsKey("optional")) {
                told.put("optional", true);
            }
        }
        return told;
    }

    /** The encoded `method` of the neck; its types are added to the service's. */
    Map<String, Object> encoded(Grammar grammar) {
        // Overloads share one entry: the longest says most, what only some take is optional, and
        // what they don't agree about is any. The doc names them all.
        Overload longest = overloads.get(0);
        for (Overload one : overloads) {
            boolean longer =
                    one.signature().parameters().size() > longest.signature().parameters().size();
            longest = longer ? one : longest;
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", name);
        List<Map<String, Object>> params = new ArrayList<>();
        for (Parameter parameter : longest.signature().parameters()) {
            params.add(parameter(parameter, params.size(), grammar));
        }
        out.put("params", params);
        List<String> results =
                overloads.stream()
                        .map(one -> grammar.result(one.returns(), one.method()))
                        .distinct()
                        .toList();
        out.put("returns", results.size() == 1 ? results.get(0) : "any");
        if (!raises.isEmpty()) {
            out.put("raises", raises.stream().map(Failures::name).toList());
        }
        if (overloads.stream().anyMatch(Overload::takesStream)) {
            out.put("in_stream", true);
        }
        if (overloads.stream().anyMatch(Overload::answersStream)) {
            out.put("out_stream", true);
        }
        if (idempotent) {
            out.put("idempotent", true);
        }
        if (deprecated) {
            out.put("deprecated", true);
        }
        if (!limit.isEmpty()) {
            out.put("limit", limit);
        }
        if (!doc.isEmpty()) {
            out.put("doc", doc);
        }
        return out;
    }
}
