package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;

import io.twinspan.tests.Json;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What a hostile peer may send, as Rust and Python read it too, and the limits of each input. */
public final class HostileInputs {
    private static final long MOST_NANOS = 10_000_000;
    private static final long MOST_BYTES = 1_000_000;

    /** A busy machine disturbs a run now and then: the best one counts. */
    private static final int RUNS = 10;

    private HostileInputs() {}

    /**
     * Answers one part of the list.
     *
     * @param part {@code values}, {@code objects} or {@code failures}
     * @return its rows
     */
    public static List<?> part(String part) throws IOException {
        Path file = Path.of("../../tests/hostile/inputs.json");
        return (List<?>) ((Map<?, ?>) Json.read(Files.readString(file))).get(part);
    }

    /**
     * Answers the bytes of a row: pieces of hexadecimal text behind each other, {@code 81*900} is
     * 900 times 81.
     */
    public static byte[] bytes(Map<?, ?> row) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String piece : ((String) row.get("bytes")).split(" ")) {
            int star = piece.indexOf('*');
            byte[] once = HexFormat.of().parseHex(star < 0 ? piece : piece.substring(0, star));
            int times = star < 0 ? 1 : Integer.parseInt(piece.substring(star + 1));
            for (int i = 0; i < times; i++) {
                out.writeBytes(once);
            }
        }
        return out.toByteArray();
    }

    /** Runs it once to warm up, and then for the clock and for the memory of this thread. */
    public static void withinLimits(String what, Runnable attempt) {
        attempt.run();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long fastest = Long.MAX_VALUE;
        long least = Long.MAX_VALUE;
        for (int run = 0; run < RUNS; run++) {
            long allocated = threads.getThreadAllocatedBytes(thread);
            long begun = System.nanoTime();
            attempt.run();
            fastest = Math.min(fastest, System.nanoTime() - begun);
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - allocated);
        }
        assertTrue(fastest <= MOST_NANOS, what + " took " + fastest + " ns");
        assertTrue(least <= MOST_BYTES, what + " allocated " + least + " bytes");
    }
}
