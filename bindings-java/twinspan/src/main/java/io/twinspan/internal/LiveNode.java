package io.twinspan.internal;

import io.twinspan.Executed;
import io.twinspan.Kind;
import io.twinspan.internal.codec.Body;

import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * A node behind its public face: its handle, its lane and pump, its executor, and what it serves.
 */
public final class LiveNode {
    /** The library's only one: each has a thread. */
    static final Cleaner CLEANER = Cleaner.create();

    private static final long PUMP_END_MILLIS = 1_000;

    /** A JVM that exits waits for running handlers at most this long. */
    private static final Duration EXIT_DRAIN = Duration.ofSeconds(10);

    private final Lane lane;
    private final Hosted hosted = new Hosted();
    private final Function<Running, Object> contexts;
    private final ConcurrentHashMap<Long, Running> running = new ConcurrentHashMap<>();
    private final PreparedMethods prepared = new PreparedMethods();

    /** Contracts that were compared, see {@link ContractCheck}. */
    final Set<String> checked = ConcurrentHashMap.newKeySet();

    private final Interception interception = new Interception();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile WeakReference<Object> face = new WeakReference<>(null);
    private final CompletableFuture<Void> left = new CompletableFuture<>();
    private final List<Runnable> owned = new ArrayList<>();
    private final List<Runnable> onStop;
    private volatile Executor handlers;
    private volatile Executor continuations;
    private volatile boolean guarded;
    private long handle;
    private Map<String, Object> joined;
    private Thread exitHook;
    private Thread pump;

    private LiveNode(Function<Running, Object> contexts, List<Runnable> onStop) {
        this.contexts = contexts;
        this.onStop = List.copyOf(onStop);
        lane = new Lane();
    }

    /**
     * Joins a cluster. The node is not visible until {@link #serve}.
     *
     * @param settings keys of the encoded join
     * @param app name and version
     * @param offers the services
     * @param records registered classes that the App names
     * @param executor runs handlers and continuations; null for the node's own
     * @param contexts makes the public context of an invocation
     * @param onStop run after the node left
     * @return the node
     */
    public static LiveNode join(
            Map<String, Object> settings,
            Map<String, Object> app,
            List<Offer> offers,
            Map<String, Class<?>> records,
            Executor executor,
            Function<Running, Object> contexts,
            List<Runnable> onStop) {
        LiveNode node = new LiveNode(contexts, onStop);
        node.know(records);
        node.hosted.add(offers);
        Map<String, Object> spec = new LinkedHashMap<>(settings);
        Map<String, Object> encoded = new LinkedHashMap<>(app);
        encoded.put("services", offers.stream().map(Offer::encoded).toList());
        spec.put("app", encoded);
        spec.put("language", "java");
        spec.put("lane", node.lane.id);
        node.pump = Pump.start(node.lane, node.new Handlers(), String.valueOf(app.get("name")));
        try {
            node.joined =
                    Wire.map(
                            node.operate(
                                    Native.JOIN, Wire.encode(spec), "the join was interrupted"));
        } catch (Throwable e) {
            node.lane.close();
            throw e;
        }
        node.handle = ((Number) node.joined.get("node")).longValue();
        Failures.logThoseOf(node.name(), Boolean.TRUE.equals(node.joined.get("hides_errors")));
        node.executors(executor);
        node.leaveAtExit();
        return node;
    }

    private void executors(Executor given) {
        if (given != null) {
            handlers = given;
            continuations = given;
            guarded = true;
            return;
        }
        String name = "twinspan-" + name();
        ExecutorService virtual = Threads.virtual(name);
        if (virtual != null) {
            owned.add(virtual::shutdown);
            handlers = virtual;
            continuations = virtual;
            return;
        }
        int most = ((Number) joined.get("max_threads")).intValue();
        // The core's permits bound the handlers. A bound of ours below theirs would dead-lock
        // handlers that call one another.
        Pool work = new Pool(name, Integer.MAX_VALUE);
        // Apart from the handlers: a handler that waits for a future must not keep the future from
        // being completed.
        Pool rest = new Pool(name + "-completion", most);
        owned.add(work::close);
        owned.add(rest::close);
        handlers = work;
        continuations = rest;
    }

    /**
     * Names registered classes for receivers without a declared type.
     *
     * @param records by their names
     */
    public void know(Map<String, Class<?>> records) {
        hosted.name(records);
    }

    Hosted hosted() {
        return hosted;
    }

    /** Makes the services visible. */
    public void serve() {
        operate(Native.SERVE, new byte[0], "the join was interrupted");
    }

    /**
     * Answers what stands before its handlers: nothing, but for tests.
     *
     * @return always the same
     */
    public Interception interception() {
        return interception;
    }

