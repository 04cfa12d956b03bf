package named;

import io.twinspan.Node;
import io.twinspan.NodeConfig;

import odd.stubs.Odd;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Gives arguments by name through stubs, and what no class could be told for. */
public final class Named {
    private Named() {}

    public static void main(String[] args) {
        try (Node node = Node.join(NodeConfig.cluster(args[0]))) {
            node.waitFor("odd", Duration.ofSeconds(30));
            call(node.client("odd", Odd.class));
        }
        System.out.println("all good");
    }

    private static void call(Odd odd) {
        equal(odd.only(7), 7L);
        equal(odd.fine(3), "3 km");
        equal(odd.fine(3, null), "3 km");
        equal(odd.fine(3, "mi"), "3 mi");
        equal(odd.sum(null, 1, 2), 3L);
        equal(odd.sum(10L, 1, 2), 30L);
        equal(odd.late(Stream.of(1L, 2L)), 3.5);
        equal(odd.late(Stream.of(1L, 2L), 1.0), 4.0);
        equal(odd.walk(Map.of("kind", "near", "steps", 1L)), Map.of("kind", "far", "steps", 2L));
    }

    private static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError("found " + found + ", expected " + expected);
        }
    }
}
