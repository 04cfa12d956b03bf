package io.twinspan.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;

import io.twinspan.Kind;
import io.twinspan.RemoteCallException;
import io.twinspan.RemoteCancelledException;
import io.twinspan.internal.codec.HostileInputs;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/** Failures that no library of ours would send, fed as the core would hand them out. */
class HostileFailureTest {
    private static Map<String, Object> failure(Object... parts) {
        Map<String, Object> failure = new LinkedHashMap<>();
        failure.put("type", "x.Y");
        failure.put("message", "m");
        failure.put("language", "python");
        failure.put("node", "n");
        for (int at = 0; at < parts.length; at += 2) {
            failure.put((String) parts[at], parts[at + 1]);
        }
        return failure;
    }

    private static Map<String, Object> frame(String file, Object line, String function) {
        return Map.of("file", file, "line", line, "function", function);
    }

    private static byte[] encoded(Map<String, Object> failure) {
        return Wire.encode(
                Map.of("kind", Kind.REMOTE.number(), "executed", "yes", "failure", failure));
    }

    private static RemoteCallException decoded(Map<String, Object> failure) {
        return (RemoteCallException) Raise.decode(encoded(failure));
    }

    @Test
    void oddFramesAreShownAsTheyCan() {
        List<Object> frames =
                List.of(
                        frame("", 0L, ""),
                        frame("/etc/hostname", -1L, "f"),
                        frame("a.py", 1L << 31, "..."),
                        frame("..", 1L << 40, "a..b"),
                        "no frame");
        StackTraceElement[] stack = decoded(failure("frames", frames)).getStackTrace();
        for (StackTraceElement element : List.of(stack).subList(0, 4)) {
            assertTrue(element.getLineNumber() <= 1 << 24, element::toString);
            assertFalse(element.toString().contains("/etc"), element::toString);
        }
    }

    @Test
    void whatIsTooMuchIsCut() {
        List<Object> frames = new ArrayList<>();
        for (int at = 0; at < 1000; at++) {
            frames.add(frame("a.py", (long) at, "f"));
        }
        Map<String, Object> failure = failure("frames", frames);
        for (int at = 0; at < 25; at++) {
            failure = failure("frames", frames, "cause", failure);
        }
        Throwable thrown = decoded(failure);
        assertEquals(
                64,
                List.of(thrown.getStackTrace()).stream()
                        .filter(element -> "a.py".equals(element.getFileName()))
                        .count());
        int depth = 0;
        for (; thrown.getCause() != null; thrown = thrown.getCause()) {
            depth++;
        }
        assertEquals(16, depth);
    }

    private static String printed(Throwable thrown) {
        StringWriter out = new StringWriter();
        thrown.printStackTrace(new PrintWriter(out, true));
        return out.toString();
    }

    @TestFactory
    Stream<DynamicTest> theList() throws Exception {
        List<Map<?, ?>> rows = new ArrayList<>();
        HostileInputs.part("failures").forEach(row -> rows.add((Map<?, ?>) row));
        rows.removeIf(row -> row.containsKey("core"));
        assertTrue(rows.size() >= 8);
        return rows.stream()
                .map(row -> DynamicTest.dynamicTest((String) row.get("name"), () -> ofList(row)));
    }

    /** Made, asked and printed within the limits. */
    private static void ofList(Map<?, ?> row) {
        byte[] body = HostileInputs.bytes(row);
        HostileInputs.withinLimits(
                (String) row.get("name"),
                () -> {
                    RemoteCallException thrown = (RemoteCallException) Raise.decode(body);
                    thrown.details();
                    thrown.is("builtins.ValueError");
                    printed(thrown);
                });
        RemoteCallException thrown = (RemoteCallException) Raise.decode(body);
        String text = printed(thrown);
        assertTrue(text.length() < 64 << 10, text);
        if (row.get("lacks") instanceof List<?> lacks) {
            lacks.forEach(part -> assertFalse(text.contains((String) part), text));
        }
        List<StackTraceElement> remote =
                List.of(thrown.getStackTrace()).subList(0, Raise.remoteFrames(thrown));
        for (StackTraceElement frame : remote) {
            assertTrue(frame.getLineNumber() <= 1 << 24, frame::toString);
            assertFalse(String.valueOf(frame.getFileName()).contains("/"), frame::toString);
        }
        if (row.get("line") instanceof Long line) {
            assertEquals(line, remote.get(0).getLineNumber());
        }
        if (row.get("frames") instanceof Long frames) {
            assertEquals(frames, remote.size());
        }
        if (row.get("causes") instanceof Long causes) {
            assertEquals(causes, text.split("Caused by", -1).length - 1);
        }
    }

    @Test
    void theWorstIsQuickAndSmall() {
        // What the core lets through at most: 32 failures, 64 + 64 + 64 + 64 + 4 + 4 … frames.
        List<Object> frames = new ArrayList<>();
        for (int at = 0; at < 64; at++) {
            frames.add(frame("file" + at + ".py", (long) at, "function" + at));
        }
        Map<String, Object> failure = null;
        for (int at = 0; at < 16; at++) {
            failure = failure("message", "\ud83d\ude00".repeat(1000), "cause", failure);
            failure.put("frames", at > 11 ? frames : frames.subList(0, 4));
            failure.values().removeIf(part -> part == null);
        }
        byte[] bytes = encoded(failure);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long fastest = Long.MAX_VALUE;
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long allocated = threads.getThreadAllocatedBytes(thread);
            long begun = System.nanoTime();
            Raise.decode(bytes);
            fastest = Math.min(fastest, System.nanoTime() - begun);
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - allocated);
        }
        assertTrue(fastest < 10_000_000, "ns: " + fastest);
        assertTrue(least < 1 << 20, "bytes: " + least);
    }

    @Test
    void fieldsThatAreNone() {
        for (byte[] details : new byte[][] {{-1, -1}, {1}, {}, {(byte) 0xbf}}) {
            RemoteCallException thrown =
                    decoded(
                            failure(
                                    "type",
                                    "java.lang.IllegalArgumentException",
                                    "details",
                                    details));
            assertEquals(Map.of(), thrown.details());
            assertEquals("m", thrown.as(IllegalArgumentException.class).orElseThrow().getMessage());
        }
    }

    @Test
    void aHandlerThatWasCancelled() {
        for (String name :
                List.of(
                        "asyncio.CancelledError",
                        "concurrent.futures.CancelledError",
                        "java.util.concurrent.CancellationException",
                        "twinspan.RemoteCancelled")) {
            RemoteCallException thrown = decoded(failure("type", name));
            assertTrue(thrown instanceof RemoteCancelledException, name);
            assertEquals(
                    !name.startsWith("twinspan"), thrown.is(CancellationException.class), name);
        }
        assertFalse(decoded(failure()) instanceof RemoteCancelledException);
    }

    @Test
    void notesAreInTheTrace() {
        RemoteCallException thrown = decoded(failure("notes", List.of("look here")));
        assertTrue(thrown.toString().endsWith("\nNote: look here"), thrown::toString);
    }
}
