package caller;

import desk.stubs.Card;
import desk.stubs.Cash;
import desk.stubs.Circle;
import desk.stubs.Color;
import desk.stubs.Desk;
import desk.stubs.Everything;
import desk.stubs.Line;
import desk.stubs.Order;
import desk.stubs.Refused;
import desk.stubs.Square;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.RemoteStream;
import io.twinspan.ServiceRef;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** Calls a desk through its stubs. */
public final class Caller {
    private Caller() {}

    public static void main(String[] args) {
        try (Node node = Node.join(NodeConfig.cluster(args[0]))) {
            node.waitFor("desk", Duration.ofSeconds(30));
            call(node.client("desk", Desk.class));
        }
        System.out.println("all good");
    }

    private static void call(Desk desk) {
        Everything sent =
                new Everything(
                        true,
                        1L << 40,
                        0.5,
                        "größe",
                        new byte[] {0, 1},
                        new BigDecimal("1.50"),
                        LocalDate.of(2026, 11, 28),
                        LocalTime.of(9, 30),
                        Duration.ofSeconds(90),
                        new UUID(1, 2),
                        new Complex(1, -1),
                        new Range(0, 10, 2),
                        new ServiceRef("shop", "prices"),
                        new NodeRef("shop", "ops-1"),
                        Instant.parse("2026-11-28T09:30:00.000001Z"),
                        NdArray.of(new double[] {1, 2.5}, 2),
                        Set.of("a"),
                        Map.of("k", List.of(1L, 2L)),
                        null,
                        Color.BLUE,
                        List.of("x", 1L));
        Everything back = desk.echo(sent);
        equal(withoutBytes(back), withoutBytes(sent));
        equal(Arrays.toString(back.raw()), "[0, 1]");
        equal(back.numbers(), sent.numbers());

        Line line = new Line("A1", 3, List.of(Color.RED));
        Order order =
                new Order(
                        "o-1",
                        List.of(line),
                        null,
                        new Card("1234", LocalDate.of(2030, 1, 1)),
                        null);
        equal(desk.orderTotal(order), new BigDecimal("3.75"));
        equal(desk.orderTotal(order, BigDecimal.ONE), new BigDecimal("2.75"));
        equal(desk.orderTotal(order, BigDecimal.ONE, true), new BigDecimal("3"));
        equal(desk.pay(new Card("1234", LocalDate.of(2030, 1, 1))), new Cash(new BigDecimal("4")));
        equal(desk.pay(new Cash(BigDecimal.TEN)), new Cash(BigDecimal.TEN));
        equal(desk.turn(new Circle(1.5, null)), new Square(3));
        equal(desk.turn(new Square(3)), new Circle(1.5, "turned"));
        equal(desk.find(""), null);
        Order found = desk.find("o-2");
        equal(found.before().orderId(), "old");
        equal(found.lines(), List.of(new Line("A1", 1, List.of())));
        try (RemoteStream<Line> lines = desk.watch("B")) {
            List<Long> counts = new ArrayList<>();
            lines.forEach(one -> counts.add(one.count()));
            equal(counts, List.of(0L, 1L, 2L));
        }
        equal(desk.countAll(Stream.of(line, line)), 6L);
        equal(desk.sumOf(1, 2, 3), 6L);
        equal(desk.list(), List.of("a", "b"));
        try {
            desk.refuse("never");
            throw new AssertionError("not refused");
        } catch (Refused e) {
            equal(e.getMessage(), "never");
        }
        try {
            desk.refuse("");
            throw new AssertionError("not refused");
        } catch (IllegalArgumentException e) {
            equal(e.getMessage(), "no reason");
        }
    }

    private static List<Object> withoutBytes(Everything it) {
        return Arrays.asList(
                it.flag(),
                it.whole(),
                it.real(),
                it.text(),
                it.price(),
                it.day(),
                it.clock(),
                it.length(),
                it.key(),
                it.prices(),
                it.place(),
                it.turn(),
                it.span(),
                it.moment(),
                it.names(),
                it.byName(),
                it.maybe(),
                it.color(),
                it.anything());
    }

    private static void equal(Object found, Object expected) {
        if (!java.util.Objects.equals(found, expected)) {
            throw new AssertionError("found " + found + ", expected " + expected);
        }
    }
}
