package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

@Timeout(30)
class NodeTest {
    record Order(String sku, int quantity) {}

    record Price(String sku, double amount) {}

    interface Pricing {
        Price quote(Order order);

        CompletableFuture<Price> later(Order order);

        List<String> skus(String prefix, @Default("2") int most);

        void forget(String sku);

        default double amount(String sku) {
            return quote(new Order(sku, 1)).amount();
        }
    }

    static final class PricingImpl implements Pricing {
        @Override
        public Price quote(Order order) {
            return new Price(order.sku(), order.quantity() * 2.5);
        }

        @Override
        public CompletableFuture<Price> later(Order order) {
            return CompletableFuture.supplyAsync(() -> quote(order));
        }

        @Override
        public List<String> skus(String prefix, int most) {
            return List.of(prefix + "1", prefix + "2").subList(0, most);
        }

        @Override
        public void forget(String sku) {}
    }

    static NodeConfig config() {
        return NodeConfig.cluster("t" + UUID.randomUUID().toString().substring(0, 8)).local(true);
    }

    @Test
    void servesAndCallsItself() throws Exception {
        App app =
                App.named("pricing-java")
                        .version("1.2")
                        .serve("pricing", Pricing.class, new PricingImpl());
        try (Node node = Node.join(app, config())) {
            node.waitFor("pricing", Duration.ofSeconds(5));
            Pricing pricing = node.client("pricing", Pricing.class);
            assertEquals(new Price("A1", 7.5), pricing.quote(new Order("A1", 3)));
            assertEquals(
                    new Price("A2", 2.5),
                    pricing.later(new Order("A2", 1)).get(5, TimeUnit.SECONDS));
            assertEquals(List.of("x1"), pricing.skus("x", 1));
            assertEquals(2.5, pricing.amount("A1"));
            pricing.forget("A1");
            Args byName = Args.of().named("prefix", "y");
            assertEquals(
                    List.of("y1", "y2"),
                    node.call("pricing.skus", byName).as(new TypeRef<List<String>>() {}));
            Object untyped =
                    node.call("pricing.quote", Map.of("sku", "A1", "quantity", 2)).as(Object.class);
            assertEquals(Map.of("sku", "A1", "amount", 5.0), untyped);
            assertEquals(0, node.call("pricing.skus", "z", 0).as(List.class).size());
        }
    }
}
