package io.twinspan;

import java.util.List;
import java.util.Map;

/**
 * A service of the cluster.
 *
 * @param name its name
 * @param providers who serves it
 * @param methods what can be called
 */
public record ServiceInfo(String name, List<Provider> providers, List<MethodInfo> methods) {
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
     * @param returns type of the result, in the neutral grammar
     * @param raises names of the declared exceptions
     * @param idempotent whether it may run twice
     * @param deprecated whether callers should move on
     * @param doc for people
     */
    public record MethodInfo(
            String name,
            List<Parameter> parameters,
            String returns,
            List<String> raises,
            boolean idempotent,
            boolean deprecated,
            String doc) {}

    /**
     * A parameter of a method.
     *
     * @param name its name
     * @param kind {@code positional}, {@code keyword}, {@code both}, {@code rest} or {@code extra}
     * @param type in the neutral grammar
     * @param optional whether it may be left out
     */
    public record Parameter(String name, String kind, String type, boolean optional) {}

    static List<ServiceInfo> list(Object encoded) {
        return Member.maps(encoded).stream().map(ServiceInfo::of).toList();
    }

    private static ServiceInfo of(Map<String, Object> service) {
        return new ServiceInfo(
                Errors.text(service, "name"),
                Member.maps(service.get("providers")).stream()
                        .map(
                                one ->
                                        new Provider(
                                                Errors.text(one, "id"),
                                                Errors.text(one, "name"),
                                                Errors.text(one, "language"),
                                                truth(one, "ready")))
                        .toList(),
                Member.maps(service.get("methods")).stream().map(ServiceInfo::method).toList());
    }

    private static MethodInfo method(Map<String, Object> method) {
        return new MethodInfo(
                Errors.text(method, "name"),
                Member.maps(method.get("params")).stream()
                        .map(
                                one ->
                                        new Parameter(
                                                Errors.text(one, "name"),
                                                Errors.text(one, "kind"),
                                                Errors.text(one, "type"),
                                                truth(one, "optional")))
                        .toList(),
                Errors.text(method, "returns"),
                Member.texts(method.get("raises")),
                truth(method, "idempotent"),
                truth(method, "deprecated"),
                Errors.text(method, "doc"));
    }

    private static boolean truth(Map<String, Object> map, String key) {
        return Boolean.TRUE.equals(map.get(key));
    }
}
