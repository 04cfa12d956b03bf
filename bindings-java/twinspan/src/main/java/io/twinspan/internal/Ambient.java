package io.twinspan.internal;

import io.twinspan.Kind;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the calls of a thread inherit: the invocation that it works for, and what scopes set on top.
 * Immutable, so that other threads can work with it too.
 */
public final class Ambient {
    private static final Pattern TRACEPARENT =
            Pattern.compile(
                    "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private static final Ambient NOTHING = new Ambient(null, null, null, null);

    private final Running running;
    private final Map<String, String> baggage;
    private final String traceparent;
    private final Options options;

    /** Made at the first call; two threads may both make it. */
    private byte[] encoded;

    private Ambient(
            Running running, Map<String, String> baggage, String traceparent, Options options) {
        this.running = running;
        this.baggage = baggage;
        this.traceparent = traceparent;
        this.options = options;
    }

    /** What a handler begins with: all of it comes with its call. */
    static Ambient of(Running running) {
        return new Ambient(running, null, null, null);
    }

    /**
     * Answers what the current thread has.
     *
     * @return never null
     */
    public static Ambient now() {
        Ambient known = Current.get();
        return known == null ? NOTHING : known;
    }

    /**
     * Answers the invocation.
     *
     * @return null outside a handler
     */
    public Running running() {
        return running;
    }

    /**
     * Adds to the baggage.
     *
     * @param more by key
     * @return a copy with the old baggage and the new
     */
    public Ambient withBaggage(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(baggage());
        all.putAll(more);
        return new Ambient(running, Collections.unmodifiableMap(all), traceparent, options);
    }

    /**
     * Replaces the trace.
     *
     * @param text a W3C traceparent
     * @return a copy with it
     */
    public Ambient withTraceparent(String text) {
        if (!TRACEPARENT.matcher(text).matches()) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "`" + text + "` is no traceparent",
                    "Write version-trace-span-flags in lower hexadecimal digits, as W3C Trace"
                            + " Context says.");
        }
        return new Ambient(running, baggage, text, options);
    }

    /**
     * Adds options for calls.
     *
     * @param more win over those set before
     * @return a copy with them
     */
    public Ambient withOptions(Options more) {
        return new Ambient(
                running, baggage, traceparent, options == null ? more : more.over(options));
    }

    /**
     * Answers the baggage that a call would carry.
     *
     * @return that of the innermost scope, else that of the invocation
     */
    public Map<String, String> baggage() {
        return baggage != null ? baggage : running != null ? running.baggage() : Map.of();
    }

    /**
     * Answers the trace to which a call would belong.
     *
     * @return null where a call would begin one
     */
    public String traceparent() {
        return traceparent != null ? traceparent : running != null ? running.traceparent() : null;
    }

    /** Options for every call, or null for none. */
    Options options() {
        return options;
    }

    /** For a thread that may outlive the invocation: what comes from it is asked for now. */
    Ambient kept() {
        if (running != null) {
            running.remember();
        }
        return this;
    }

    /** The encoded context of a call; null, which costs least, when the invocation says it all. */
    byte[] encoded() {
        boolean over = running != null && running.ended();
        if (baggage == null && traceparent == null && !over) {
            return null;
        }
        byte[] known = encoded;
        if (known == null || over) {
            Map<String, Object> out = new LinkedHashMap<>();
            Map<String, String> carried = over ? baggage() : baggage;
            String trace = over ? traceparent() : traceparent;
            if (carried != null) {
                out.put("baggage", carried);
            }
            if (trace != null && !trace.isEmpty()) {
                out.put("traceparent", trace);
            }
            known = Wire.encode(out);
            encoded = known;
        }
        return known;
    }
}
