package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinspan.CallOptions;
import io.twinspan.DeadlineExceededException;
import io.twinspan.Kind;
import io.twinspan.Node;
import io.twinspan.UnavailableException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The program and the tests of docs/testing.md. */
class ShopTest {
    interface Pricing {
        double quote(String sku, int quantity);
    }

    /** The program under test: it is given a node. */
    static final class Shop {
        private final Pricing pricing;

        Shop(Node node) {
            pricing =
                    node.client(
                            "pricing", Pricing.class, CallOptions.timeout(Duration.ofSeconds(2)));
        }

        double total(String sku, int quantity) {
            try {
                return pricing.quote(sku, quantity);
            } catch (UnavailableException e) {
                return 0;
            }
        }
    }

    @RegisterExtension static TwinspanExtension twinspan = TwinspanExtension.fake();

    @Test
    void thePriceIsAskedFor(FakeNode fake, Node node) {
        fake.on("pricing.quote").like(Pricing.class).returns(25.0);
        assertEquals(25.0, new Shop(node).total("A1", 2));
        FakeCall call = fake.calls("pricing.quote").get(0);
        assertEquals(List.of("A1", 2), call.args());
    }

    @Test
    void withoutPricesItCostsNothing(FakeNode fake, Node node) {
        fake.on("pricing.quote").returns(25.0);
        try (Failing failing = fake.fail("pricing", Kind.UNAVAILABLE)) {
            assertEquals(0.0, new Shop(node).total("A1", 2));
            assertFalse(failing.ended());
        }
        assertEquals(25.0, new Shop(node).total("A1", 2));
    }

    @Test
    void itWaitsForTwoSeconds(FakeNode fake, Node node) {
        fake.on("pricing.quote").delay(Duration.ofSeconds(3)).returns(25.0);
        assertThrows(DeadlineExceededException.class, () -> new Shop(node).total("A1", 2));
    }

    @Test
    void aReportTakesAMinute(FakeNode fake, Node node) {
        fake.on("reports.build").delay(Duration.ofMinutes(1)).returns("done");
        FakeClock.Held held = fake.clock().hold();
        CompletableFuture<String> report =
                node.call("reports.build").timeout(Duration.ofSeconds(90)).async(String.class);
        while (fake.calls("reports.build").isEmpty()) {
            Thread.onSpinWait();
        }
        fake.clock().advance(Duration.ofSeconds(59));
        assertFalse(report.isDone());
        fake.clock().advance(Duration.ofSeconds(1));
        assertEquals("done", report.join());
        held.close();
    }
}
