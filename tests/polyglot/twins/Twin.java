package twins;

import io.twinspan.App;
import io.twinspan.Default;
import io.twinspan.Idempotent;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.Nullable;
import io.twinspan.RemoteStream;
import io.twinspan.RenamedFrom;
import io.twinspan.ServiceInfo;
import io.twinspan.WireError;
import io.twinspan.WireType;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The service of twin.py, written in Java. It tells what it sees of both, and waits for the end of
 * its input.
 */
public final class Twin {
    private Twin() {}

    /** What it looks like. */
    public enum Color {
        RED,
        GREEN
    }

    /**
     * A part of an order.
     *
     * @param sku names the article
     * @param quantity how many
     */
    public record Line(String sku, @Default("1") int quantity) {}

    /** What somebody wants. */
    public record Order(
            UUID id,
            List<Line> lines,
            Instant placedAt,
            @Default("RED") Color color,
            Optional<BigDecimal> price,
            @Default("0.5") double weight,
            Optional<Order> parent) {}

    /** Some of many. */
    public record Page<T>(List<T> items, int total) {}

    /** How somebody pays. */
    public sealed interface Payment permits Card, Cash {}

    /** By card. */
    @WireType("twins.Card")
    public record Card(String number) implements Payment {}

    /** In cash. */
    @WireType("twins.Cash")
    public record Cash(@Default("1.50") BigDecimal amount) implements Payment {}

    /** Nothing is left. */
    @WireError("twins.SoldOut")
    public static final class SoldOut extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Sells what there is. */
    public interface Shop {
        /**
         * Takes an order.
         *
         * @param order what is wanted
         * @param unit of lengths
         * @return how it is paid
         */
        @Idempotent
        Payment buy(
                @RenamedFrom("basket") Order order,
                @Default("km") String unit,
                @Default("2026-01-02") LocalDate day,
                @Nullable Integer limit)
                throws SoldOut;

        /** Forgets everything. */
        void clear();

        Map<String, Set<Color>> colors(byte[] key);

        /** Adds up. */
        double[] sums(Iterator<Integer> numbers);

        @Deprecated
        Page<Line> lines(int first, @Default("PT1M30S") Duration wait);

        Page<Optional<Integer>> numbers(boolean flag, @Default("1e-7") double share);

        /** Follows an order. */
        RemoteStream<Order> watch(LocalDateTime since, Line... more);

        Object any(Object value);
    }

    public static void main(String[] arguments) throws Exception {
        Shop shop =
                (Shop)
                        java.lang.reflect.Proxy.newProxyInstance(
                                Shop.class.getClassLoader(),
                                new Class<?>[] {Shop.class},
                                (proxy, method, given) -> null);
        App app = App.named("twins").serve("twin.java", Shop.class, shop);
        try (Node node = Node.join(app, NodeConfig.cluster(arguments[0]).name("twin-java"))) {
            node.waitFor("twin.python", Duration.ofSeconds(40));
            for (ServiceInfo service : node.services()) {
                service.methods()
                        .forEach(method -> System.out.println(service.name() + " " + method));
                service.types().forEach(type -> System.out.println(service.name() + " " + type));
            }
            System.out.println("told");
            while (System.in.read() >= 0) {}
        }
    }
}
