package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This module's side of tests/parity.json; test_parity.py is Python's. */
class NounsTest {
    private static final Pattern PAIR = Pattern.compile("\\[\"(\\w+)\", \"(\\w+)\"\\]");

    /**
     * What Java has beside the list, because its nodes are no subclasses and answers are said in
     * steps.
     */
    private static final Set<String> MORE = Set.of("Stub", "TwinspanExtension");

    private static Set<String> listed(String group) throws IOException {
        String list = Files.readString(Path.of("../../tests/parity.json"));
        Matcher found =
                Pattern.compile("\"" + group + "\": \\[(.*?)\\n  \\]", Pattern.DOTALL)
                        .matcher(list);
        assertTrue(found.find(), group);
        return PAIR.matcher(found.group(1))
                .results()
                .map(pair -> pair.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> methods(Class<?> type, String... left) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .map(java.lang.reflect.Method::getName)
                .filter(name -> !name.equals("toString") && !List.of(left).contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void members() throws IOException {
        assertEquals(listed("fake_node"), methods(FakeNode.class, "node", "client"));
        assertEquals(listed("fake_clock"), methods(FakeClock.class));
        assertEquals(listed("failing"), methods(Failing.class, "close"));
        Set<String> call =
                Arrays.stream(FakeCall.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(listed("fake_call"), call);
    }

    @Test
    void everyPublicClassIsListed() throws Exception {
        Path classes =
                Path.of(FakeNode.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Set<String> found;
        try (Stream<Path> files = Files.list(classes.resolve("io/twinspan/test"))) {
            found =
                    files.map(file -> file.getFileName().toString().replace(".class", ""))
                            .filter(name -> !name.contains("$") && !name.equals("package-info"))
                            .filter(name -> !MORE.contains(name))
                            .filter(NounsTest::isPublic)
                            .collect(Collectors.toCollection(TreeSet::new));
        }
        assertEquals(listed("testing"), found);
    }

    private static boolean isPublic(String name) {
        try {
            return Modifier.isPublic(Class.forName("io.twinspan.test." + name).getModifiers());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
