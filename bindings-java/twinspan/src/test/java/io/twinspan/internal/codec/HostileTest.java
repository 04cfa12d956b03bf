package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.TypeRef;

import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What a hostile peer may send is refused quickly, and costs no more memory than it has bytes. */
class HostileTest {
    private static final long MOST_NANOS = 10_000_000;
    private static final long MOST_BYTES = 1 << 20;

    private static final List<Type> TYPES =
            List.of(
                    Object.class,
                    new TypeRef<List<List<List<int[]>>>>() {}.type(),
                    int[].class,
                    double[][].class,
                    String[].class,
                    new TypeRef<Map<String, Map<Integer, Object>>>() {}.type(),
                    new TypeRef<Set<Long>>() {}.type(),
                    RecordsTest.Order.class,
                    RecordsTest.Payment.class,
                    RecordsTest.Deep.class);

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] repeat(String start, String unit, int times) {
        return hex(start + unit.repeat(times));
    }

    private static void refusedCheaply(String what, byte[] payload) {
        for (Type type : TYPES) {
            long least = Long.MAX_VALUE;
            long bytes = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                long memory = allocated();
                long start = threads().getCurrentThreadCpuTime();
                assertThrows(ValueException.class, () -> Codec.decode(payload, type), what);
                least = Math.min(least, threads().getCurrentThreadCpuTime() - start);
                bytes = Math.min(bytes, allocated() - memory);
            }
            assertTrue(least < MOST_NANOS, what + " took " + least + " ns as " + type);
            assertTrue(bytes <= MOST_BYTES, what + " allocated " + bytes + " bytes as " + type);
        }
    }

    /** A value of this side's own that has no form: told as quickly. */
    private static void unsendable(String what, Object value) {
        long least = Long.MAX_VALUE;
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long memory = allocated();
            long start = threads().getCurrentThreadCpuTime();
            assertThrows(ValueException.class, () -> Codec.payload(value), what);
            least = Math.min(least, threads().getCurrentThreadCpuTime() - start);
            bytes = Math.min(bytes, allocated() - memory);
        }
        assertTrue(least < MOST_NANOS, what + " took " + least + " ns");
        assertTrue(bytes <= MOST_BYTES, what + " allocated " + bytes + " bytes");
    }

    private static com.sun.management.ThreadMXBean threads() {
        return (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    }

    private static long allocated() {
        return threads().getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    @Test
    void lengthsThatLie() {
        refusedCheaply("array of 2^64", hex("9bffffffffffffffff"));
        refusedCheaply("array of 2^31", hex("9a80000000"));
        refusedCheaply("map of 2^63", hex("bb7fffffffffffffff"));
        refusedCheaply("text of 2^63", hex("7b7fffffffffffffff"));
        refusedCheaply("bytes of 2^32", hex("5b0000000100000000"));
        refusedCheaply("bignum", hex("c25a10000000"));
        refusedCheaply("shapes", hex("da54570001829bffffffffffffffff"));
        refusedCheaply("fields of a shape", hex("da5457000182819a7fffffff"));
        refusedCheaply("dimensions", hex("d828829bffffffffffffffff"));
        // Each header claims all that follows it, and stands inside of another one.
        byte[] nested = new byte[1 << 20];
        for (int i = 0; i < 64; i++) {
            nested[i * 5] = (byte) 0x9a;
            int rest = nested.length - (i + 1) * 5;
            for (int j = 0; j < 4; j++) {
                nested[i * 5 + 1 + j] = (byte) (rest >>> 24 - 8 * j);
            }
        }
        Arrays.fill(nested, 320, nested.length, (byte) 0xff);
        refusedCheaply("nested headers", nested);
    }

    @Test
    void depth() {
        refusedCheaply("arrays", repeat("", "81", 100_000));
        refusedCheaply("maps", repeat("", "a100", 100_000));
        refusedCheaply("maps as keys", repeat("", "a1", 100_000));
        refusedCheaply("arrays as keys", repeat("a1", "81", 100_000));
        refusedCheaply("tags", repeat("", "c4", 100_000));
        refusedCheaply("unknown tags", repeat("", "d9ffff", 100_000));
        refusedCheaply("decimals in arrays", repeat("", "c481", 100_000));
        refusedCheaply("sets", repeat("", "d9010281", 100_000));
        refusedCheaply("registered records", repeat("", "da5457000382616181", 50_000));
        // Unknown fields are skipped, which must be bounded as well.
        refusedCheaply("skipped", repeat("a16178", "c481", 100_000));
        refusedCheaply("skipped arrays", repeat("a16178", "81", 100_000));
    }

    @Test
    void bignums() {
        refusedCheaply("longer than allowed", repeat("c2591001", "ff", 4097));
        refusedCheaply("leading zero", repeat("c2591000", "00", 4096));
        refusedCheaply("shorter than needed", hex("c248ffffffffffffffff"));
        refusedCheaply("as an exponent", repeat("c482c2591000", "ff", 4096));
        // Many of the longest, and then something wrong: what was read before is bounded by what
        // came.
        refusedCheaply("many, then an end", repeat("9864", "c2591000" + "ff".repeat(4096), 30));
        refusedCheaply("exponent of 2^31", hex("c4821a8000000001"));
        refusedCheaply("exponent of -2^31", hex("c4823a7fffffff01"));
    }

    @Test
    void texts() {
        refusedCheaply("lone byte", hex("61ff"));
        refusedCheaply("overlong", hex("62c080"));
        refusedCheaply("surrogate", hex("63eda080"));
        refusedCheaply("beyond Unicode", hex("64f4908080"));
        refusedCheaply("cut off", hex("62e282"));
        refusedCheaply("at the end of a long one", hex("7a00010000" + "61".repeat(65535) + "ff"));
        refusedCheaply("as a key", hex("a161ff01"));
        refusedCheaply("as a field", hex("da545700018281" + "8161ff" + "da545700028200" + "01"));
        refusedCheaply("as a zone", hex("da5457001183d903e9a10100" + "00" + "61ff"));
    }

    @Test
    void duplicates() {
        refusedCheaply("keys", hex("a2616101616102"));
        refusedCheaply("whole keys", hex("a2010101" + "02"));
        refusedCheaply("keys that are lists", hex("a2810101810102"));
        refusedCheaply("elements", hex("d90102820101"));
        refusedCheaply("fields of a shape", hex("da5457000182818261616161da5457000283000102"));
        refusedCheaply("far apart", hex("b9ffff" + "616101".repeat(20_000)));
        refusedCheaply("unsorted elements", hex("d90102820201"));
    }

    @Test
    void shapesAndArrays() {
        refusedCheaply(
                "product beyond all", hex("d82882821b00000001000000001b0000000100000000d85640"));
        refusedCheaply("half an element", hex("d8564100"));
        refusedCheaply("no such shape", hex("da5457000182818161" + "61da545700028205" + "01"));
        refusedCheaply("too few values", hex("da54570001828182616161" + "62da545700028200" + "01"));
        refusedCheaply("a shape table inside", hex("81da54570001828181616101"));
        refusedCheaply("indefinite", hex("9fff"));
        refusedCheaply("a table of nothing", hex("da54570031" + "01"));
        refusedCheaply("a date of 2^63", hex("d8641b7fffffffffffffff"));
        refusedCheaply("seconds of 2^63", hex("d903e9a1011b7fffffffffffffff"));
    }

    /** A class of this side that contains itself. */
    static final class Chain {
        private Chain next;
        private List<Chain> more;
    }

    @Test
    void whatContainsItself() {
        List<Object> list = new java.util.ArrayList<>();
        list.add(list);
        unsendable("a list in itself", list);
        List<Object> wide = new java.util.ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            wide.add(wide);
        }
        unsendable("a list a thousand times in itself", wide);
        Map<String, Object> map = new java.util.HashMap<>();
        map.put("me", map);
        unsendable("a map in itself", map);
        Chain chain = new Chain();
        chain.next = chain;
        unsendable("an object in itself", chain);
        Chain around = new Chain();
        around.more = List.of(new Chain(), around);
        unsendable("an object in its list", around);
        Object[] array = new Object[1];
        array[0] = array;
        unsendable("an array in itself", array);
        unsendable("an array as its own key", Map.of(array, 1));
        unsendable("a lone surrogate", "\ud800".repeat(1000));
        unsendable("a huge integer", java.math.BigInteger.ONE.shiftLeft(100_000));
    }

    @Test
    void collidingKeys() {
        // [a, b] and [a + 1, b - 31] have one hash code as Java lists.
        Writer writer = new Writer();
        int count = 20_000;
        writer.map(count);
        for (int i = 0; i < count; i++) {
            writer.array(2);
            writer.integer(i);
            writer.integer(1_000_000 - 31L * i);
            writer.nothing();
        }
        byte[] payload = writer.payload();
        ValueException e =
                assertThrows(ValueException.class, () -> Codec.decode(payload, Object.class));
        assertTrue(e.problem().contains("hash code"), e.problem());
    }

    @Test
    void longNumbersAreNotPrinted() {
        byte[] payload = repeat("c2591000", "ff", 4096);
        ValueException e =
                assertThrows(ValueException.class, () -> Codec.decode(payload, int.class));
        assertTrue(e.getMessage().length() < 200);
    }

    /** Whatever the bytes are, the answer is a value or a refusal, never another exception. */
    @Test
    void randomBytes() {
        Random random = new Random(Long.getLong("twinspan.seed", 42));
        byte[][] seeds = {
            Codec.encodeValue(
                    new RecordsTest.Order(
                            "o",
                            List.of(new RecordsTest.Item("a", 1)),
                            new java.math.BigDecimal("1.5"))),
            Codec.encodeValue(
                    List.of(
                            Map.of("a", Set.of(1, 2)),
                            new int[] {1, 2},
                            java.time.Instant.now(),
                            new RecordsTest.Cash(5))),
            Codec.encodeValue(
                    java.time.ZonedDateTime.of(
                            2026, 10, 25, 2, 30, 0, 5, java.time.ZoneId.of("Europe/Berlin"))),
        };
        int refused = 0;
        int rounds = Integer.getInteger("twinspan.fuzz", 60_000);
        for (int i = 0; i < rounds; i++) {
            byte[] payload = seeds[i % seeds.length].clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            if (i % 5 == 0) {
                payload = Arrays.copyOf(payload, random.nextInt(payload.length));
            }
            try {
                Codec.decode(payload, TYPES.get(random.nextInt(TYPES.size())));
            } catch (ValueException e) {
                assertNotNull(e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > rounds / 2);
    }
}
