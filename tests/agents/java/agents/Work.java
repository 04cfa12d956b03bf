package agents;

import io.twinspan.Args;
import io.twinspan.CallContext;
import io.twinspan.Default;
import io.twinspan.Idempotent;
import io.twinspan.NdArray;
import io.twinspan.Node;
import io.twinspan.NodeRef;
import io.twinspan.ServiceRef;
import io.twinspan.tests.Json;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The service that the Java agent offers; agents/python/work.py is the same in Python. */
public final class Work {
    static final ConcurrentHashMap<String, CountDownLatch> GATES = new ConcurrentHashMap<>();
    static final ConcurrentHashMap<String, Integer> COUNTS = new ConcurrentHashMap<>();

    private volatile Node node;

    static CountDownLatch gate(String key) {
        return GATES.computeIfAbsent(key, k -> new CountDownLatch(1));
    }

    /** Waits until the driver releases the key. */
    static void open(String key) {
        try {
            gate(key).await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void joined(Node joined) {
        node = joined;
    }

    public Object echo(@io.twinspan.Nullable Object value) {
        return value;
    }

    public String tell(@io.twinspan.Nullable Object value) throws ReflectiveOperationException {
        return Json.write(Literals.of(value));
    }

    public long add(long a, @Default("1") long b, @Default("1") long scale) {
        return (a + b) * scale;
    }

    public String who() {
        return node == null ? "" : node.name();
    }

    // Typed

    public NdArray numbers(NdArray value) {
        return value;
    }

    public double[] plain(double[] value) {
        return value;
    }

    public ByteBuffer view(ByteBuffer value) {
        return value;
    }

    public Types.Order order(Types.Order order) {
        return order;
    }

    public String describe(Types.Order order) throws ReflectiveOperationException {
        return Json.write(Literals.of(order));
    }

    public Instant instant(Instant value) {
        return value;
    }

    public OffsetDateTime stamped(OffsetDateTime value) {
        return value;
    }

    public ZonedDateTime zoned(ZonedDateTime value) {
        return value;
    }

    public LocalDateTime local(LocalDateTime value) {
        return value;
    }

    public LocalTime time(LocalTime value) {
        return value;
    }

    public Duration duration(Duration value) {
        return value;
    }

    public Types.Color color(Types.Color value) {
        return value;
    }

    public double[] doubles(double[] value) {
        return Arrays.stream(value).map(x -> x * 2).toArray();
    }

    public int small(int value) {
        return value;
    }

    // Errors

    public void refuse(String order, double score) throws Types.FraudRejected {
        throw new Types.FraudRejected(order, score);
    }

    public void fraud(String order, double score) throws Types.FraudRejected {
        throw new Types.FraudRejected(order, score);
    }

    public void value(String text) {
        throw new IllegalArgumentException(text);
    }

    public void key(String key) {
        throw new NoSuchElementException(key);
    }

    public void chain(String text) {
        try {
            value(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("outer " + text, e);
        }
    }

    public Object uncrossable() {
        return new Thread("never started");
    }

    // Nested calls

    public List<Object> relay(List<String> path) {
        CallContext context = CallContext.current().orElseThrow();
        Map<String, Object> here = new LinkedHashMap<>();
        here.put("name", who());
        here.put("language", "java");
        here.put("caller", context.caller());
        here.put("caller_language", context.language());
        here.put("depth", (long) context.depth());
        here.put("remaining", context.remaining().toNanos() / 1e9);
        List<Object> all = new ArrayList<>(List.of(here));
        if (!path.isEmpty()) {
            List<?> rest =
                    node.call(path.get(0) + ".relay", Args.of(path.subList(1, path.size())))
                            .as(List.class);
            all.addAll(rest);
        }
        return all;
    }

    public Object ask(String service, String method, @io.twinspan.Nullable Object argument) {
        return node.call(service + "." + method, Args.of(argument)).as(Object.class);
    }

    public Object wait(String service, long ms, String key) {
        return node.call(service + ".slow", ms, key).as(Object.class);
    }

    // References

    public int through(ServiceRef service, int value) {
        return here().client(service, Types.Face.class).small(value);
    }

    public CompletableFuture<Integer> throughLater(ServiceRef service, int value) {
        return here().call(service, "small", Args.of(value)).async(Integer.class);
    }

    public List<Object> throughAny(Object service, int value) throws ReflectiveOperationException {
        String who = here().client((ServiceRef) service, Types.Face.class).who();
        return List.of(((Map<?, ?>) Literals.of(service)).get("v"), who, value);
    }

    public int handOn(ServiceRef to, ServiceRef service, int value) {
        return here().client(to, Types.Face.class).through(service, value);
    }

    public String where(NodeRef reference) {
        return here().member(reference).language();
    }

    public Object given() {
        return here().client("work." + who(), Types.Face.class);
    }

    private static Node here() {
        return CallContext.current().orElseThrow().node();
    }

    // Time

    public String slow(long ms, String key) throws InterruptedException {
        CallContext context = CallContext.current().orElseThrow();
        Agent.event("entered", key, who());
        long until = System.nanoTime() + ms * 1_000_000;
        while (System.nanoTime() < until) {
            if (context.cancelled()) {
                Agent.event("cancelled", key, who());
                // Whoever gave up has done so before an answer can come.
                Thread.sleep(500);
                return "cancelled";
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException cancelled) {
                // The cancel interrupts; the next look sees it.
                continue;
            }
        }
        Agent.event("ended", key, who());
        return "done";
    }

    public CompletableFuture<String> later(long ms) {
        return CompletableFuture.supplyAsync(
                () -> "later", CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS));
    }

    /** A handler that is told of the cancel, without looking for it. */
    public String sleepy(String key) throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        CallContext.current().orElseThrow().onCancel(told::countDown);
        Agent.event("entered", key, who());
        try {
            Thread.sleep(30_000);
        } catch (InterruptedException interrupted) {
            // Told twice: by the interrupt, and by the hook.
            if (told.await(3, TimeUnit.SECONDS)) {
                Agent.event("cancelled", key, who());
            }
        }
        return "slept";
    }

    public String hold(String key) throws InterruptedException {
        COUNTS.merge(key, 1, Integer::sum);
        Agent.event("entered", key, who());
        gate(key).await(30, TimeUnit.SECONDS);
        return who();
    }

    @Idempotent
    public String lookup(String key) throws InterruptedException {
        return hold(key);
    }

    public long pid() {
        return ProcessHandle.current().pid();
    }

    // Bodies

    public byte[] blob(byte[] value) {
        return value;
    }

    public List<Object> digest(byte[] value) throws GeneralSecurityException {
        return List.of(
                (long) value.length,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value)));
    }

    public byte[] make(int size) {
        byte[] out = new byte[size];
        for (int i = 0; i < size; i++) {
            out[i] = (byte) i;
        }
        return out;
    }
}
