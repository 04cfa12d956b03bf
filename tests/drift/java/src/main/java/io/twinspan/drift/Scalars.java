package io.twinspan.drift;

import io.twinspan.Complex;
import io.twinspan.NodeRef;
import io.twinspan.Range;
import io.twinspan.ServiceRef;
import io.twinspan.drift.Forms.Color;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.arbitraries.StringArbitrary;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.UUID;

/** Single values, within what Python can hold too. */
final class Scalars {
    private static final long FIRST_SECOND = -62_135_596_800L;
    private static final long LAST_SECOND = 253_402_300_799L;
    private static final long DAY = 86_400;
    private static final BigInteger FAR = BigInteger.ONE.shiftLeft(200);

    private Scalars() {}

    static Arbitrary<Long> wide() {
        return Arbitraries.longs();
    }

    static Arbitrary<BigInteger> big() {
        return Arbitraries.oneOf(
                Arbitraries.bigIntegers().between(FAR.negate(), FAR),
                wide().map(BigInteger::valueOf),
                Arbitraries.integers()
                        .between(60, 2_000)
                        .map(bits -> BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE)));
    }

    static Arbitrary<Double> real() {
        return Arbitraries.oneOf(
                wide().map(Double::longBitsToDouble).map(x -> x.isNaN() ? Double.NaN : x),
                Arbitraries.integers().map(n -> (double) Float.intBitsToFloat(n)),
                Arbitraries.of(
                        0.0, -0.0, 1.5, Double.NaN, Double.NEGATIVE_INFINITY, 65504.0, 5e-324),
                Arbitraries.doubles());
    }

    static Arbitrary<Float> single() {
        return Arbitraries.integers()
                .map(Float::intBitsToFloat)
                .map(x -> x.isNaN() ? Float.NaN : x);
    }

    static Arbitrary<BigDecimal> money() {
        return Combinators.combine(
                        Arbitraries.bigIntegers().between(FAR.negate(), FAR),
                        Arbitraries.oneOf(
                                Arbitraries.integers().between(-30, 30),
                                Arbitraries.of(Integer.MAX_VALUE, -Integer.MAX_VALUE)))
                .as(BigDecimal::new);
    }

    /** Any characters but lone surrogates, which are no text. */
    static Arbitrary<String> text() {
        Arbitrary<Integer> any =
                Arbitraries.oneOf(
                        Arbitraries.integers().between(0, 0x7f),
                        Arbitraries.integers()
                                .between(0, 0x10ffff)
                                .map(c -> c >= 0xd800 && c < 0xe000 ? 'x' : c));
        Arbitrary<String> made =
                any.list()
                        .ofMaxSize(12)
                        .map(
                                list -> {
                                    StringBuilder out = new StringBuilder();
                                    list.forEach(out::appendCodePoint);
                                    return out.toString();
                                });
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(9, made),
                net.jqwik.api.Tuple.of(1, Arbitraries.of("", "\0", "e\u0301", "x".repeat(300))));
    }

    static Arbitrary<ServiceRef> service() {
        Arbitrary<String> part =
                Combinators.combine(
                                name("azAZ_", true).ofLength(1),
                                name("azAZ_09", true).ofMaxLength(5))
                        .as(String::concat);
        Arbitrary<String> parts =
                part.list().ofMinSize(1).ofMaxSize(3).map(all -> String.join(".", all));
        return Combinators.combine(cluster(), parts).as(ServiceRef::new);
    }

    static Arbitrary<NodeRef> spot() {
        Arbitrary<String> name =
                Combinators.combine(
                                name("azAZ09", false).ofLength(1),
                                name("azAZ09._-", false).ofMaxLength(9))
                        .as(String::concat);
        return Combinators.combine(cluster(), name).as(NodeRef::new);
    }

    private static Arbitrary<String> cluster() {
        return name("az09", false).ofMinLength(1).ofMaxLength(6);
    }

    private static StringArbitrary name(String plain, boolean more) {
        StringArbitrary plainOnes = Arbitraries.strings().withChars(plain);
        return more ? plainOnes.withCharRange('\u0080', '\ud7ff') : plainOnes;
    }

    static Arbitrary<Character> letter() {
        return Arbitraries.integers()
                .between(0, 0xffff)
                .map(c -> c >= 0xd800 && c < 0xe000 ? 'x' : (char) c.intValue());
    }

    static Arbitrary<byte[]> blob() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(20);
    }

    static Arbitrary<ByteBuffer> buffer() {
        return blob().map(ByteBuffer::wrap);
    }

    static Arbitrary<Integer> nanos() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(0, 999_999_999),
                Arbitraries.of(0, 1, 999, 1_000, 999_999_999));
    }

    private static Arbitrary<Instant> between(long first, long last) {
        return Combinators.combine(Arbitraries.longs().between(first, last), nanos())
                .as((seconds, nano) -> Instant.ofEpochSecond(seconds, nano));
    }

    static Arbitrary<Instant> instant() {
        return between(FIRST_SECOND, LAST_SECOND);
    }

    static Arbitrary<OffsetDateTime> offset() {
        return Combinators.combine(
                        between(FIRST_SECOND + DAY, LAST_SECOND - DAY),
                        Arbitraries.integers().between(-18 * 60, 18 * 60))
                .as((at, minutes) -> at.atOffset(ZoneOffset.ofTotalSeconds(60 * minutes)));
    }

    /** From 1975, since when offsets are whole minutes. */
    static Arbitrary<ZonedDateTime> zoned() {
        return Combinators.combine(
                        between(157_766_400L, 2_114_380_800L),
                        Arbitraries.of(
                                "UTC",
                                "Europe/Berlin",
                                "America/New_York",
                                "America/St_Johns",
                                "Asia/Kolkata",
                                "Asia/Kathmandu",
                                "Asia/Tokyo",
                                "Australia/Lord_Howe",
                                "Pacific/Apia",
                                "Pacific/Chatham",
                                "Africa/Casablanca",
                                "America/Sao_Paulo"))
                .as((at, zone) -> at.atZone(ZoneId.of(zone)));
    }

    static Arbitrary<LocalDate> day() {
        return Arbitraries.longs().between(-719_162, 2_932_896).map(LocalDate::ofEpochDay);
    }

    static Arbitrary<LocalTime> clock() {
        return Arbitraries.longs()
                .between(0, LocalTime.MAX.toNanoOfDay())
                .map(LocalTime::ofNanoOfDay);
    }

    static Arbitrary<LocalDateTime> local() {
        return Combinators.combine(day(), clock()).as(LocalDateTime::of);
    }

    static Arbitrary<Duration> span() {
        return Combinators.combine(
                        Arbitraries.longs().between(-86_399_999_913_600L, 86_399_999_999_999L),
                        nanos())
                .as((seconds, nano) -> Duration.ofSeconds(seconds, nano));
    }

    static Arbitrary<UUID> id() {
        return Combinators.combine(wide(), wide()).as(UUID::new);
    }

    static Arbitrary<Complex> complex() {
        return Combinators.combine(real(), real()).as(Complex::new);
    }

    static Arbitrary<Range> steps() {
        return Combinators.combine(wide(), wide(), wide().map(n -> n == 0 ? 1 : n)).as(Range::new);
    }

    static Arbitrary<Color> color() {
        return Arbitraries.of(Color.class);
    }
}
