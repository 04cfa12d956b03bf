package desk;

import io.twinspan.App;
import io.twinspan.Complex;
import io.twinspan.Default;
import io.twinspan.Doc;
import io.twinspan.NodeConfig;
import io.twinspan.NodeRef;
import io.twinspan.Nullable;
import io.twinspan.Range;
import io.twinspan.ServiceRef;
import io.twinspan.Twinspan;
import io.twinspan.WireError;
import io.twinspan.WireType;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The twin of rich.py. */
@Doc("Takes orders.")
public class Desk {
    @Doc("What a thing looks like.")
    public enum Color {
        RED,
        BLUE
    }

    public sealed interface Payment permits Card, Cash {}

    @Doc("Paid later.")
    @WireType("desk.Card")
    public record Card(String number, LocalDate until) implements Payment {}

    @WireType("desk.Cash")
    public record Cash(BigDecimal amount) implements Payment {}

    public sealed interface Figure permits Circle, Square {}

    public record Circle(double radius, @Nullable String note) implements Figure {}

    public record Square(double side) implements Figure {}

    public record Line(String sku, @Default("1") long count, List<Color> colors) {}

    @Doc("What somebody wants.")
    public record Order(
            String orderId,
            List<Line> lines,
            @Nullable String note,
            @Nullable Payment payment,
            @Nullable Order before) {}

    public record Everything(
            boolean flag,
            long whole,
            double real,
            String text,
            byte[] raw,
            BigDecimal price,
            LocalDate day,
            LocalTime clock,
            Duration length,
            UUID key,
            Complex turn,
            Range span,
            ServiceRef prices,
            NodeRef place,
            Instant moment,
            double[] numbers,
            Set<String> names,
            Map<String, List<Long>> byName,
            @Nullable Long maybe,
            Color color,
            @Nullable Object anything) {}

    @WireError("desk.Refused")
    public static class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial")
        final String reason;

        Refused(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    @Doc("Gives it back.")
    public Everything echo(Everything everything) {
        return everything;
    }

    @Doc("The price of an order.\n\nLines cost 1.25 a piece.")
    public BigDecimal orderTotal(
            Order order, @Default("0.00") BigDecimal discount, @Default("false") boolean rounded) {
        BigDecimal total = new BigDecimal("0.00");
        for (Line line : order.lines()) {
            total = total.add(new BigDecimal("1.25").multiply(BigDecimal.valueOf(line.count())));
        }
        total = total.subtract(discount);
        return rounded ? total.setScale(0, RoundingMode.HALF_EVEN) : total;
    }

    public Payment pay(Payment payment) {
        return payment instanceof Card card
                ? new Cash(BigDecimal.valueOf(card.number().length()))
                : payment;
    }

    public Figure turn(Figure figure) {
        return figure instanceof Circle circle
                ? new Square(circle.radius() * 2)
                : new Circle(((Square) figure).side() / 2, "turned");
    }

    public @Nullable Order find(String orderId) {
        Order old = new Order("old", List.of(), null, null, null);
        return orderId.isEmpty()
                ? null
                : new Order(orderId, List.of(new Line("A1", 1, List.of())), null, null, old);
    }

    public Stream<Line> watch(String sku, @Default("3") long count) {
        return LongStream.range(0, count).mapToObj(n -> new Line(sku, n, List.of(Color.BLUE)));
    }

    public long countAll(Iterator<Line> lines) {
        long count = 0;
        while (lines.hasNext()) {
            count += lines.next().count();
        }
        return count;
    }

    public long sumOf(long... numbers) {
        return LongStream.of(numbers).sum();
    }

    public List<String> list() {
        return List.of("a", "b");
    }

    @Doc("Always.")
    public void refuse(String reason) throws Refused, IllegalArgumentException {
        if (reason.isEmpty()) {
            throw new IllegalArgumentException("no reason");
        }
        throw new Refused(reason);
    }

    public static void main(String[] args) {
        App app = App.named("rich").serve("desk", new Desk());
        Twinspan.run(app, NodeConfig.cluster(args[0]).name("desk-1"));
    }
}
