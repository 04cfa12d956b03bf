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
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.Map;
import java.util.stream.Collectors;

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
