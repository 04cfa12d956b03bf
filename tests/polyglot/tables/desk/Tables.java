package desk;

import io.twinspan.App;
import io.twinspan.CallOptions;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Serves tables, and sends them when it is told to on its standard input: the name of a service and
 * a number of rows. Answers {@code same} and what the other side counted. tables.py is its twin.
 */
public final class Tables {
    private final BufferAllocator allocator = new RootAllocator();

    /** What the caller knows of a service. */
    public interface Desk {
        VectorSchemaRoot echo(VectorSchemaRoot table);

        Object untyped(VectorSchemaRoot table);

        Map<String, Object> count(VectorSchemaRoot table);
    }

    /** The handlers. */
    public static final class Handlers {
        public VectorSchemaRoot echo(VectorSchemaRoot table) {
            return table;
        }

        public Object untyped(Object table) {
            return table;
        }

        public Map<String, Object> count(VectorSchemaRoot table) {
            try (table) {
                long sum = 0;
                long characters = 0;
                BigIntVector numbers = (BigIntVector) table.getVector("numbers");
                VarCharVector texts = (VarCharVector) table.getVector("texts");
                for (int i = 0; i < table.getRowCount(); i++) {
                    sum += numbers.isNull(i) ? 0 : numbers.get(i);
                    characters += texts.isNull(i) ? 0 : texts.getObject(i).toString().length();
                }
                return Map.of("rows", table.getRowCount(), "sum", sum, "characters", characters);
            }
        }
    }

    private VectorSchemaRoot table(int rows) {
        BigIntVector numbers = new BigIntVector("numbers", allocator);
        Float8Vector halves = new Float8Vector("halves", allocator);
        VarCharVector texts = new VarCharVector("texts", allocator);
        numbers.allocateNew(rows);
        halves.allocateNew(rows);
        texts.allocateNew(rows * 4L, rows);
        for (int i = 0; i < rows; i++) {
            if (i % 5 != 4) {
                numbers.set(i, (long) i << 20);
                halves.set(i, i / 2.0);
                texts.setSafe(i, ("ž" + i).getBytes(StandardCharsets.UTF_8));
            }
        }
        for (var column : List.of(numbers, halves, texts)) {
            column.setValueCount(rows);
        }
        return new VectorSchemaRoot(List.of(numbers, halves, texts));
    }

    private String send(Desk desk, int rows) {
        try (VectorSchemaRoot sent = table(rows);
                VectorSchemaRoot typed = desk.echo(sent);
                VectorSchemaRoot untyped = (VectorSchemaRoot) desk.untyped(sent)) {
            boolean same = typed.equals(sent) && untyped.equals(sent);
            Map<String, Object> counted = desk.count(sent);
            return (same ? "same " : "different ")
                    + counted.get("rows")
                    + " "
                    + counted.get("sum")
                    + " "
                    + counted.get("characters");
        }
    }

    public static void main(String[] args) throws Exception {
        App app = App.named("tables").serve(args[1], new Handlers());
        Tables tables = new Tables();
        try (Node node = Node.join(app, NodeConfig.cluster(args[0]).name(args[1]))) {
            System.out.println("up");
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] asked = line.split(" ");
                node.waitFor(asked[0], 1, Duration.ofSeconds(20));
                System.out.println(
                        tables.send(
                                node.client(
                                        asked[0],
                                        Desk.class,
                                        CallOptions.timeout(Duration.ofSeconds(30))),
                                Integer.parseInt(asked[1])));
            }
        }
    }
}