    /**
     * Offers more, on a node that is alone. A method that is offered already is replaced.
     *
     * @param offers the services
     */
    public synchronized void offer(List<Offer> offers) {
        // First: calls may come as soon as it is offered.
        int more = hosted.add(offers);
        List<Map<String, Object>> services = offers.stream().map(Offer::encoded).toList();
        Map<String, Object> spec = Map.of("app", Map.of("services", services), "lane", lane.id);
        try {
            operate(Native.OFFER, Wire.encode(spec), "offering was interrupted");
        } catch (RuntimeException e) {
            hosted.remove(more);
            throw e;
        }
    }

    /**
     * Waits for providers of a service.
     *
     * @param service the service
     * @param count how many providers
     * @param timeout how long
     */
    public void waitFor(String service, int count, Duration timeout) {
        Map<String, Object> wanted =
                Map.of("service", service, "count", count, "timeout_ms", millis(timeout));
        operate(
                Native.WAIT_FOR,
                Wire.encode(wanted),
                "waiting for `" + service + "` was interrupted");
    }

    /**
     * Stops new invocations and waits for the running ones.
     *
     * @param timeout how long
     */
    public void drain(Duration timeout) {
        operate(
                Native.DRAIN,
                Wire.encode(Map.of("timeout_ms", millis(timeout))),
                "draining was interrupted");
    }

    /**
     * Stops new invocations, waits for the running ones and leaves the cluster. A second call does
     * nothing.
     *
     * @param drain how long running invocations may take
     */
    public void leave(Duration drain) {
        if (!closed.compareAndSet(false, true)) {
            if (Thread.currentThread() == exitHook) {
                awaitCloser();
            }
            return;
        }
        try {
            if (!drain.isZero()) {
                drain(drain);
            }
        } catch (RuntimeException e) {
            Log.warn("node {} leaves with calls under way: {}", name(), e.getMessage());
        }
        try {
            closeCore();
        } finally {
            lane.close();
            awaitPump();
            owned.forEach(Runnable::run);
            if (exitHook != Thread.currentThread()) {
                forgetExit();
            }
            onStop.forEach(LiveNode::stop);
            left.complete(null);
        }
    }

    /** Not ended by an interrupt: a node that is half closed can't be closed again. */
    private void closeCore() {
        Waiter waiter = new Waiter();
        long token = lane.enter(waiter);
        try {
            Native.submit(Native.CLOSE, handle, Wire.encode(Map.of("timeout_ms", 0L)), token);
            waiter.awaitThrough();
        } catch (NativeException e) {
            lane.forget(token);
            throw Raise.from(e);
        }
    }

