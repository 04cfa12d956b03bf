package agents;

import io.twinspan.NodeRef;
import io.twinspan.ServiceRef;
import io.twinspan.WireError;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The types that both agents share by name, and what a typed caller knows of the service. */
final class Types {
    private Types() {}

    enum Color {
        RED,
        GREEN,
        BLUE
    }

    record Line(String sku, int quantity, BigDecimal price) {}

    record Order(
            UUID id,
            List<Line> lines,
            Color color,
            LocalDate due,
            Instant placed,
            Duration took,
            Set<String> tags,
            double[] weights,
            Map<Integer, String> extra,
            @io.twinspan.Nullable String note) {}

    /** Crosses with its fields. */
    @WireError("shop.FraudRejected")
    public static final class FraudRejected extends Exception {
        private static final long serialVersionUID = 1L;
        private final String order;
        private final double score;

        public FraudRejected(String order, double score) {
            super(order + " scored " + score);
            this.order = order;
            this.score = score;
        }

        public String order() {
            return order;
        }

        public double score() {
            return score;
        }
    }

    /** What a blocking caller knows. */
    interface Face {
        int through(ServiceRef service, int value);

        String where(NodeRef node);

        ServiceRef given();

        long add(long a, long b, long scale);

        long add(long a, long b);

        String who();

        Order order(Order order);

        String describe(Order order);

        Instant instant(Instant value);

        OffsetDateTime stamped(OffsetDateTime value);

        ZonedDateTime zoned(ZonedDateTime value);

        LocalDateTime local(LocalDateTime value);

        LocalTime time(LocalTime value);

        Duration duration(Duration value);

        Color color(Color value);

        double[] doubles(double[] value);

        int small(int value);

        String later(int ms);

        void refuse(String order, double score);

        void fraud(String order, double score) throws FraudRejected;
    }

    /** What a caller knows that doesn't wait. */
    interface AsyncFace {
        CompletableFuture<Long> add(long a, long b, long scale);

        CompletableFuture<Long> add(long a, long b);

        CompletableFuture<String> who();

        CompletableFuture<Order> order(Order order);

        CompletableFuture<String> later(int ms);

        CompletableFuture<Void> fraud(String order, double score) throws FraudRejected;
    }
}
