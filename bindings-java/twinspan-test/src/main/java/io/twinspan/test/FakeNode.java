package io.twinspan.test;

import io.twinspan.App;
import io.twinspan.Kind;
import io.twinspan.Node;
import io.twinspan.Nullable;
import io.twinspan.internal.Arrival;
import io.twinspan.internal.Door;
import io.twinspan.internal.Interceptor;
import io.twinspan.internal.Offer;
import io.twinspan.internal.Raise;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A node for tests of programs: it listens nowhere, dials nobody, reads and writes no file. All the
 * rest is as in a cluster: a client's calls go through the codec both ways, arguments are checked
 * by the method's signature, and errors arrive as they do from another process.
 *
 * <pre>{@code
 * try (FakeNode fake = FakeNode.start()) {
 *     fake.on("pricing.quote").returns(12.5);
 *     assertEquals(25.0, new Shop(fake.node()).total("A1", 2));
 *     assertEquals(List.of("A1"), fake.calls("pricing.quote").get(0).args());
 * }
 * }</pre>
 */
public final class FakeNode implements AutoCloseable {
    private static final Door DOOR = Door.open();

    /** Calls that a fake node remembers; the oldest are forgotten first. */
    private static final int MOST_CALLS = 100_000;

    private final Node node;
    private final FakeClock clock = new FakeClock();
    private final Map<String, Stub.Chosen> stubs = new ConcurrentHashMap<>();

    /** Methods that only stubs answer. */
    private final Set<String> stubbed = ConcurrentHashMap.newKeySet();

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final List<Failing> failing = new CopyOnWriteArrayList<>();
    private final List<FakeCall> calls = new ArrayList<>();
    private final List<Runnable> stopHooks = new ArrayList<>();

    private FakeNode(String name, String cluster) {
        this.node = DOOR.alone(cluster, name, this::handle);
    }

    /**
     * Makes a node {@code fake} of the cluster {@code fake}.
     *
     * @return a node that offers nothing yet
     */
    public static FakeNode start() {
        return start("fake", "fake");
    }

    /**
     * Makes a node.
     *
     * @param name of the node
     * @param cluster name of the cluster in which it seems to be
     * @return a node that offers nothing yet
     */
    public static FakeNode start(String name, String cluster) {
        return new FakeNode(name, cluster);
    }

    /**
     * Answers the node for the program under test.
     *
     * @return a node like any other
     */
    public Node node() {
        return node;
    }

    /**
     * Makes a client, the same as {@code node().client(service, contract)}.
     *
     * @param <T> the interface
     * @param service the service
     * @param contract an interface
     * @return a proxy
     */
    public <T> T client(String service, Class<T> contract) {
        return node.client(service, contract);
    }

    /**
     * Serves the real services of an App, after its start hooks. Its stop hooks run when the node
     * is closed.
     *
     * @param app what is served
     * @return this
     */
    public FakeNode serve(App app) {
        List<Runnable> hooks = DOOR.serve(node, app);
        synchronized (stopHooks) {
            stopHooks.addAll(hooks);
        }
        for (Offer offer : DOOR.services(app)) {
            known.addAll(offer.targets());
            stubbed.removeAll(offer.targets());
        }
        return this;
    }

