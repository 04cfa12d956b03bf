package io.twinspan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What clients and members are where they arrive, and what can be done with them there. */
@Timeout(30)
class ReferenceTest {
    private static final ServiceRef PRICES = new ServiceRef("shop", "prices");
    private static Node node;

    interface Catalog {
        int size();
    }

    interface Reader {
        int typed(ServiceRef catalog);

        int plain(ServiceRef catalog);

        @Nullable
        Object untyped(@Nullable Object value);

        String named(NodeRef who);

        ServiceRef made();

        List<NodeRef> members();

        String kind(ServiceRef one);

        String kind(NodeRef one);
    }

    static final class ReaderImpl {
        public int typed(ServiceRef catalog) {
            return here().client(catalog, Catalog.class).size();
        }

        public int plain(ServiceRef catalog) {
            return here().call(catalog, "size", Args.of()).as(int.class);
        }

        public @Nullable Object untyped(@Nullable Object value) {
            return value;
        }

        public String named(NodeRef who) {
            return here().member(who).name();
        }

        public Catalog made() {
            return here().client("catalog", Catalog.class);
        }

        public List<Member> members() {
            return here().members();
        }

        public String kind(ServiceRef one) {
            return "service";
        }

        public String kind(NodeRef one) {
            return "node";
        }

        private static Node here() {
            return CallContext.current().orElseThrow().node();
        }
    }

    @BeforeAll
    static void join() {
        App app =
                App.named("references")
                        .serve("catalog", Catalog.class, () -> 7)
                        .serve("reader", new ReaderImpl());
        node = Node.join(app, NodeTest.config());
        node.waitFor("reader", Duration.ofSeconds(5));
    }

    @AfterAll
    static void leave() {
        node.close();
    }

    private static ServiceRef catalog() {
        return new ServiceRef(node.cluster(), "catalog");
    }

    @Test
    void aClientArrivesAsAReference() {
        Reader reader = node.client("reader", Reader.class);
        Catalog catalog = node.client("catalog", Catalog.class);
        assertEquals(catalog(), ServiceRef.of(catalog));
        assertEquals(catalog(), reader.untyped(catalog));
        assertEquals(7, reader.typed(ServiceRef.of(catalog)));
        assertEquals(7, reader.plain(catalog()));
        assertEquals(7, (int) node.call("reader.typed", catalog).as(int.class));
        assertEquals(catalog(), reader.made());
        assertEquals(7, node.client(reader.made(), Catalog.class).size());
        assertEquals(7, node.client(reader.made(), Catalog.class, CallOptions.defaults()).size());
        assertEquals(List.of(catalog()), reader.untyped(List.of(catalog)));
    }

    @Test
    void aMemberArrivesAsAReference() {
        Reader reader = node.client("reader", Reader.class);
        NodeRef mine = new NodeRef(node.cluster(), node.name());
        assertEquals(mine, NodeRef.of(node));
        assertEquals(mine, NodeRef.of(node.member(mine)));
        assertEquals(mine, reader.untyped(node));
        assertEquals(mine, reader.untyped(node.members().get(0)));
        assertEquals(node.name(), reader.named(mine));
        assertEquals(List.of(mine), reader.members());
    }

    @Test
    void signaturesTellThem() {
        ServiceInfo reader =
                node.services().stream().filter(s -> s.name().equals("reader")).findAny().get();
        Map<String, String> returns =
                reader.methods().stream()
                        .filter(m -> !m.name().equals("kind"))
                        .collect(
                                java.util.stream.Collectors.toMap(
                                        ServiceInfo.Method::name, ServiceInfo.Method::returns));
        assertEquals("list<node_ref>", returns.get("members"));
        assertEquals(
                "service_ref",
                reader.methods().stream()
                        .filter(m -> m.name().equals("typed"))
                        .findAny()
                        .get()
                        .parameters()
                        .get(0)
                        .type());
    }

    @Test
    void overloadsAreChosenByTheKind() {
        Reader reader = node.client("reader", Reader.class);
        assertEquals("service", reader.kind(PRICES));
        assertEquals("node", reader.kind(new NodeRef("shop", "a")));
    }

