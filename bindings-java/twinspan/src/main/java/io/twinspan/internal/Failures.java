package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.TwinspanException;
import io.twinspan.WireError;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a handler threw, as a failure that crosses. */
final class Failures {
    // The core has the same limits, and holds them against peers; here they keep what is only
    // thrown away from being made.
    static final int MAX_FRAMES = 64;
    private static final int MAX_CHAIN = 16;
    private static final int MAX_FAILURES = 32;
    private static final int MAX_MESSAGE = 16 << 10;
    private static final int MAX_DETAILS = 64 << 10;

    /** Names of nodes that hide what their handlers throw: then it is logged here. */
    private static final Set<String> HIDING = ConcurrentHashMap.newKeySet();

    private Failures() {}

    static void logThoseOf(String node, boolean hides) {
        if (hides) {
            HIDING.add(node);
        } else {
            HIDING.remove(node);
        }
    }

    /** The name under which an exception class crosses. */
    static String name(Class<?> type) {
        WireError registered = type.getAnnotation(WireError.class);
        return registered != null ? registered.value() : type.getName();
    }

    /** The encoded error for what a handler threw. */
    static byte[] encode(Throwable thrown, String node) {
        if (HIDING.contains(node)) {
            Log.warn(
                    "a handler of node {} threw, and its caller learns the type only",
                    node,
                    thrown);
        }
        try {
            return encoded(
                    failure(
                            thrown,
                            node,
                            Collections.newSetFromMap(new IdentityHashMap<>()),
                            0,
                            MAX_FAILURES),
                    node);
        } catch (Throwable broken) {
            // There is no memory, or no stack: what is certain still crosses.
            return encoded(bare(thrown, node), node);
        }
    }

    private static byte[] encoded(Map<String, Object> failure, String node) {
        String text = String.valueOf(failure.get("message"));
        String message = failure.get("type") + (text.isEmpty() ? "" : ": " + text);
        Map<String, Object> error =
                new LinkedHashMap<>(
                        Raise.parts(
                                Kind.REMOTE,
                                Executed.YES,
                                message,
                                Native.explainError(Kind.REMOTE.number())));
        error.put("node", node);
        error.put("failure", failure);
        return Wire.encode(error);
    }

