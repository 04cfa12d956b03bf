package io.twinspan.internal;

import io.twinspan.App;
import io.twinspan.Node;

import java.lang.reflect.Constructor;
import java.util.List;

/** What tests of programs need of the public package that it shows to nobody else. */
public interface Door {
    /**
     * Makes a node that is alone: it meets nobody, and may offer more later.
     *
     * @param cluster name of the cluster in which it seems to be
     * @param name of the node
     * @param interceptor stands before its handlers
     * @return the node, ready
     */
    Node alone(String cluster, String name, Interceptor interceptor);

    /**
     * Offers the services of an App on a node that is alone, after the App's start hooks.
     *
     * @param node the node
     * @param app the App
     * @return the App's stop hooks
     */
    List<Runnable> serve(Node node, App app);

    /**
     * Offers one method without a handler.
     *
     * @param node the node
     * @param service the service
     * @param method the method
     * @param like an interface that says which arguments fit; null for any
     */
    void offer(Node node, String service, String method, Class<?> like);

    /**
     * Answers what a node or an App serves.
     *
     * @param app the App
     * @return its services
     */
    List<Offer> services(App app);

    /**
     * Finds it.
     *
     * @return the only one
     */
    static Door open() {
        try {
            Constructor<?> constructor =
                    Class.forName("io.twinspan.TestDoor").getDeclaredConstructor();
            constructor.setAccessible(true);
            return (Door) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("io.twinspan.TestDoor is missing", e);
        }
    }
}
