package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.App;
import io.twinspan.CallContext;
import io.twinspan.CallOptions;
import io.twinspan.Kind;
import io.twinspan.Member;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.RemoteCallException;
import io.twinspan.ServiceInfo;
import io.twinspan.Twinspan;
import io.twinspan.TwinspanException;
import io.twinspan.tests.Json;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Java's side of tests/parity.json: what the list names exists, and what exists is listed.
 * tests/polyglot/test_parity.py is Python's.
 */
class ParityTest {
    private static final Map<?, ?> LIST = read();

    private static Map<?, ?> read() {
        try {
            return (Map<?, ?>)
                    Json.read(
                            Files.readString(
                                    Path.of(
                                            System.getProperty(
                                                    "twinspan.parity",
                                                    "../../tests/parity.json"))));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One column of a group. */
    private static Set<String> listed(String group, int column) {
        return ((List<?>) LIST.get(group))
                .stream()
                        .map(entry -> (String) ((List<?>) entry).get(column))
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> methods(Class<?> type, boolean ofInstances) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> Modifier.isStatic(method.getModifiers()) != ofInstances)
                .map(Method::getName)
                .filter(name -> !Set.of("equals", "hashCode", "toString").contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> without(Set<String> names, String... left) {
        names.removeAll(List.of(left));
        return names;
    }

    private static Set<String> components(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void options() {
        Set<String> join = without(methods(NodeConfig.class, true), "executor");
        join.add("cluster"); // The one with which a configuration begins.
        assertEquals(listed("join_options", 1), join);
        assertEquals(
                listed("call_options", 1), without(methods(CallOptions.class, false), "defaults"));
        Set<String> copies =
                listed("call_options", 1).stream()
                        .map(
                                name ->
                                        "with"
                                                + name.substring(0, 1)
                                                        .toUpperCase(java.util.Locale.ROOT)
                                                + name.substring(1))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(copies, without(methods(CallOptions.class, true), "scope"));
    }

    @Test
    void members() {
        assertEquals(listed("node", 1), methods(Node.class, true));
        // Python knows a class once it is declared with @twinspan.record.
        assertEquals(listed("app", 1), without(methods(App.class, true), "record"));
        assertEquals(
                listed("call_context", 1), without(methods(CallContext.class, true), "onCancel"));
        assertEquals(listed("error", 1), methods(TwinspanException.class, true));
        assertEquals(
                listed("remote_error", 1),
                without(methods(RemoteCallException.class, true), "remoteMessage", "notes"));
        assertEquals(listed("member", 1), components(Member.class));
        assertEquals(listed("service", 1), components(ServiceInfo.class));
        assertEquals(listed("provider", 1), components(ServiceInfo.Provider.class));
        assertEquals(listed("method", 1), components(ServiceInfo.Method.class));
        assertEquals(listed("parameter", 1), components(ServiceInfo.Parameter.class));
        assertEquals(listed("type", 1), components(ServiceInfo.Type.class));
        assertEquals(listed("field", 1), components(ServiceInfo.Field.class));
        assertTrue(methods(Twinspan.class, false).containsAll(Set.of("options", "run")));
    }

    @Test
    void kinds() throws ReflectiveOperationException {
        List<?> listed = (List<?>) LIST.get("kinds");
        List<List<String>> found =
                Arrays.stream(Kind.values())
                        .map(kind -> List.of(String.valueOf(kind.number()), kind.wireName()))
                        .toList();
        assertEquals(listed.stream().map(entry -> ((List<?>) entry).subList(0, 2)).toList(), found);
        for (String name : listed("kinds", 3)) {
            assertTrue(
                    TwinspanException.class.isAssignableFrom(Class.forName("io.twinspan." + name)),
                    name);
        }
    }

    @Test
    void everyPublicClassIsListed() throws Exception {
        Set<String> both = listed("nouns", 1);
        both.removeIf(name -> name.indexOf('.') > 0);
        both.addAll(listed("kinds", 3));
        ((Map<?, ?>) ((Map<?, ?>) LIST.get("only")).get("java"))
                .keySet()
                .forEach(name -> both.add((String) name));
        Path folder =
                Path.of(Node.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                        .resolve("io/twinspan");
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                boolean top =
                        Files.isRegularFile(file)
                                && !name.contains("$")
                                && !name.equals("package-info");
                if (top && Modifier.isPublic(Class.forName("io.twinspan." + name).getModifiers())) {
                    found.add(name);
                }
            }
        }
        assertEquals(both, found);
    }
}
