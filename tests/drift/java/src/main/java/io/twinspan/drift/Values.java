package io.twinspan.drift;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;
import io.twinspan.TypeRef;
import io.twinspan.drift.Forms.Box;
import io.twinspan.drift.Forms.Circle;
import io.twinspan.drift.Forms.Color;
import io.twinspan.drift.Forms.Figure;
import io.twinspan.drift.Forms.Line;
import io.twinspan.drift.Forms.Order;
import io.twinspan.drift.Forms.Square;
import io.twinspan.drift.Forms.Tree;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Every kind of generated value. */
final class Values {
    private Values() {}

    static List<Kind<?>> kinds() {
        Arbitrary<Figure> figure = figure();
        Arbitrary<Order> order = order();
        return List.of(
                new Kind<>("truth", new TypeRef<Boolean>() {}, Arbitraries.of(true, false)),
                new Kind<>("big", new TypeRef<BigInteger>() {}, Scalars.big()),
                new Kind<>("wide", new TypeRef<Long>() {}, Scalars.wide()),
                new Kind<>("word", new TypeRef<Integer>() {}, Arbitraries.integers()),
                new Kind<>("small", new TypeRef<Short>() {}, Arbitraries.shorts()),
                new Kind<>("tiny", new TypeRef<Byte>() {}, Arbitraries.bytes()),
                new Kind<>("real", new TypeRef<Double>() {}, Scalars.real()),
                new Kind<>("single", new TypeRef<Float>() {}, Scalars.single()),
                new Kind<>("money", new TypeRef<BigDecimal>() {}, Scalars.money()),
                new Kind<>("text", new TypeRef<String>() {}, Scalars.text()),
                new Kind<>("letter", new TypeRef<Character>() {}, Scalars.letter()),
                new Kind<>("blob", new TypeRef<byte[]>() {}, Scalars.blob()),
                new Kind<>("instant", new TypeRef<Instant>() {}, Scalars.instant()),
                new Kind<>("offset", new TypeRef<OffsetDateTime>() {}, Scalars.offset()),
                new Kind<>("zoned", new TypeRef<ZonedDateTime>() {}, Scalars.zoned()),
                new Kind<>("local", new TypeRef<LocalDateTime>() {}, Scalars.local()),
                new Kind<>("day", new TypeRef<LocalDate>() {}, Scalars.day()),
                new Kind<>("clock", new TypeRef<LocalTime>() {}, Scalars.clock()),
                new Kind<>("span", new TypeRef<Duration>() {}, Scalars.span()),
                new Kind<>("id", new TypeRef<UUID>() {}, Scalars.id()),
                new Kind<>("complex", new TypeRef<Complex>() {}, Scalars.complex()),
                new Kind<>("steps", new TypeRef<Range>() {}, Scalars.steps()),
                new Kind<>("service", new TypeRef<ServiceRef>() {}, Scalars.service()),
                new Kind<>("spot", new TypeRef<NodeRef>() {}, Scalars.spot()),
                new Kind<>("color", new TypeRef<Color>() {}, Scalars.color()),
                new Kind<>("doubles", new TypeRef<double[]>() {}, doubles()),
                new Kind<>(
                        "floats",
                        new TypeRef<float[]>() {},
                        Scalars.single().array(float[].class).ofMaxSize(6)),
                new Kind<>(
                        "longs",
                        new TypeRef<long[]>() {},
                        Scalars.wide().array(long[].class).ofMaxSize(6)),
                new Kind<>(
                        "ints",
                        new TypeRef<int[]>() {},
                        Arbitraries.integers().array(int[].class).ofMaxSize(6)),
                new Kind<>(
                        "shorts",
                        new TypeRef<short[]>() {},
                        Arbitraries.shorts().array(short[].class).ofMaxSize(6)),
                new Kind<>("numbers", new TypeRef<NdArray>() {}, numbers()),
                new Kind<>("maybe", new TypeRef<Optional<Long>>() {}, Scalars.wide().optional()),
                new Kind<>("texts", new TypeRef<List<String>>() {}, list(Scalars.text())),
                new Kind<>(
                        "grid", new TypeRef<List<List<Double>>>() {}, list(list(Scalars.real()))),
                new Kind<>(
                        "pair",
                        new TypeRef<List<Object>>() {},
                        Combinators.combine(Scalars.wide(), Scalars.text())
                                .as((a, b) -> List.<Object>of(a, b))),
                new Kind<>("tags", new TypeRef<Set<String>>() {}, set(Scalars.text())),
                new Kind<>("marks", new TypeRef<Set<Long>>() {}, set(Scalars.wide())),
                new Kind<>(
                        "weights",
                        new TypeRef<Set<Double>>() {},
                        // Python takes 0.0 and -0.0 for one element.
                        set(Scalars.real().filter(x -> !x.isNaN()).map(x -> x + 0.0))),
                new Kind<>(
                        "prices",
                        new TypeRef<Map<String, BigDecimal>>() {},
                        map(Scalars.text(), Scalars.money())),
                new Kind<>(
                        "numbered",
                        new TypeRef<Map<Long, String>>() {},
                        map(Scalars.wide(), Scalars.text())),
                new Kind<>(
                        "dated",
                        new TypeRef<Map<LocalDate, List<Long>>>() {},
                        map(Scalars.day(), list(Scalars.wide()))),
                new Kind<>(
                        "owned",
                        new TypeRef<Map<UUID, Boolean>>() {},
                        map(Scalars.id(), Arbitraries.of(true, false))),
                new Kind<>(
                        "colored",
                        new TypeRef<Map<Color, Long>>() {},
                        map(Scalars.color(), Scalars.wide())),
                new Kind<>(
                        "keyed",
                        new TypeRef<Map<List<Long>, String>>() {},
                        map(list(Scalars.wide()), Scalars.text())),
                new Kind<>(
                        "blobs",
                        new TypeRef<Map<ByteBuffer, Long>>() {},
                        map(Scalars.buffer(), Scalars.wide())),
                new Kind<>("order", new TypeRef<Order>() {}, order),
                new Kind<>("orders", new TypeRef<List<Order>>() {}, order.list().ofMaxSize(2)),
                new Kind<>("figure", new TypeRef<Figure>() {}, figure),
                new Kind<>("tree", new TypeRef<Tree>() {}, tree()),
                new Kind<>(
                        "box",
                        new TypeRef<Box<Long>>() {},
                        Combinators.combine(Scalars.wide(), list(Scalars.wide()))
                                .as((content, spare) -> new Box<>(content, spare))));
    }

