package io.twinspan;

import io.twinspan.internal.Door;
import io.twinspan.internal.Interceptor;
import io.twinspan.internal.LiveNode;
import io.twinspan.internal.Offer;

import java.util.List;
import java.util.Map;

/** For the module {@code io.twinspan.test}. */
final class TestDoor implements Door {
    /** Called by {@link Door}, which finds this class by its name. */
    TestDoor() {}

    @Override
    public Node alone(String cluster, String name, Interceptor interceptor) {
        LiveNode live =
                LiveNode.join(
                        Map.of("alone", true, "cluster", cluster, "name", name),
                        Map.of("name", ""),
                        List.of(),
                        Map.of(),
                        null,
                        CallContext::new,
                        List.of());
        live.interception().by(interceptor);
        Node node = Node.of(live);
        live.serve();
        return node;
    }

    @Override
    public List<Runnable> serve(Node node, App app) {
        app.startHooks().forEach(hook -> hook.accept(node));
        node.live().know(app.records());
        node.live().offer(app.services());
        return app.stopHooks();
    }

    @Override
    public void offer(Node node, String service, String method, Class<?> like) {
        // First: a client compares as soon as somebody serves the service.
        node.live().interception().stub(service);
        node.live().offer(List.of(Offer.stub(service, method, like)));
    }

    @Override
    public List<Offer> services(App app) {
        return app.services();
    }
}