    private static Map<String, Object> bare(Throwable thrown, String node) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("type", name(thrown.getClass()));
        out.put("message", "");
        out.put("language", "java");
        out.put("node", node);
        return out;
    }

    private static Map<String, Object> failure(
            Throwable thrown, String node, Set<Throwable> seen, int depth, int most) {
        seen.add(thrown);
        Map<String, Object> out = bare(thrown, node);
        out.put("message", message(thrown));
        List<String> also = Pairs.also(thrown);
        if (!also.isEmpty()) {
            out.put("also", also);
        }
        List<Map<String, Object>> frames = frames(stack(thrown), Raise.remoteFrames(thrown));
        if (!frames.isEmpty()) {
            out.put("frames", frames);
        }
        byte[] details = details(thrown);
        if (details != null) {
            out.put("details", details);
        }
        Map<String, Object> behind = Raise.failure(thrown);
        Throwable cause = cause(thrown);
        if (behind != null) {
            // The leg behind this one: told as it arrived, so that the caller reads both in one
            // trace.
            out.put("cause", behind);
        } else if (cause != null
                && depth < MAX_CHAIN
                && seen.size() < most
                && !seen.contains(cause)) { // Chains can be circles.
            out.put("cause", failure(cause, node, seen, depth + 1, most));
        }
        // Those of the leg behind are told there.
        int told =
                behind != null && behind.get("suppressed") instanceof List<?> list
                        ? list.size()
                        : 0;
        List<Throwable> all = Arrays.asList(thrown.getSuppressed());
        List<Map<String, Object>> suppressed =
                suppressed(
                        all.subList(Math.min(told, all.size()), all.size()),
                        node,
                        seen,
                        depth + 1,
                        most);
        if (!suppressed.isEmpty()) {
            out.put("suppressed", suppressed);
        }
        return out;
    }

    /** They share what room is left: each may have suppressed many others. */
    private static List<Map<String, Object>> suppressed(
            List<Throwable> all, String node, Set<Throwable> seen, int depth, int most) {
        List<Map<String, Object>> told = new ArrayList<>();
        int kept = depth > MAX_CHAIN ? 0 : Math.min(all.size(), MAX_CHAIN);
        for (int at = 0; at < kept; at++) {
            int share = seen.size() - Math.floorDiv(seen.size() - most, kept - at); // rounded up
            if (seen.size() < share && !seen.contains(all.get(at))) {
                told.add(failure(all.get(at), node, seen, depth, share));
            }
        }
        return told;
    }

    private static StackTraceElement[] stack(Throwable thrown) {
        try {
            return thrown.getStackTrace();
        } catch (Throwable broken) {
            return new StackTraceElement[0];
        }
    }

    private static Throwable cause(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable broken) {
            return null;
        }
    }

    /** Of our own exceptions the first line: the advice is for whoever reads them here. */
    private static String message(Throwable thrown) {
        String message;
        try {
            message = Raise.through(thrown);
            if (message != null) {
                return text(message);
            }
            message = thrown.getMessage();
        } catch (Throwable broken) {
            return "<its text could not be made: " + broken.getClass().getName() + ">";
        }
        if (message == null) {
            return "";
        }
        int end = thrown instanceof TwinspanException ? message.indexOf('\n') : -1;
        return text(end < 0 ? message : message.substring(0, end));
    }

    /**
     * Text that can cross: of a bounded length, and without halves of characters, for which a
     * question mark stands.
     */
    private static String text(String text) {
        String cut = text.length() > MAX_MESSAGE ? text.substring(0, MAX_MESSAGE) + "…" : text;
        return new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** Innermost last, without the frames below the handler, which are ours and the executor's. */
    private static List<Map<String, Object>> frames(StackTraceElement[] stack, int skipped) {
        List<StackTraceElement> kept = new ArrayList<>();
        for (StackTraceElement frame :
                Arrays.asList(stack).subList(Math.min(skipped, stack.length), stack.length)) {
            if (isRunner(frame.getClassName())) {
                break;
            }
            if (!isPlumbing(frame.getClassName())) {
                kept.add(frame);
            }
        }
        // What a handler handed to another executor begins there.
        while (!kept.isEmpty() && isExecutor(kept.get(kept.size() - 1).getClassName())) {
            kept.remove(kept.size() - 1);
        }
        List<Map<String, Object>> frames = new ArrayList<>();
        for (StackTraceElement frame : kept.subList(0, Math.min(kept.size(), MAX_FRAMES))) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("file", frame.getFileName() == null ? "" : text(frame.getFileName()));
            one.put("line", Math.max(frame.getLineNumber(), 0));
            one.put("function", text(frame.getClassName() + "." + frame.getMethodName()));
            frames.add(one);
        }
        Collections.reverse(frames);
        return frames;
    }

    /**
     * Whether the frame runs a handler or completes a future: what lies below it is the library's.
     */
    static boolean isRunner(String className) {
        return className.equals(Invocation.class.getName())
                || className.equals(NodeFuture.class.getName());
    }

    private static boolean isExecutor(String className) {
        return className.startsWith("java.util.concurrent.")
                || className.startsWith("java.lang.Thread")
                || className.startsWith("java.lang.VirtualThread");
    }

    /** Frames that say nothing to a reader: reflection, method handles, proxies and our own. */
    static boolean isPlumbing(String className) {
        return className.startsWith("io.twinspan.internal.")
                || className.startsWith("java.lang.invoke.")
                || className.startsWith("jdk.internal.reflect.")
                || className.startsWith("java.lang.reflect.")
                || className.contains("$Proxy")
                || className.contains("$$Lambda")
                || className.startsWith("io.twinspan.Fn");
    }

    /** The fields of a registered exception; null for any other, and when a field can't cross. */
    private static byte[] details(Throwable thrown) {
        if (!thrown.getClass().isAnnotationPresent(WireError.class)) {
            return null;
        }
        try {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (Class<?> c = thrown.getClass();
                    c.getClassLoader() != null && c != Throwable.class;
                    c = c.getSuperclass()) {
                for (Field field : c.getDeclaredFields()) {
                    if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0
                            && !field.isSynthetic()) {
                        field.setAccessible(true);
                        fields.put(field.getName(), field.get(thrown));
                    }
                }
            }
            if (fields.isEmpty()) {
                return null;
            }
            byte[] encoded = Wire.encode(fields);
            return encoded.length <= MAX_DETAILS ? encoded : null;
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            Log.warn("the fields of {} can't cross: {}", thrown.getClass().getName(), e.toString());
            return null;
        }
    }
}
