import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.WireError;

import java.time.Duration;

/** A caller in Java; each way ends with an exception that nobody catches. */
public final class Checkout {
    @WireError("shop.FraudRejected")
    static final class FraudRejected extends Exception {
        private static final long serialVersionUID = 1L;

        FraudRejected(String message, String order, double score) {
            super(message);
        }
    }

    interface Fraud {
        double score(String order);

        double total(String sku, int quantity);

        void check(String order) throws FraudRejected;
    }

    public static void main(String[] args) throws Exception {
        try (Node node = Node.join(NodeConfig.cluster(args[0]).name("checkout"))) {
            node.waitFor("fraud", Duration.ofSeconds(20));
            node.waitFor("pricing", Duration.ofSeconds(20));
            Fraud fraud = node.client("fraud", Fraud.class);
            switch (args[1]) {
                case "one" -> fraud.score("o-x");
                case "both" -> fraud.total("A1", 0);
                default -> fraud.check("o-7");
            }
        }
    }
}
