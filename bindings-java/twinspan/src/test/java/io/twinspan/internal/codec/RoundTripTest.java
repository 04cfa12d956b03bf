package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinspan.Complex;
import io.twinspan.NdArray;
import io.twinspan.Range;

import org.junit.jupiter.api.Test;

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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Random values come back as they were, and their bytes are the only ones for them. */
class RoundTripTest {
    private static final List<String> ZONES =
            List.of(
                    "Europe/Berlin",
                    "Asia/Tokyo",
                    "America/New_York",
                    "Australia/Lord_Howe",
                    "UTC");

    private static Object value(Random random, int depth) {
        switch (random.nextInt(depth > 3 ? 15 : 20)) {
            case 0:
                return null;
            case 1:
                return random.nextBoolean();
            case 2:
                return random.nextLong() >> random.nextInt(64);
            case 3:
                return wide(new BigInteger(random.nextInt(200) + 1, random));
            case 4:
                return random.nextBoolean()
                        ? Double.longBitsToDouble(random.nextLong())
                        : (double) random.nextInt(100) / 4;
            case 5:
                return (double) Half.toFloat(random.nextInt(0x7c00));
            case 6:
                return new BigDecimal(
                        new BigInteger(random.nextInt(100), random), random.nextInt(40) - 20);
            case 7:
                return text(random);
            case 8:
                byte[] bytes = new byte[random.nextInt(40)];
                random.nextBytes(bytes);
                return bytes;
            case 9:
                return key(random, 0);
            case 10:
                return new Complex(random.nextGaussian(), random.nextInt());
            case 11:
                return new Range(random.nextLong(), random.nextLong(), random.nextInt(100) + 1);
            case 12:
                return random.ints(random.nextInt(10)).toArray();
            case 13:
                return random.doubles(random.nextInt(10)).toArray();
            case 14:
                return NdArray.of(random.longs(6).toArray(), 3, 2);
            case 15, 16:
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(30); i > 0; i--) {
                    list.add(value(random, depth + 1));
                }
                return list;
            case 17, 18:
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(30); i > 0; i--) {
                    map.put(key(random, 0), value(random, depth + 1));
                }
                return map;
            default:
                Set<Object> set = new LinkedHashSet<>();
                for (int i = random.nextInt(30); i > 0; i--) {
                    set.add(key(random, 0));
                }
                return set;
        }
    }

    private static Object wide(BigInteger value) {
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    private static Object key(Random random, int depth) {
        Instant instant =
                Instant.ofEpochSecond(random.nextInt() * 10L, random.nextInt(1_000_000_000));
        return switch (random.nextInt(depth > 2 ? 11 : 12)) {
            case 0 -> random.nextLong() >> random.nextInt(64);
            case 1 -> text(random);
            case 2 -> new UUID(random.nextLong(), random.nextLong());
            case 3 ->
                    ByteBuffer.wrap(text(random).getBytes(java.nio.charset.StandardCharsets.UTF_8))
                            .asReadOnlyBuffer();
            case 4 -> instant;
            case 5 ->
                    OffsetDateTime.ofInstant(
                            instant, ZoneOffset.ofTotalSeconds(60 * (random.nextInt(2000) - 1000)));
            case 6 ->
                    Instant.ofEpochSecond(1_000_000_000L + random.nextInt(1_000_000_000), 7)
                            .atZone(ZoneId.of(ZONES.get(random.nextInt(ZONES.size()))));
            case 7 -> LocalDate.ofEpochDay(random.nextInt(1_000_000) - 500_000);
            case 8 ->
                    LocalTime.ofNanoOfDay(
                            random.nextInt(86_400) * 1_000_000_000L
                                    + random.nextInt(1_000_000_000));
            case 9 ->
                    LocalDateTime.ofEpochSecond(
                            random.nextInt() * 10L, random.nextInt(1_000_000_000), ZoneOffset.UTC);
            case 10 -> Duration.ofSeconds(random.nextLong(), random.nextInt(1_000_000_000));
            default -> {
                List<Object> parts = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    parts.add(key(random, depth + 1));
                }
                yield parts;
            }
        };
    }

    private static String text(Random random) {
        StringBuilder out = new StringBuilder();
        int most = new int[] {0x7f, 0x7ff, 0xd7ff, 0x10ffff}[random.nextInt(4)];
        for (int i = random.nextInt(random.nextInt(10) == 0 ? 400 : 30); i > 0; i--) {
            int point = random.nextInt(most + 1);
            out.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
        }
        return out.toString();
    }

    @Test
    void values() {
        for (long seed = 0; seed < 4_000; seed++) {
            Object value = value(new Random(seed), 0);
            byte[] payload;
            try {
                payload = Codec.encodeValue(value);
            } catch (ValueException e) {
                // The NaNs of Java are many, of the profile one; anything else must be sendable.
                throw new AssertionError("seed " + seed, e);
            }
            Object back = Codec.decode(payload, Object.class);
            assertEquals(Plain.of(value), Plain.of(back), "seed " + seed);
            assertArrayEquals(payload, Codec.encodeValue(back), "seed " + seed);
            // A skip ends where a decode ends.
            Reader reader = new Reader(payload);
            reader.skip();
            reader.finish();
        }
    }

    @Test
    void everyHalf() {
        for (int bits = 0; bits < 0x10000; bits++) {
            float value = Half.toFloat(bits);
            int back = Half.exact(value);
            assertEquals(value != value ? 0x7e00 : bits, back);
        }
    }

    @Test
    void numbersAtTheEdges() {
        for (int shift = 0; shift < 130; shift++) {
            for (int offset = -2; offset <= 2; offset++) {
                for (int sign : new int[] {1, -1}) {
                    BigInteger value =
                            BigInteger.ONE
                                    .shiftLeft(shift)
                                    .add(BigInteger.valueOf(offset))
                                    .multiply(BigInteger.valueOf(sign));
                    byte[] payload = Codec.encodeValue(value);
                    assertEquals(value, Codec.decode(payload, BigInteger.class));
                    assertEquals(wide(value), Codec.decode(payload, Object.class));
                }
            }
        }
    }
}
