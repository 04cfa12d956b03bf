package io.twinspan.internal;

import io.twinspan.Idempotent;
import io.twinspan.Kind;
import io.twinspan.RenamedFrom;
import io.twinspan.internal.codec.Docs;
import io.twinspan.internal.codec.Grammar;
import io.twinspan.internal.codec.Parameter;
import io.twinspan.internal.codec.Signature;
import io.twinspan.internal.codec.Signatures;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * A service that an App serves.
 *
 * @param name its name
 * @param methods its methods, in the order in which they are numbered
 * @param balance how callers share its providers, or null for the default
 * @param limit how much of it a node takes on, by the neck's keys
 * @param doc for people; may be empty
 */
public record Offer(
        String name, List<Served> methods, String balance, Map<String, Long> limit, String doc) {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    /**
     * Takes the methods of {@code face} that {@code target} implements, or all public ones.
     *
     * @param name the service
     * @param face an interface, or null for the public methods of the target's class
     * @param target runs the methods
     * @return the service
     */
    public static Offer of(String name, Class<?> face, Object target) {
        Offer offer = unchecked(name, face, target);
        Hosted.declared("the service `" + name, offer.types());
        return offer;
    }

    private static Offer unchecked(String name, Class<?> face, Object target) {
        Class<?> declared = face != null ? face : target.getClass();
        Map<String, List<Method>> byName = new LinkedHashMap<>();
        Method[] methods = declared.getMethods();
        // getMethods has no order of its own; a stable one keeps records and numbers the same at
        // every start.
        java.util.Arrays.sort(
                methods,
                Comparator.comparing(Method::getName).thenComparing(Method::toGenericString));
        for (Method method : methods) {
            if (isServed(method)) {
                byName.computeIfAbsent(wireName(method), key -> new ArrayList<>()).add(method);
            }
        }
        if (byName.isEmpty()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "the service `"
                            + name
                            + "` has no methods: `"
                            + declared.getName()
                            + "` has no public ones",
                    "Make the methods public, or pass the interface to serve.");
        }
        List<Served> served = new ArrayList<>();
        byName.forEach((method, overloads) -> served.add(served(name, method, overloads, target)));
        Offer offer = new Offer(name, List.copyOf(served), null, Map.of(), doc(declared, target));
        List<Served> former = new ArrayList<>();
        for (int i = 0; i < served.size(); i++) {
            List<Method> overloads = List.copyOf(byName.values()).get(i);
            for (String old : formerNames(overloads, target)) {
                former.add(served.get(i).formerly(old));
            }
        }
        return former.isEmpty() ? offer : offer.with(new Offer(name, former, null, Map.of(), ""));
    }

    /**
     * A service of one function.
     *
     * @param target {@code service.method}
     * @param names of the parameters
     * @param types of the parameters
     * @param returns type of the result
     * @param handle runs it
     * @return the service
     */
    public static Offer of(
            String target,
            List<String> names,
            List<Type> types,
            Type returns,
            MethodHandle handle) {
        int dot = target.lastIndexOf('.');
        if (dot <= 0 || dot == target.length() - 1) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + target + "` is not service.method",
                    "Name the function like geo.distance.");
        }
        List<Parameter> parameters = new ArrayList<>();
        int[] slots = new int[names.size()];
        for (int i = 0; i < names.size(); i++) {
            slots[i] = i;
            parameters.add(Parameter.of(names.get(i), types.get(i)));
        }
        String method = target.substring(dot + 1);
        Overload overload =
                new Overload(
                        Signature.of(method, parameters, returns),
                        slots,
                        returns,
                        handle,
                        target,
                        null);
        String service = target.substring(0, dot);
        return new Offer(
                service,
                List.of(
                        new Served(
                                service,
                                method,
                                List.of(overload),
                                List.of(),
                                false,
                                false,
                                Map.of(),
                                "")),
                null,
                Map.of(),
                "");
    }

    /**
     * A service of one method that has no handler: an {@link Interceptor} answers for it.
     *
     * @param service the service
     * @param method its method
     * @param like an interface that has the method; null for one that takes any arguments
     * @return the service
     */
    public static Offer stub(String service, String method, Class<?> like) {
        if (like == null) {
            return new Offer(service, List.of(Anything.of(service, method)), null, Map.of(), "");
        }
        Object nobody =
                Proxy.newProxyInstance(
                        like.getClassLoader(),
                        new Class<?>[] {like},
                        (proxy, called, given) -> null);
        // Unlike reflection, method handles ask whether this module reads that of the interface.
        Offer.class.getModule().addReads(like.getModule());
        String target = service + "." + method;
        List<Served> found =
                of(service, like, nobody).methods().stream()
                        .filter(served -> served.target().equals(target))
                        .toList();
        if (found.isEmpty()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "the interface `" + like.getName() + "` has no method `" + method + "`",
                    "It is asked for the arguments of `" + target + "`.");
        }
        return new Offer(service, found, null, Map.of(), "");
    }

    /**
     * Adds the methods of another offer of the same service.
     *
     * @param other more methods
     * @return a service with the methods of both
     */
    public Offer with(Offer other) {
        Set<String> taken = new LinkedHashSet<>();
        methods.forEach(method -> taken.add(method.target()));
        List<Served> both = new ArrayList<>(methods);
        for (Served method : other.methods) {
            if (!taken.add(method.target())) {
                throw Raise.error(
                        Kind.MISUSE,
                        "`" + method.target() + "` is served twice",
                        "Give one of the two another name.");
            }
            both.add(method);
        }
        return new Offer(name, List.copyOf(both), balance, limit, doc.isEmpty() ? other.doc : doc);
    }

    private static boolean isServed(Method method) {
        return method.getDeclaringClass() != Object.class
                && !Modifier.isStatic(method.getModifiers())
                && !method.isBridge()
                && !method.isSynthetic();
    }

    static String wireName(Method method) {
        io.twinspan.Call call = method.getAnnotation(io.twinspan.Call.class);
        return call != null && !call.name().isEmpty() ? call.name() : method.getName();
    }

    private static Set<String> formerNames(List<Method> overloads, Object target) {
        Set<String> names = new LinkedHashSet<>();
        for (Method method : overloads) {
            for (Method twin : twins(method, target.getClass())) {
                RenamedFrom renamed = twin.getAnnotation(RenamedFrom.class);
                if (renamed != null) {
                    names.addAll(List.of(renamed.value()));
                }
            }
        }
        return names;
    }

    private static Served served(String service, String name, List<Method> methods, Object target) {
        List<Overload> overloads = new ArrayList<>();
        Set<Class<?>> raises = new LinkedHashSet<>();
        boolean idempotent = false;
        boolean deprecated = false;
        for (Method method : methods) {
            Streams.check(method, false);
            overloads.add(overload(service, method, target));
            raises.addAll(List.of(method.getExceptionTypes()));
            for (Method twin : twins(method, target.getClass())) {
                idempotent |= twin.isAnnotationPresent(Idempotent.class);
                deprecated |= twin.isAnnotationPresent(Deprecated.class);
            }
        }
        return new Served(
                service,
                name,
                overloads,
                List.copyOf(raises),
                idempotent,
                deprecated,
                MethodLimit.of(service + "." + name, methods, target),
                doc(methods, target));
    }

    /** What the interface says of the service, or else its class or what that extends. */
    private static String doc(Class<?> declared, Object target) {
        String doc = Docs.of(declared).ofClass();
        for (Class<?> c = target.getClass(); c != null && doc.isEmpty(); c = c.getSuperclass()) {
            doc = Docs.of(c).ofClass();
            for (Class<?> face : c.getInterfaces()) {
                doc = doc.isEmpty() ? Docs.of(face).ofClass() : doc;
            }
        }
        return doc;
    }

    /** What each overload or one of its twins says; of overloads behind their signatures. */
    private static String doc(List<Method> overloads, Object target) {
        StringJoiner all = new StringJoiner("\n\n");
        for (Method method : overloads) {
            String doc =
                    twins(method, target.getClass()).stream()
                            .map(twin -> Docs.of(twin.getDeclaringClass()).ofMethod(twin))
                            .filter(one -> !one.isEmpty())
                            .findFirst()
                            .orElse("");
            String signature =
                    overloads.size() > 1 ? Signatures.describe(wireName(method), method) : "";
            String both = signature + (signature.isEmpty() || doc.isEmpty() ? "" : "\n") + doc;
            if (!both.isEmpty()) {
                all.add(both);
            }
        }
        return all.toString();
    }

    private static Overload overload(String service, Method method, Object target) {
        try {
            if (!Modifier.isPublic(method.getDeclaringClass().getModifiers())) {
                method.setAccessible(true);
            }
            // A class of a named module can only be called from one that reads it.
            Offer.class.getModule().addReads(method.getDeclaringClass().getModule());
            Overload made = Overload.of(wireName(method), method, target, LOOKUP);
            if (!made.hasNames()) {
                Log.warn(
                        "{}.{} takes positional arguments only: compile {} with -parameters",
                        service,
                        method.getName(),
                        method.getDeclaringClass().getName());
            }
            return made;
        } catch (IllegalAccessException | InaccessibleObjectException e) {
            throw Raise.error(
                    Kind.MISUSE,
                    "the method `"
                            + method.toGenericString()
                            + "` is not accessible: "
                            + e.getMessage(),
                    "Make its class public and export or open its package to io.twinspan.");
        }
    }

    /**
     * The method and what it implements or is implemented by: an annotation on any of them counts.
     */
    static List<Method> twins(Method method, Class<?> type) {
        List<Method> twins = new ArrayList<>(List.of(method));
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            add(twins, c, method);
            for (Class<?> face : c.getInterfaces()) {
                add(twins, face, method);
            }
        }
        return twins;
    }

    private static void add(List<Method> twins, Class<?> type, Method method) {
        try {
            twins.add(type.getMethod(method.getName(), method.getParameterTypes()));
        } catch (NoSuchMethodException e) {
            // This class says nothing about it.
        }
    }

    /**
     * Answers the names of its methods.
     *
     * @return {@code service.method} each
     */
    public List<String> targets() {
        return methods.stream().map(Served::target).toList();
    }

    /**
     * Chooses how callers share the providers.
     *
     * @param balance or null for the default
     * @return the same service with it
     */
    public Offer balanced(String balance) {
        return new Offer(name, methods, balance, limit, doc);
    }

    /**
     * Limits how much of the service a node takes on.
     *
     * @param limit by the neck's keys; empty: not limited
     * @return the same service with it
     */
    public Offer limited(Map<String, Long> limit) {
        return new Offer(name, methods, balance, limit, doc);
    }

    /** The types of all parameters and results. */
    List<Type> types() {
        List<Type> types = new ArrayList<>();
        for (Served method : methods) {
            method.types(types);
        }
        return types;
    }

    /** The encoded `service` of the neck. */
    Map<String, Object> encoded() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("name", name);
        if (balance != null) {
            out.put("balance", balance);
        }
        if (!limit.isEmpty()) {
            out.put("limit", limit);
        }
        if (!doc.isEmpty()) {
            out.put("doc", doc);
        }
        Grammar grammar = new Grammar();
        out.put("methods", methods.stream().map(method -> method.encoded(grammar)).toList());
        List<Map<String, Object>> types = grammar.types();
        if (!types.isEmpty()) {
            out.put("types", types);
        }
        return out;
    }
}
