package io.twinspan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A node of the cluster as another one sees it. Sent somewhere, it is a {@link NodeRef} there.
 *
 * @param id 32 hexadecimal digits
 * @param name unique among live nodes
 * @param language {@code python}, {@code java} or {@code rust}
 * @param pid its process
 * @param host its host
 * @param version of Twinspan
 * @param app name of its App
 * @param appVersion version of its App
 * @param addresses where peers reach it
 * @param state {@code ready}, {@code joining}, {@code draining} or {@code suspect}
 * @param me whether it is the node that was asked
 * @param services names of its services
 * @param cluster name of its cluster
 */
public record Member(
        String id,
        String name,
        String language,
        long pid,
        String host,
        String version,
        String app,
        String appVersion,
        List<String> addresses,
        String state,
        boolean me,
        List<String> services,
        String cluster) {

    static List<Member> list(Object encoded, String cluster) {
        List<Member> out = new ArrayList<>();
        for (Map<String, Object> one : maps(encoded)) {
            out.add(
                    new Member(
                            Errors.text(one, "id"),
                            Errors.text(one, "name"),
                            Errors.text(one, "language"),
                            one.get("pid") instanceof Number pid ? pid.longValue() : 0,
                            Errors.text(one, "host"),
                            Errors.text(one, "version"),
                            Errors.text(one, "app"),
                            Errors.text(one, "app_version"),
                            texts(one.get("addresses")),
                            Errors.text(one, "state"),
                            Boolean.TRUE.equals(one.get("me")),
                            texts(one.get("services")),
                            cluster));
        }
        return List.copyOf(out);
    }

    static List<String> texts(Object encoded) {
        return encoded instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object encoded) {
        return encoded instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    static List<Map<String, Object>> maps(Object encoded) {
        return encoded instanceof List<?> list
                ? list.stream().map(Member::map).toList()
                : List.of();
    }
}
