package io.twinspan.drift;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.NodeRef;
import io.twinspan.Nullable;
import io.twinspan.Range;
import io.twinspan.ServiceRef;
import io.twinspan.drift.Forms.Box;
import io.twinspan.drift.Forms.Color;
import io.twinspan.drift.Forms.Figure;
import io.twinspan.drift.Forms.Order;
import io.twinspan.drift.Forms.Tree;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Answers each value as it got it, in its declared type; {@code any} has none. */
public final class Mirror {
    public boolean truth(boolean value) {
        return value;
    }

    public BigInteger big(BigInteger value) {
        return value;
    }

    public long wide(long value) {
        return value;
    }

    public int word(int value) {
        return value;
    }

    public short small(short value) {
        return value;
    }

    public byte tiny(byte value) {
        return value;
    }

    public double real(double value) {
        return value;
    }

    public float single(float value) {
        return value;
    }

    public BigDecimal money(BigDecimal value) {
        return value;
    }

    public String text(String value) {
        return value;
    }

    public char letter(char value) {
        return value;
    }

    public byte[] blob(byte[] value) {
        return value;
    }

    public Instant instant(Instant value) {
        return value;
    }

    public OffsetDateTime offset(OffsetDateTime value) {
        return value;
    }

    public ZonedDateTime zoned(ZonedDateTime value) {
        return value;
    }

    public LocalDateTime local(LocalDateTime value) {
        return value;
    }

    public LocalDate day(LocalDate value) {
        return value;
    }

    public LocalTime clock(LocalTime value) {
        return value;
    }

    public Duration span(Duration value) {
        return value;
    }

    public UUID id(UUID value) {
        return value;
    }

    public Complex complex(Complex value) {
        return value;
    }

    public Range steps(Range value) {
        return value;
    }

    public ServiceRef service(ServiceRef value) {
        return value;
    }

    public NodeRef spot(NodeRef value) {
        return value;
    }

    public Color color(Color value) {
        return value;
    }

    public double[] doubles(double[] value) {
        return value;
    }

    public float[] floats(float[] value) {
        return value;
    }

    public long[] longs(long[] value) {
        return value;
    }

    public int[] ints(int[] value) {
        return value;
    }

    public short[] shorts(short[] value) {
        return value;
    }

    public NdArray numbers(NdArray value) {
        return value;
    }

    public Optional<Long> maybe(Optional<Long> value) {
        return value;
    }

    public List<String> texts(List<String> value) {
        return value;
    }

    public List<List<Double>> grid(List<List<Double>> value) {
        return value;
    }

    public List<Object> pair(List<Object> value) {
        return value;
    }

    public Set<String> tags(Set<String> value) {
        return value;
    }

    public Set<Long> marks(Set<Long> value) {
        return value;
    }

    public Set<Double> weights(Set<Double> value) {
        return value;
    }

    public Map<String, BigDecimal> prices(Map<String, BigDecimal> value) {
        return value;
    }

    public Map<Long, String> numbered(Map<Long, String> value) {
        return value;
    }

    public Map<LocalDate, List<Long>> dated(Map<LocalDate, List<Long>> value) {
        return value;
    }

    public Map<UUID, Boolean> owned(Map<UUID, Boolean> value) {
        return value;
    }

    public Map<Color, Long> colored(Map<Color, Long> value) {
        return value;
    }

    public Map<List<Long>, String> keyed(Map<List<Long>, String> value) {
        return value;
    }

    public Map<ByteBuffer, Long> blobs(Map<ByteBuffer, Long> value) {
        return value;
    }

    public Order order(Order value) {
        return value;
    }

    public List<Order> orders(List<Order> value) {
        return value;
    }

    public Figure figure(Figure value) {
        return value;
    }

    public Tree tree(Tree value) {
        return value;
    }

    public Box<Long> box(Box<Long> value) {
        return value;
    }

    public @Nullable Object any(@Nullable Object value) {
        return value;
    }
}
