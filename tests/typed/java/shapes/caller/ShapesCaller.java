package caller;

import io.twinspan.Node;
import io.twinspan.NodeConfig;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;

import shapes.stubs.Shapes;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Sends tuples and tables through stubs. */
public final class ShapesCaller {
    private ShapesCaller() {}

    public static void main(String[] args) {
        try (Node node = Node.join(NodeConfig.cluster(args[0]))) {
            node.waitFor("shapes", Duration.ofSeconds(30));
            call(node.client("shapes", Shapes.class));
        }
        System.out.println("all good");
    }

    private static void call(Shapes shapes) {
        equal(shapes.swap(List.of(1L, "a")), List.of("a", 1L));
        equal(shapes.ends(List.of(1L, 2L)), List.of(2L, 1L));
        try (BufferAllocator allocator = new RootAllocator();
                BigIntVector numbers = new BigIntVector("numbers", allocator)) {
            numbers.allocateNew(3);
            numbers.set(0, 1L << 40);
            numbers.setNull(1);
            numbers.set(2, -1);
            numbers.setValueCount(3);
            try (VectorSchemaRoot table = new VectorSchemaRoot(List.of(numbers));
                    VectorSchemaRoot kept = (VectorSchemaRoot) shapes.keep(table)) {
                equal(kept.equals(table), true);
                equal(shapes.rows(table), 3L);
            }
        }
    }

    private static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError("found " + found + ", expected " + expected);
        }
    }
}
