package provider;

import io.twinspan.App;
import io.twinspan.NodeConfig;
import io.twinspan.Twinspan;

import org.apache.arrow.vector.VectorSchemaRoot;

import java.util.List;

/** Serves what the service `shapes` of rich.py does. */
public final class Provider {
    /** Takes what has no class. */
    public static final class Shapes {
        public List<Object> swap(List<Object> pair) {
            return List.of(pair.get(1), pair.get(0));
        }

        public List<Long> ends(List<Long> pair) {
            return List.of(pair.get(1), pair.get(0));
        }

        public VectorSchemaRoot keep(VectorSchemaRoot table) {
            return table;
        }

        public long rows(VectorSchemaRoot table) {
            try (table) {
                return table.getRowCount();
            }
        }
    }

    private Provider() {}

    public static void main(String[] args) {
        App app = App.named("shapes").serve("shapes", new Shapes());
        Twinspan.run(app, NodeConfig.cluster(args[0]).name("shapes-1"));
    }
}
