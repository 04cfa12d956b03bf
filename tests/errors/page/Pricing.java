import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

/** The Java side of the shop on the page about errors. */
public final class Pricing {
    private static Node node;

    public double quote(String sku, int quantity) {
        if (quantity < 1) {
            throw new IllegalArgumentException("quantity is " + quantity);
        }
        return 9.5 * quantity;
    }

    public double review(String order) {
        return node.call("fraud.score", Args.of(order)).as(Double.class);
    }

    public static void main(String[] args) throws Exception {
        App app = App.named("pricing").serve("pricing", new Pricing());
        node = Node.join(app, NodeConfig.cluster(args[0]).name("pricing-1"));
        System.out.println("ready");
        System.in.read();
        node.close();
    }
}