    @Test
    void ofAnotherClusterIsToldWhereItIsUsed() {
        assertEquals(PRICES, node.client("reader", Reader.class).untyped(PRICES));
        String told = "belongs to the cluster shop, this node to " + node.cluster();
        for (org.junit.jupiter.api.function.Executable use :
                List.<org.junit.jupiter.api.function.Executable>of(
                        () -> node.client(PRICES, Catalog.class),
                        () -> node.client(PRICES, Catalog.class, CallOptions.defaults()),
                        () -> node.call(PRICES, "size", Args.of()),
                        () -> node.member(new NodeRef("shop", node.name())))) {
            NotFoundException e = assertThrows(NotFoundException.class, use);
            assertTrue(e.getMessage().contains(told), e.getMessage());
        }
        assertThrows(NotFoundException.class, () -> node.member("nobody"));
    }

    @Test
    void theWrongKindIsRefusedWithItsPath() {
        UnserializableException e =
                assertThrows(
                        UnserializableException.class,
                        () -> node.call("reader.typed", node).as(int.class));
        assertTrue(
                e.getMessage().contains("catalog: a reference to a node is not a ServiceRef"),
                e.getMessage());
    }

    @Test
    void theyAreValues() {
        assertEquals("twinspan://shop/service/prices", PRICES.uri());
        assertEquals(PRICES.uri(), PRICES.toString());
        assertEquals(PRICES, ServiceRef.parse(PRICES.uri()));
        assertEquals(PRICES.hashCode(), new ServiceRef("shop", "prices").hashCode());
        assertNotEquals(PRICES, new NodeRef("shop", "prices"));
        assertEquals(
                "twinspan://shop/service/gr%C3%B6%C3%9Fe", new ServiceRef("shop", "größe").uri());
        assertEquals(new NodeRef("shop", "ops-1"), NodeRef.parse("twinspan://shop/node/ops-1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "prices",
                "twinspan://shop/node/a",
                "twinspan://shop/task/a",
                "twinspan://Shop/service/a",
                "twinspan://shop/service/a b",
                "twinspan://shop/service/%61"
            })
    void whatIsNone(String uri) {
        assertThrows(BadConfigException.class, () -> ServiceRef.parse(uri));
    }

    @Test
    void namesAreChecked() {
        assertThrows(BadConfigException.class, () -> new ServiceRef("shop", "a b"));
        assertThrows(BadConfigException.class, () -> new ServiceRef("Shop", "a"));
        assertThrows(BadConfigException.class, () -> new ServiceRef("shop", "\ud800"));
        assertThrows(BadConfigException.class, () -> new NodeRef("shop", "-a"));
        assertThrows(MisuseException.class, () -> ServiceRef.of("catalog"));
        assertThrows(MisuseException.class, () -> ServiceRef.of(List.of()));
    }

    @Test
    void theyAreNoKeys() {
        for (Object value :
                List.of(Map.of(PRICES, 1), Set.of(PRICES), Map.of(List.of(PRICES), 1))) {
            ValueException e = assertThrows(ValueException.class, () -> Codec.encodeValue(value));
            assertTrue(e.problem().contains("can't be a key"), e.problem());
        }
    }

    @Test
    void aClientOfNoLegalServiceIsRefusedWithItsPath() {
        Catalog bad = node.client("a b", Catalog.class);
        ValueException e =
                assertThrows(ValueException.class, () -> Codec.encodeValue(Map.of("x", bad)));
        assertTrue(e.getMessage().contains("[\"x\"]: a reference to a service"), e.getMessage());
    }

    @Test
    void otherProxiesAreWhatTheyAre() {
        Object list =
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {List.class},
                        (proxy, method, arguments) -> method.invoke(List.of(1L, 2L), arguments));
        assertEquals(List.of(1L, 2L), Codec.decode(Codec.encodeValue(list), Object.class));
        Object strange =
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Catalog.class},
                        (proxy, method, arguments) -> 1);
        assertThrows(ValueException.class, () -> Codec.encodeValue(strange));
    }

    record Holder(ServiceRef catalog, Optional<NodeRef> where) {}

    @Test
    void theyStandInRecords() {
        Holder holder = new Holder(PRICES, Optional.of(new NodeRef("shop", "a")));
        byte[] payload = Codec.encodeValue(holder);
        assertEquals(holder, Codec.decode(payload, Holder.class));
        assertEquals(
                Map.of("catalog", PRICES, "where", new NodeRef("shop", "a")),
                Codec.decode(payload, Object.class));
    }

    @Test
    void liveClassesAreNoDeclarations() {
        for (Class<?> type : Arrays.asList(Member.class, Node.class)) {
            ValueException e =
                    assertThrows(
                            ValueException.class,
                            () -> Codec.decode(Codec.encodeValue(node), type));
            assertTrue(e.problem().contains("declare NodeRef"), e.problem());
        }
    }
}
