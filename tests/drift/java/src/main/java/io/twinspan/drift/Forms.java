package io.twinspan.drift;

import io.twinspan.Nullable;
import io.twinspan.WireType;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The classes of the generated values; kinds.py has the same. */
public final class Forms {
    private Forms() {}

    public enum Color {
        RED,
        GREEN,
        BLUE
    }

    public sealed interface Figure permits Circle, Square {}

    @WireType("drift.Circle")
    public record Circle(double radius) implements Figure {}

    @WireType("drift.Square")
    public record Square(long side, @Nullable Color color) implements Figure {}

    public record Line(String sku, int quantity, BigDecimal price) {}

    public record Order(
            UUID id,
            List<Line> lines,
            Color color,
            LocalDate due,
            Instant placed,
            Duration took,
            Set<String> tags,
            double[] weights,
            Map<Integer, String> extra,
            Figure figure,
            @Nullable String note) {}

    public record Tree(long value, List<Tree> rest) {}

    public record Box<T>(T content, List<T> spare) {}
}
