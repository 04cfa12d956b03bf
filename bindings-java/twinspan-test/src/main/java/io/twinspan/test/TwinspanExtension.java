package io.twinspan.test;

import io.twinspan.App;
import io.twinspan.Kind;
import io.twinspan.Node;
import io.twinspan.internal.Raise;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import java.util.ArrayList;
import java.util.List;

/**
 * Nodes for tests of JUnit. A fake node is new for each test; the nodes of a cluster live as long
 * as the class if the field is static, else as long as the test.
 *
 * <pre>{@code
 * @RegisterExtension static TwinspanExtension twinspan = TwinspanExtension.fake();
 *
 * @Test
 * void totals(FakeNode fake, Node node) {
 *     fake.on("pricing.quote").returns(12.5);
 *     assertEquals(25.0, new Shop(node).total("A1", 2));
 * }
 * }</pre>
 *
 * Parameters of the types {@link FakeNode}, {@link TestCluster} and {@link Node} (the fake one, or
 * the first of the cluster) are given to tests.
 */
// Its signatures name JUnit's classes, which the module doesn't force on others.
@SuppressWarnings("exports")
public final class TwinspanExtension
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    /** How many nodes a cluster has; 0 for a fake node. */
    private final int size;

    private final List<App> apps;

    /** What the test of this thread uses. */
    private final ThreadLocal<Object> current = new ThreadLocal<>();

    private TwinspanExtension(int size, List<App> apps) {
        this.size = size;
        this.apps = apps;
    }

    /**
     * A fake node for each test.
     *
     * @return to be registered
     */
    public static TwinspanExtension fake() {
        return new TwinspanExtension(0, List.of());
    }

    /**
     * Real nodes under a random cluster name.
     *
     * @param nodes how many, 1 to 64
     * @return to be registered
     */
    public static TwinspanExtension cluster(int nodes) {
        if (nodes < 1) {
            throw Raise.error(
                    Kind.BAD_ARGUMENTS,
                    "a cluster for tests has 1 to 64 nodes, not " + nodes,
                    "Write cluster(3).");
        }
        return new TwinspanExtension(nodes, List.of());
    }

    /**
     * Says what is served: by the fake node, or by each node of the cluster.
     *
     * @param app an App
     * @return to be registered
     */
    public TwinspanExtension serving(App app) {
        if (size > 0 && !apps.isEmpty()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "the nodes of a cluster for tests serve one App",
                    "Put all services into it.");
        }
        List<App> more = new ArrayList<>(apps);
        more.add(app);
        return new TwinspanExtension(size, List.copyOf(more));
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (size > 0) {
            started(context);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        current.set(started(context));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        current.remove();
    }

    /** What this context or one around it has, made here if none has. Closed with its context. */
    private AutoCloseable started(ExtensionContext context) {
        ExtensionContext.Store store =
                context.getStore(ExtensionContext.Namespace.create(TwinspanExtension.class, this));
        AutoCloseable known = store.get("nodes", AutoCloseable.class);
        if (known == null) {
            known = start();
            store.put("nodes", known);
        }
        return known;
    }

    private AutoCloseable start() {
        if (size > 0) {
            return TestCluster.start(size, apps.isEmpty() ? null : apps.get(0));
        }
        FakeNode fake = FakeNode.start();
        apps.forEach(fake::serve);
        return fake;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Node.class || type == (size > 0 ? TestCluster.class : FakeNode.class);
    }

    /** What a test's constructor gets is that test's own. */
    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (size == 0 && context.getTestMethod().isEmpty()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "a fake node lives as long as one test, and this is for all tests of a class",
                    "Take it in a test, in @BeforeEach or in the constructor.");
        }
        AutoCloseable nodes = started(context);
        return parameter.getParameter().getType() == Node.class ? node(nodes) : nodes;
    }

    private static Node node(Object nodes) {
        return nodes instanceof FakeNode fake ? fake.node() : ((TestCluster) nodes).node(0);
    }

    /**
     * Answers the node of the running test.
     *
     * @return the fake one, or the first of the cluster
     */
    public Node node() {
        return node(running());
    }

    /**
     * Answers the nodes of the running test.
     *
     * @return one that is fake, or all of the cluster
     */
    public List<Node> nodes() {
        return running() instanceof TestCluster cluster ? cluster.nodes() : List.of(node());
    }

    /**
     * Answers the fake node of the running test.
     *
     * @return the same as a parameter of type {@link FakeNode}
     */
    public FakeNode fakeNode() {
        if (running() instanceof FakeNode fake) {
            return fake;
        }
        throw Raise.error(
                Kind.MISUSE, "this extension has real nodes", "Register TwinspanExtension.fake().");
    }

    private Object running() {
        Object nodes = current.get();
        if (nodes == null) {
            throw Raise.error(
                    Kind.MISUSE,
                    "no test runs on this thread",
                    "Ask in a test or in @BeforeEach, or take a parameter of type Node.");
        }
        return nodes;
    }
}