    /** The JVM ends with its hooks: another thread that is closing the node must get to its end. */
    private void awaitCloser() {
        try {
            left.get(EXIT_DRAIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            Log.warn("the JVM exits while node {} is being closed", name());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** After close nothing of the node runs: a container may discard its classes. */
    private void awaitPump() {
        try {
            pump.join(PUMP_END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Answers when the node left the cluster.
     *
     * @return completed then
     */
    public CompletableFuture<Void> left() {
        return left.copy();
    }

    private static void stop(Runnable hook) {
        try {
            hook.run();
        } catch (RuntimeException e) {
            Log.warn("an onStop hook failed: {}", e.toString());
        }
    }

    /** An exit without close leaves as well, so that the peers need not find out by silence. */
    private void leaveAtExit() {
        exitHook = new Thread(() -> leave(EXIT_DRAIN), "twinspan-exit");
        try {
            Runtime.getRuntime().addShutdownHook(exitHook);
        } catch (IllegalStateException e) {
            exitHook = null; // The JVM exits already.
        }
    }

    private void forgetExit() {
        try {
            if (exitHook != null) {
                Runtime.getRuntime().removeShutdownHook(exitHook);
            }
        } catch (IllegalStateException e) {
            // The JVM exits: the hook finds the node closed.
        }
    }

    private byte[] operate(int operation, byte[] encoded, String interrupted) {
        byte[] answer;
        try {
            answer = block(operation, handle, encoded);
        } catch (NativeException e) {
            throw Raise.from(e);
        }
        if (answer == null) {
            throw Raise.interrupted(interrupted);
        }
        return answer;
    }

    /**
     * Runs an operation and waits for its answer, natively or, on a virtual thread, in Java. Null:
     * the thread was interrupted.
     */
    byte[] block(int operation, long on, byte[] encoded) {
        if (!Threads.isVirtual()) {
            return Native.block(operation, on, encoded);
        }
        return (byte[]) wait(token -> Native.submit(operation, on, encoded, token));
    }

    /**
     * Starts an operation with a token and waits for its answer in Java. Null: the thread was
     * interrupted, and the operation is cancelled.
     */
    Object wait(LongConsumer start) {
        Waiter waiter = new Waiter();
        long token = lane.enter(waiter);
        try {
            start.accept(token);
        } catch (Throwable e) {
            lane.forget(token);
            throw e;
        }
        Object given = waiter.await();
        if (given == null) {
            lane.cancel(token);
        }
        return given;
    }

    private static long millis(Duration timeout) {
        return Math.max(0, timeout.toMillis());
    }

    long handle() {
        return handle;
    }

    Lane lane() {
        return lane;
    }

    /** Runs what an application produces, and may block for as long as it likes. */
    void work(Runnable task) {
        if (guarded) {
            handlers.execute(
                    () -> {
                        if (onPump()) {
                            late(task);
                        } else {
                            task.run();
                        }
                    });
        } else {
            handlers.execute(task);
        }
    }

    Executor continuations() {
        return continuations;
    }

    Object contextOf(Running one) {
        return contexts.apply(one);
    }

    /**
     * Answers whether the node was closed.
     *
     * @return true once it was
     */
    public boolean isClosed() {
        return closed.get();
    }

    /**
     * Answers the name among the members.
     *
     * @return the name
     */
    public String name() {
        return String.valueOf(joined.get("name"));
    }

    /**
     * Answers one of the facts that the join brought.
     *
     * @param key of the encoded answer
     * @return the value
     */
    public Object fact(String key) {
        return joined.get(key);
    }

    /**
     * Answers what the core knows, as encoded maps.
     *
     * @return the members
     */
    public Object members() {
        return look(Native::members);
    }

    /**
     * Answers what the core knows, as encoded maps.
     *
     * @return the services
     */
    public Object services() {
        return look(Native::services);
    }

    /**
     * Answers the node's counters.
     *
     * @return by name
     */
    public Object stats() {
        return look(Native::stats);
    }

    /** A service as the core encodes it; empty where nobody serves it. */
    byte[] look(String service) {
        return Native.service(handle, service);
    }

    /** One of the native looks. */
    private interface Look {
        byte[] at(long node);
    }

    private Object look(Look look) {
        try {
            return Wire.untyped(look.at(handle));
        } catch (NativeException e) {
            throw Raise.from(e);
        }
    }

    /** A method called by name. */
    Prepared prepared(String target, Options options) {
        return prepared.get(this, target, options);
    }

    /** Runs what depends on an answer, never on the pump's own thread. */
    void continuation(Runnable task) {
        Executor executor = continuations;
        if (executor != null) {
            try {
                executor.execute(guarded ? () -> continued(task) : task);
                return;
            } catch (RejectedExecutionException e) {
                // Closed, or full: whoever waits must still be told.
            }
        }
        late(task);
    }

    private void continued(Runnable task) {
        if (onPump()) {
            late(task);
        } else {
            task.run();
        }
    }

    /**
     * An executor of the application may run a task on the thread that gives it: when it is full,
     * or always.
     */
    boolean onPump() {
        return Thread.currentThread() == pump;
    }

    private static void late(Runnable task) {
        Thread thread = new Thread(task, "twinspan-late");
        thread.setDaemon(true);
        thread.start();
    }

    void ended(Running one) {
        running.remove(one.call());
    }

    /** Hands invocations to the executor. */
    private final class Handlers implements Pump.Inbox {
        @Override
        public void invoke(
                long call, int method, long remainingNanos, int depth, Body body, long input) {
            long deadline = System.nanoTime() + remainingNanos;
            Running one = new Running(LiveNode.this, call, deadline, input);
            Hosted.Method found = hosted.get(method);
            if (found == null) {
                body.release();
                one.fail(Kind.INTERNAL, Executed.NO, "no method has the number " + method, "");
                return;
            }
            running.put(call, one);
            Invocation invocation =
                    new Invocation(
                            LiveNode.this, found.served(), one, body.knowing(found.records()));
            if (guarded) {
                // A foreign executor may drop its tasks (shutdownNow): what is collected unanswered
                // is answered.
                CLEANER.register(invocation, new Dropped(one));
            }
            try {
                handlers.execute(invocation);
            } catch (Throwable e) {
                // Full, closed, or out of threads: elsewhere there may be room.
                body.release();
                one.refused(e.getMessage());
            }
        }

        @Override
        public void cancelled(long call) {
            Running one = running.get(call);
            if (one != null) {
                one.cancel();
            }
        }

        @Override
        public void ended() {
            // No answer can leave any more: who still works does it for nobody.
            running.values().forEach(Running::cancel);
        }
    }

    /**
     * Must not refer to the invocation, which would never be collected. A running handler keeps its
     * invocation alive.
     */
    private record Dropped(Running one) implements Runnable {
        @Override
        public void run() {
            one.dropped();
        }
    }

    /**
     * Leaves when {@code face} is collected.
     *
     * @param face the public node
     * @return leaves at once when cleaned
     */
    public Cleaner.Cleanable leaveWith(Object face) {
        this.face = new WeakReference<>(face);
        return CLEANER.register(face, this::collected);
    }

    Object face() {
        return face.get();
    }

    private void collected() {
        if (!closed.get()) {
            // Leaving waits for peers; the cleaner's one thread must not.
            continuation(() -> leave(Duration.ZERO));
        }
    }
}
