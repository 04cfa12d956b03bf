package io.twinspan;

import io.twinspan.internal.Contract;
import io.twinspan.internal.LiveNode;
import io.twinspan.internal.Raise;

import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * This process in a cluster. Each {@link #join} is a node of its own; a process may hold several.
 *
 * <pre>{@code
 * try (Node node = Node.join(app, NodeConfig.cluster("shop"))) {
 *     Fraud fraud = node.client("fraud", Fraud.class);
 *     double score = fraud.score(order);
 * }
 * }</pre>
 *
 * A node that only calls leaves when it is closed or collected; one that serves stays until it is
 * closed or the JVM exits, whether or not the program keeps it.
 */
public final class Node implements AutoCloseable {
    static final Duration DRAIN = Duration.ofSeconds(10);

    /** Nodes that serve: nobody may refer to them, and still callers do. */
    private static final Set<Node> SERVING = ConcurrentHashMap.newKeySet();

    private final LiveNode live;
    private final Cleaner.Cleanable cleanable;

    private Node(LiveNode live) {
        this.live = live;
        this.cleanable = live.leaveWith(this);
    }

    /** A node that joined by other means than {@link #join}. */
    static Node of(LiveNode live) {
        return new Node(live);
    }

    /**
     * Joins a cluster and serves an App. The services become visible when everything is registered
     * and the start hooks ran.
     *
     * @param app what the process offers
     * @param config how to join
     * @return the node, ready
     */
    public static Node join(App app, NodeConfig config) {
        List<Runnable> stop = new ArrayList<>(app.stopHooks());
        LiveNode live =
                LiveNode.join(
                        config.encoded(),
                        app.encoded(),
                        app.services(),
                        app.records(),
                        config.executor(),
                        CallContext::new,
                        stop);
        Node node = new Node(live);
        try {
            for (Consumer<? super Node> hook : app.startHooks()) {
                hook.accept(node);
            }
            live.serve();
        } catch (Throwable e) {
            try {
                node.close(Duration.ZERO);
            } catch (RuntimeException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
        if (!app.services().isEmpty()) {
            SERVING.add(node);
            // Closed meanwhile by another thread: nothing to keep.
            if (live.isClosed()) {
                SERVING.remove(node);
            }
        }
        return node;
    }

    /**
     * Joins a cluster only to call.
     *
     * @param config how to join
     * @return the node, ready
     */
    public static Node join(NodeConfig config) {
        return join(App.named(""), config);
    }

    /**
     * Makes a client of a service: calls of the interface's methods go to the cluster. Methods that
     * answer a {@code CompletableFuture} or {@code CompletionStage} don't wait. No provider needs
     * to live yet.
     *
     * @param <T> the interface
     * @param service the service
     * @param contract an interface
     * @return a proxy, which may be shared by threads
     */
    public <T> T client(String service, Class<T> contract) {
        return client(service, contract, CallOptions.defaults());
    }

    /**
     * Makes a client of a service with options for all of its calls.
     *
     * @param <T> the interface
     * @param service the service
     * @param contract an interface
     * @param options win over the contract's annotations
     * @return a proxy, which may be shared by threads
     */
    public <T> T client(String service, Class<T> contract, CallOptions options) {
        return Contract.proxy(this, live, service, contract, options.options());
    }

    /**
     * Makes a client of the service that a reference means, see {@link #client(String, Class)}.
     *
     * @param <T> the interface
     * @param service a reference as it arrived from elsewhere
     * @param contract an interface
     * @return a proxy, which may be shared by threads
     * @throws NotFoundException if the reference belongs to another cluster
     */
    public <T> T client(ServiceRef service, Class<T> contract) {
        return client(here(service, service.cluster(), service.name()), contract);
    }

    /**
     * Makes a client of the service that a reference means, with options for all of its calls.
     *
     * @param <T> the interface
     * @param service a reference as it arrived from elsewhere
     * @param contract an interface
     * @param options win over the contract's annotations
     * @return a proxy, which may be shared by threads
     * @throws NotFoundException if the reference belongs to another cluster
     */
    public <T> T client(ServiceRef service, Class<T> contract, CallOptions options) {
        return client(here(service, service.cluster(), service.name()), contract, options);
    }

    /**
     * Prepares a call of the service that a reference means, without an interface.
     *
     * @param service a reference as it arrived from elsewhere
     * @param method one of its methods
     * @param arguments the arguments
     * @return made by {@link RemoteCall#as} or {@link RemoteCall#async}
     * @throws NotFoundException if the reference belongs to another cluster
     */
    public RemoteCall call(ServiceRef service, String method, Args arguments) {
        return call(here(service, service.cluster(), service.name()) + "." + method, arguments);
    }

    /**
     * Prepares a call without an interface.
     *
     * @param target {@code service.method}: the last dot splits
     * @param arguments the arguments
     * @return made by {@link RemoteCall#as} or {@link RemoteCall#async}
     */
    public RemoteCall call(String target, Args arguments) {
        return new RemoteCall(this, target, arguments, CallOptions.defaults(), 0);
    }

    /**
     * Prepares a call with positional arguments and without an interface.
     *
     * @param target {@code service.method}: the last dot splits
     * @param arguments in the order of the parameters
     * @return made by {@link RemoteCall#as} or {@link RemoteCall#async}
     */
    public RemoteCall call(String target, Object... arguments) {
        return call(target, Args.of(arguments));
    }

    /**
     * Prepares a call of every provider of a service that takes calls.
     *
     * @param target {@code service.method}: the last dot splits
     * @param arguments for each of them
     * @return made by {@link CallAll#as} or {@link CallAll#async}
     */
    public CallAll callAll(String target, Args arguments) {
        return new CallAll(this, target, arguments, CallOptions.defaults());
    }

    /**
     * Prepares a call of every provider of a service that takes calls, with positional arguments.
     *
     * @param target {@code service.method}: the last dot splits
     * @param arguments in the order of the parameters
     * @return made by {@link CallAll#as} or {@link CallAll#async}
     */
    public CallAll callAll(String target, Object... arguments) {
        return callAll(target, Args.of(arguments));
    }

    /**
     * Prepares many calls of one method, of which up to 1,024 are under way at once.
     *
     * @param target {@code service.method}: the last dot splits
     * @param sets the arguments of each call, read as the calls are made
     * @return made by {@link CallMany#as}
     */
    public CallMany callMany(String target, Iterable<Args> sets) {
        return new CallMany(this, target, sets);
    }

    /**
     * Prepares a call of several providers at once: the first that answers counts, the others are
     * cancelled. The method may run several times.
     *
     * @param target {@code service.method}: the last dot splits
     * @param arguments for each of them
     * @param providers how many are called at most
     * @return made by {@link RemoteCall#as} or {@link RemoteCall#async}
     */
    public RemoteCall firstOf(String target, Args arguments, int providers) {
        if (providers < 1) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "the number of providers is above zero, not " + providers,
                    "Write 2 to ask two of them.");
        }
        return new RemoteCall(this, target, arguments, CallOptions.defaults(), providers);
    }

    /**
     * Answers the members of the cluster as this node sees them, itself included.
     *
     * @return a snapshot
     */
    public List<Member> members() {
        return Member.list(live.members(), cluster());
    }

    /**
     * Answers the live node that a reference means.
     *
     * @param reference to a node of this cluster
     * @return as this node sees it
     * @throws NotFoundException if no live node has the name, or the reference belongs to another
     *     cluster
     */
    public Member member(NodeRef reference) {
        return member(here(reference, reference.cluster(), reference.name()));
    }

    /** The name that a reference means here. */
    private String here(Object reference, String cluster, String name) {
        if (!cluster.equals(cluster())) {
            throw Raise.error(
                    Kind.NOT_FOUND,
                    reference
                            + " belongs to the cluster "
                            + cluster
                            + ", this node to "
                            + cluster(),
                    "Use it at a node of its own cluster.");
        }
        return name;
    }

    /**
     * Answers the live node of a name.
     *
     * @param name of a node
     * @return as this node sees it
     * @throws NotFoundException if no live node has it
     */
    public Member member(String name) {
        return members().stream()
                .filter(member -> member.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                Raise.error(
                                        Kind.NOT_FOUND,
                                        "no live node is called `" + name + "`",
                                        "Node.members() lists those that are."));
    }

    /**
     * Answers the services of the cluster as this node sees them.
     *
     * @return a snapshot
     */
    public List<ServiceInfo> services() {
        return ServiceInfo.list(live.services());
    }

    /**
     * Waits until a service has a provider.
     *
     * @param service the service
     * @param timeout how long
     * @throws DeadlineExceededException if none came in time
     */
    public void waitFor(String service, Duration timeout) {
        waitFor(service, 1, timeout);
    }

    /**
     * Waits until a service has providers.
     *
     * @param service the service
     * @param providers how many
     * @param timeout how long
     * @throws DeadlineExceededException if too few came in time
     */
    public void waitFor(String service, int providers, Duration timeout) {
        live.waitFor(service, providers, timeout);
    }

    /**
     * Answers whether others may call this node.
     *
     * @return false before it serves, while it drains, and once it is closed
     */
    public boolean ready() {
        try {
            return !live.isClosed()
                    && members().stream()
                            .anyMatch(member -> member.me() && member.state().equals("ready"));
        } catch (ClosedException e) {
            return false; // Closed by another thread between the two looks.
        }
    }

    /**
     * Answers whether this node was closed, or is being closed.
     *
     * @return true from the first call of {@link #close} on
     */
    public boolean closed() {
        return live.isClosed();
    }

    /**
     * Takes nothing new and waits for what runs.
     *
     * @param timeout how long
     * @throws DeadlineExceededException if something still runs then
     */
    public void drain(Duration timeout) {
        live.drain(timeout);
    }

    /** Drains for at most 10 seconds and leaves the cluster. A second call does nothing. */
    @Override
    public void close() {
        close(DRAIN);
    }

    /**
     * Drains and leaves the cluster. A second call does nothing.
     *
     * @param drain how long running calls may take; zero leaves at once
     */
    public void close(Duration drain) {
        SERVING.remove(this);
        live.leave(drain);
        cleanable.clean(); // Does nothing any more, and lets go of the node.
    }

    /**
     * Answers the id that this join drew.
     *
     * @return 32 hexadecimal digits
     */
    public String id() {
        return String.valueOf(live.fact("id"));
    }

    /**
     * Answers the name among the members.
     *
     * @return unique among live nodes
     */
    public String name() {
        return live.name();
    }

    /**
     * Answers the cluster's name.
     *
     * @return as joined
     */
    public String cluster() {
        return String.valueOf(live.fact("cluster"));
    }

    /**
     * Answers where peers reach this node.
     *
     * @return addresses as others dial them
     */
    public List<String> addresses() {
        return Member.texts(live.fact("addresses"));
    }

    /**
     * Answers the node's counters.
     *
     * @return by name
     */
    public Map<String, Object> stats() {
        return Member.map(live.stats());
    }

    LiveNode live() {
        return live;
    }

    @Override
    public String toString() {
        return "node " + name() + " of cluster " + cluster();
    }
}
