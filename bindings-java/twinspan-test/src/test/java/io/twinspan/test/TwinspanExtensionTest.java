package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.App;
import io.twinspan.MisuseException;
import io.twinspan.Node;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class TwinspanExtensionTest {
    @Nested
    class Fake {
        @RegisterExtension
        static TwinspanExtension twinspan =
                TwinspanExtension.fake().serving(App.named("probe").serve("probe", new Probe()));

        private static Node before;

        @Test
        void parametersAreGiven(FakeNode fake, Node node) {
            assertSame(fake.node(), node);
            assertSame(twinspan.fakeNode(), fake);
            assertSame(twinspan.node(), node);
            assertEquals(11, node.call("probe.add", 1).as(Integer.class));
            another(node);
        }

        @Test
        void eachTestHasItsOwn(Node node) {
            assertEquals(0, twinspan.fakeNode().calls().size());
            another(node);
        }

        /** Whichever of the two tests comes second sees that the node of the first was closed. */
        private static void another(Node node) {
            if (before != null) {
                assertTrue(before.closed() && before != node);
            }
            before = node;
        }
    }

    @Nested
    class Constructed {
        @RegisterExtension static TwinspanExtension twinspan = TwinspanExtension.fake();

        private static FakeNode before;
        private final FakeNode fake;

        Constructed(FakeNode fake) {
            this.fake = fake;
        }

        @Test
        void aConstructorGetsTheTestsOwn() {
            another();
        }

        @Test
        void eachTestHasItsOwn() {
            another();
        }

        private void another() {
            assertSame(twinspan.fakeNode(), fake);
            assertTrue(before == null || before.node().closed() && before != fake);
            before = fake;
        }
    }

    @Test
    void aClassHasNoFakeNode() {
        ExtensionContext ofClass =
                (ExtensionContext)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {ExtensionContext.class},
                                (proxy, method, given) ->
                                        method.getName().equals("getTestMethod")
                                                ? Optional.empty()
                                                : null);
        String told =
                assertThrows(
                                MisuseException.class,
                                () -> TwinspanExtension.fake().resolveParameter(null, ofClass))
                        .getMessage();
        assertTrue(told.contains("lives as long as one test"), told);
    }

    @Test
    void allNodesLeaveThoughOneFails() {
        List<App> apps =
                IntStream.range(0, 3)
                        .mapToObj(
                                i ->
                                        App.named("a" + i)
                                                .onStop(
                                                        () -> {
                                                            throw new AssertionError("a" + i);
                                                        }))
                        .toList();
        TestCluster cluster = TestCluster.start(apps);
        assertEquals("a2", assertThrows(AssertionError.class, cluster::close).getMessage());
        assertTrue(cluster.nodes().stream().allMatch(Node::closed));
    }

    @Nested
    class Cluster {
        @RegisterExtension
        static TwinspanExtension twinspan =
                TwinspanExtension.cluster(3)
                        .serving(App.named("probe").serve("probe", new Probe()));

        @Test
        void allNodesMeet(TestCluster cluster, Node node) {
            assertSame(cluster.node(0), node);
            assertEquals(cluster.nodes(), twinspan.nodes());
            Map<String, Integer> sums =
                    node.callAll("probe.add", 1).as(Integer.class).entrySet().stream()
                            .collect(
                                    Collectors.toMap(
                                            Map.Entry::getKey, one -> one.getValue().value()));
            assertEquals(Map.of("node-1", 11, "node-2", 11, "node-3", 11), sums);
            assertThrows(MisuseException.class, twinspan::fakeNode);
        }

        @Test
        void theClassHasOne(TestCluster cluster) {
            assertNotNull(cluster);
            assertEquals(3, cluster.node(1).members().size());
            assertTrue(cluster.node(0).cluster().startsWith("test-"));
        }
    }
}