    private static <T> Arbitrary<List<T>> list(Arbitrary<T> element) {
        return element.list().ofMaxSize(3);
    }

    private static <T> Arbitrary<Set<T>> set(Arbitrary<T> element) {
        return element.set().ofMaxSize(4);
    }

    private static <K, V> Arbitrary<Map<K, V>> map(Arbitrary<K> key, Arbitrary<V> value) {
        return Combinators.combine(key, value)
                .as(Map::entry)
                .list()
                .ofMaxSize(3)
                .map(
                        entries -> {
                            Map<K, V> out = new LinkedHashMap<>();
                            entries.forEach(one -> out.put(one.getKey(), one.getValue()));
                            return out;
                        });
    }

    private static Arbitrary<double[]> doubles() {
        return Scalars.real().array(double[].class).ofMaxSize(6);
    }

    /** Any element, any bits, up to four dimensions. */
    private static Arbitrary<NdArray> numbers() {
        Arbitrary<List<Integer>> shapes = Arbitraries.integers().between(0, 3).list().ofMaxSize(4);
        return Combinators.combine(Arbitraries.of(NdArray.Element.class), shapes)
                .flatAs(
                        (element, shape) -> {
                            int[] dimensions = shape.stream().mapToInt(n -> n).toArray();
                            int size = element.bytes();
                            for (int dimension : dimensions) {
                                size *= dimension;
                            }
                            return Arbitraries.bytes()
                                    .array(byte[].class)
                                    .ofSize(size)
                                    .map(
                                            data ->
                                                    NdArray.of(
                                                            element,
                                                            ByteBuffer.wrap(data),
                                                            dimensions));
                        });
    }

    private static Arbitrary<Figure> figure() {
        return Arbitraries.oneOf(
                Scalars.real().map(Circle::new),
                Combinators.combine(Scalars.wide(), Scalars.color().injectNull(0.3))
                        .as(Square::new));
    }

    private static Arbitrary<Line> line() {
        return Combinators.combine(Scalars.text(), Arbitraries.integers(), Scalars.money())
                .as(Line::new);
    }

    private static Arbitrary<Order> order() {
        return Combinators.combine(
                        Combinators.combine(
                                        Scalars.id(), list(line()), Scalars.color(), Scalars.day())
                                .as(Begin::new),
                        Scalars.instant(),
                        Scalars.span(),
                        set(Scalars.text()),
                        doubles(),
                        map(Arbitraries.integers(), Scalars.text()),
                        figure(),
                        Scalars.text().injectNull(0.3))
                .as(
                        (begin, placed, took, tags, weights, extra, figure, note) ->
                                new Order(
                                        begin.id,
                                        begin.lines,
                                        begin.color,
                                        begin.due,
                                        placed,
                                        took,
                                        tags,
                                        weights,
                                        extra,
                                        figure,
                                        note));
    }

    /** The first four parts of an order: a combination has eight at most. */
    private record Begin(UUID id, List<Line> lines, Color color, LocalDate due) {}

    private static Arbitrary<Tree> tree() {
        return Arbitraries.recursive(
                () -> Scalars.wide().map(value -> new Tree(value, List.of())),
                inner ->
                        Combinators.combine(Scalars.wide(), inner.list().ofMaxSize(2))
                                .as(Tree::new),
                0,
                3);
    }
}
