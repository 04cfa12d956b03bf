package io.twinspan;

import java.util.List;
import java.util.Map;

/**
 * A service of the cluster: who serves it, what can be called, and the classes that its signatures
 * name. Types are texts in the neutral grammar: {@code int}, {@code list<record Order>}, {@code
 * text?}.
 *
 * @param name its name
 * @param doc for people; may be empty
 * @param providers who serves it
 * @param methods what can be called
 * @param types the classes that the methods name
 */
public record ServiceInfo(
        String name, String doc, List<Provider> providers, List<Method> methods, List<Type> types) {
    /**
     * A node that serves a service.
     *
     * @param id of the node
     * @param name of the node
     * @param language of the node
     * @param ready whether it takes calls
     */
    public record Provider(String id, String name, String language, boolean ready) {}

    /**
     * A method of a service.
     *
     * @param name its name
     * @param parameters in order
     * @param returns type of the result
     * @param raises names of the declared exceptions
     * @param takesStream whether one of its arguments is a stream
     * @param answersStream whether its answer is a stream
     * @param idempotent whether it may run twice
     * @param deprecated whether callers should move on
     * @param doc for people; may be empty
     */
    public record Method(
            String name,
            List<Parameter> parameters,
            String returns,
            List<String> raises,
            boolean takesStream,
            boolean answersStream,
            boolean idempotent,
            boolean deprecated,
            String doc) {
        /**
         * The method in one line, for example {@code quote(sku: text, quantity: int = 1) ->
         * decimal}.
         */
        @Override
        public String toString() {
            StringBuilder out = new StringBuilder(name).append('(');
            String before = "";
            for (Parameter parameter : parameters) {
                boolean named = before.equals("keyword") || before.equals("rest");
                out.append(before.isEmpty() ? "" : ", ");
                out.append(parameter.kind.equals("keyword") && !named ? "*, " : "");
                out.append(parameter);
                before = parameter.kind;
            }
            return out.append(") -> ").append(returns).toString();
        }
    }

    /**
     * A parameter of a method.
     *
     * @param name its name
     * @param kind {@code positional}, {@code keyword}, {@code both}, {@code rest} or {@code extra}
     * @param type its type
     * @param optional whether it may be left out
     * @param defaultJson what it is then, as JSON; null where that isn't told
     * @param former names that callers may still use
     */
    public record Parameter(
            String name,
            String kind,
            String type,
            boolean optional,
            @Nullable String defaultJson,
            List<String> former) {
        /** For example {@code quantity: int = 1}. */
        @Override
        public String toString() {
            boolean many = kind.equals("rest") || kind.equals("extra");
            String stars = kind.equals("rest") ? "*" : kind.equals("extra") ? "**" : "";
            return stars + line(name, type, optional && !many, defaultJson);
        }
    }

    /**
     * A class that signatures name.
     *
     * @param name without a package, unique in the service
     * @param kind {@code record}, {@code enum} or {@code union}
     * @param registered the name under which its values cross; null if it isn't registered
     * @param fields of a record
     * @param values of an enum
     * @param members types of a union
     * @param doc for people; may be empty
     */
    public record Type(
            String name,
            String kind,
            @Nullable String registered,
            List<Field> fields,
            List<String> values,
            List<String> members,
            String doc) {}

    /**
     * A field of a record.
     *
     * @param name as it crosses
     * @param type its type
     * @param optional whether it may be left out
     * @param defaultJson what it is then, as JSON; null where that isn't told
     * @param doc for people; may be empty
     */
    public record Field(
            String name, String type, boolean optional, @Nullable String defaultJson, String doc) {
        /** For example {@code quantity: int = 1}. */
        @Override
        public String toString() {
            return line(name, type, optional, defaultJson);
        }
    }

    private static String line(String name, String type, boolean optional, String json) {
        return name + ": " + type + (optional ? " = " + (json == null ? "…" : json) : "");
    }

    static List<ServiceInfo> list(Object encoded) {
        return Member.maps(encoded).stream().map(ServiceInfo::of).toList();
    }

    private static ServiceInfo of(Map<String, Object> service) {
        return new ServiceInfo(
                Errors.text(service, "name"),
                Errors.text(service, "doc"),
                Member.maps(service.get("providers")).stream().map(ServiceInfo::provider).toList(),
                Member.maps(service.get("methods")).stream().map(ServiceInfo::method).toList(),
                Member.maps(service.get("types")).stream().map(ServiceInfo::type).toList());
    }

    private static Provider provider(Map<String, Object> one) {
        return new Provider(
                Errors.text(one, "id"),
                Errors.text(one, "name"),
                Errors.text(one, "language"),
                truth(one, "ready"));
    }

    private static Method method(Map<String, Object> method) {
        return new Method(
                Errors.text(method, "name"),
                Member.maps(method.get("params")).stream().map(ServiceInfo::parameter).toList(),
                orAny(method, "returns"),
                Member.texts(method.get("raises")),
                truth(method, "in_stream"),
                truth(method, "out_stream"),
                truth(method, "idempotent"),
                truth(method, "deprecated"),
                Errors.text(method, "doc"));
    }

    private static Parameter parameter(Map<String, Object> one) {
        String kind = Errors.text(one, "kind");
        return new Parameter(
                Errors.text(one, "name"),
                kind.isEmpty() ? "both" : kind,
                orAny(one, "type"),
                truth(one, "optional"),
                orNull(one, "default"),
                Member.texts(one.get("former")));
    }

    private static Type type(Map<String, Object> one) {
        return new Type(
                Errors.text(one, "name"),
                Errors.text(one, "kind"),
                orNull(one, "registered"),
                Member.maps(one.get("fields")).stream().map(ServiceInfo::field).toList(),
                Member.texts(one.get("values")),
                Member.texts(one.get("members")),
                Errors.text(one, "doc"));
    }

    private static Field field(Map<String, Object> one) {
        return new Field(
                Errors.text(one, "name"),
                orAny(one, "type"),
                truth(one, "optional"),
                orNull(one, "default"),
                Errors.text(one, "doc"));
    }

    /** Nodes of older versions say less. */
    private static String orAny(Map<String, Object> map, String key) {
        String text = Errors.text(map, key);
        return text.isEmpty() ? "any" : text;
    }

    private static String orNull(Map<String, Object> map, String key) {
        return map.get(key) instanceof String text ? text : null;
    }

    private static boolean truth(Map<String, Object> map, String key) {
        return Boolean.TRUE.equals(map.get(key));
    }
}