    /**
     * Begins to say what a method answers from now on, also in the place of a served App's own
     * handler: {@code on("pricing.quote").returns(12.5)}.
     *
     * @param target {@code service.method}: the last dot splits
     * @return holds once its answer was said
     */
    public Stub on(String target) {
        int dot = target.lastIndexOf('.');
        if (dot <= 0 || dot == target.length() - 1) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + target + "` is not service.method",
                    "Name the method like pricing.quote.");
        }
        return new Stub(this, target);
    }

    FakeNode stub(String target, Stub.Chosen stub, @Nullable Class<?> like) {
        if (stub.handler() == null && (!known.contains(target) || stubbed.contains(target))) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + target + "` has no answer",
                    "Serve an App that has it, or say what it returns.");
        }
        if (stub.handler() != null && (!known.contains(target) || stubbed.contains(target))) {
            int dot = target.lastIndexOf('.');
            // Known before it is offered: a call may come at once.
            stubs.put(target, stub);
            DOOR.offer(node, target.substring(0, dot), target.substring(dot + 1), like);
            known.add(target);
            stubbed.add(target);
        }
        stubs.put(target, stub);
        return this;
    }

    /**
     * Lets the calls of a service, or of a method, fail with one of Twinspan's errors instead of
     * being handled.
     *
     * @param name the service, or {@code service.method}
     * @param kind of the error, such as {@code Kind.UNAVAILABLE}
     * @return what ends it
     */
    public Failing fail(String name, Kind kind) {
        return fail(name, kind, Integer.MAX_VALUE);
    }

    /**
     * The same for so many calls.
     *
     * @param name the service, or {@code service.method}
     * @param kind of the error
     * @param times how many calls fail, at least 1
     * @return what ends it
     */
    public Failing fail(String name, Kind kind, int times) {
        if (times < 1) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "times is how many calls fail, at least 1, not " + times,
                    "Leave it out: every call fails then.");
        }
        if (kind == Kind.REMOTE) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "fail() takes one of Twinspan's own kinds",
                    "What a handler throws is said by on(...).raises(...).");
        }
        boolean served =
                known.stream()
                        .anyMatch(target -> target.equals(name) || service(target).equals(name));
        if (!served) {
            throw Raise.error(
                    Kind.MISUSE,
                    "nothing serves `" + name + "` on this node, so that no call of it could fail",
                    "First say what it answers: serve(app), or on(...).");
        }
        Failing fault =
                new Failing(name, kind, times == Integer.MAX_VALUE ? Long.MAX_VALUE : times);
        failing.add(fault);
        return fault;
    }

    private static String service(String target) {
        return target.substring(0, target.lastIndexOf('.'));
    }

    /**
     * Answers the clock on which delays and deadlines pass.
     *
     * @return the node's own
     */
    public FakeClock clock() {
        return clock;
    }

    /**
     * Answers all calls that came so far, in their order. Those that were made to fail are among
     * them, those with arguments that don't fit aren't.
     *
     * @return a snapshot
     */
    public List<FakeCall> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    /**
     * Answers the calls of a service or of a method that came so far.
     *
     * @param name the service, or {@code service.method}
     * @return a snapshot
     */
    public List<FakeCall> calls(String name) {
        return calls().stream()
                .filter(call -> call.target().equals(name) || service(call.target()).equals(name))
                .toList();
    }

    /** Begins the list of calls anew. */
    public void forgetCalls() {
        synchronized (calls) {
            calls.clear();
        }
    }

    /**
     * Ends the node at once; delays on its clock end. All stop hooks run; then the first one's
     * failure is thrown. A second call does nothing.
     */
    @Override
    public void close() {
        clock.release();
        List<Runnable> ends = new ArrayList<>();
        ends.add(() -> node.close(Duration.ZERO));
        synchronized (stopHooks) {
            ends.addAll(stopHooks);
            stopHooks.clear();
        }
        Ends.all(ends);
    }

    private Object handle(Arrival arrival, Interceptor.Handler handler) throws Throwable {
        Duration began = clock.counts(arrival.running());
        boolean later = false;
        try {
            Object result = handled(arrival, handler, began);
            if (result instanceof CompletionStage<?> stage) {
                later = true;
                stage.whenComplete((value, error) -> clock.ended(arrival.running()));
            }
            return result;
        } finally {
            if (!later) {
                clock.ended(arrival.running());
            }
        }
    }

    private Object handled(Arrival arrival, Interceptor.Handler handler, Duration began)
            throws Throwable {
        FakeCall call = FakeCall.of(arrival);
        synchronized (calls) {
            if (calls.size() >= MOST_CALLS) {
                calls.subList(0, MOST_CALLS / 2).clear();
            }
            calls.add(call);
        }
        for (Failing fault : failing) {
            fault.take(arrival.target());
        }
        Stub.Chosen stub = stubs.get(arrival.target());
        if (stub != null && !stub.delay().isZero()) {
            clock.until(began.plus(stub.delay()));
        }
        return stub == null || stub.handler() == null ? handler.run() : stub.handler().answer(call);
    }

    @Override
    public String toString() {
        return "fake " + node;
    }
}
