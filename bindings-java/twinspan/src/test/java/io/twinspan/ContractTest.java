package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A client's interface is compared with the live service. */
class ContractTest {
    enum Color {
        RED,
        GREEN
    }

    record Order(String sku, @Default("1") int quantity) {}

    /** What is served. */
    @Doc("Sells.")
    public static final class Shop {
        @Doc("What it costs.")
        public BigDecimal quote(Order order, @Default("km") String unit) {
            return BigDecimal.ONE;
        }

        public Color color(int at) {
            return Color.values()[at];
        }

        public void clear() {}

        public String many(String a) {
            return a;
        }

        public String many(String a, int b) {
            return a + b;
        }
    }

    interface Fits {
        BigDecimal quote(Order order, String unit);

        CompletableFuture<String> color(int at);

        void clear();

        String many(String a, int b);
    }

    interface Shorter {
        void quote(Order order);

        String many(String a, int b);

        String many(String a);
    }

    interface Broken {
        String quote(Order order);

        BigDecimal color(String at);

        void gone();
    }

    private static App app() {
        return App.named("shop").serve("shop", new Shop());
    }

    private static Node join(String cluster, String name) {
        App app = name.equals("provider") ? app() : App.named("caller");
        return Node.join(app, NodeConfig.cluster(cluster).name(name));
    }

    private static String cluster() {
        return "t" + UUID.randomUUID().toString().substring(0, 12).replace("-", "");
    }

    /** What is logged meanwhile; the logger of the tests writes to System.err. */
    private static String logged(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatBreaksCallsIsLoggedOnceAContract() {
        try (Node node = join(cluster(), "provider")) {
            String first = logged(() -> node.client("shop", Broken.class));
            assertTrue(
                    first.contains(
                            "WARN twinspan - the contract io.twinspan.ContractTest$Broken does not"
                                    + " fit the service `shop`: "),
                    first);
            assertTrue(first.contains("gone is gone"), first);
            assertTrue(first.contains("quote answers `decimal`, answered `text`"), first);
            assertTrue(first.contains("color.at takes `int`, took `text`"), first);
            assertTrue(first.contains("color answers `enum Color`, answered `decimal`"), first);
            assertEquals(
                    "",
                    logged(
                            () -> {
                                Broken again = node.client("shop", Broken.class);
                                assertThrows(UnserializableException.class, () -> again.color("x"));
                                node.client("shop", Fits.class).clear();
                                node.client("shop", Shorter.class);
                            }));
        }
    }

    @Test
    void aServiceThatComesLaterIsComparedAtTheNextCall() {
        String cluster = cluster();
        try (Node caller = join(cluster, "caller")) {
            Broken[] made = new Broken[1];
            assertEquals("", logged(() -> made[0] = caller.client("shop", Broken.class)));
            assertTrue(
                    made[0].toString().endsWith("on node caller: no provider"), made[0].toString());
            try (Node provider = join(cluster, "provider")) {
                caller.waitFor("shop", Duration.ofSeconds(10));
                String told =
                        logged(
                                () ->
                                        assertThrows(
                                                NoSuchMethodException.class, () -> made[0].gone()));
                assertTrue(told.contains("gone is gone"), told);
                assertFalse(provider.closed());
                assertTrue(
                        made[0].toString().endsWith(": clear, color, many, quote"),
                        made[0].toString());
            }
        }
    }

    @Test
    void servicesAreDescribed() {
        try (Node node = join(cluster(), "provider")) {
            ServiceInfo shop = node.services().get(0);
            assertEquals("Sells.", shop.doc());
            assertEquals(
                    List.of(
                            "clear() -> null",
                            "color(at: int) -> enum Color",
                            "many(a: text, b: int = …) -> text",
                            "quote(order: record Order, unit: text = \"km\") -> decimal"),
                    shop.methods().stream().map(Object::toString).toList());
            assertEquals("What it costs.", shop.methods().get(3).doc());
            assertEquals(
                    List.of(
                            new ServiceInfo.Type(
                                    "Color",
                                    "enum",
                                    null,
                                    List.of(),
                                    List.of("RED", "GREEN"),
                                    List.of(),
                                    ""),
                            new ServiceInfo.Type(
                                    "Order",
                                    "record",
                                    null,
                                    List.of(
                                            new ServiceInfo.Field("sku", "text", false, null, ""),
                                            new ServiceInfo.Field(
                                                    "quantity", "int", true, "1", "")),
                                    List.of(),
                                    List.of(),
                                    "")),
                    shop.types());
            assertEquals("quantity: int = 1", shop.types().get(1).fields().get(1).toString());
        }
    }
}
