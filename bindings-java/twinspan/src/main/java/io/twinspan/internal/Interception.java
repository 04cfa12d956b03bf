package io.twinspan.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What stands before the handlers of one node. */
public final class Interception {
    private final Set<String> stubbed = ConcurrentHashMap.newKeySet();
    private volatile Interceptor interceptor;

    Interception() {}

    /**
     * Lets something stand before the handlers.
     *
     * @param interceptor gets every call whose arguments fit
     */
    public void by(Interceptor interceptor) {
        this.interceptor = interceptor;
    }

    /**
     * Says that a service has what a test needs, and need not fit a contract.
     *
     * @param service its name
     */
    public void stub(String service) {
        stubbed.add(service);
    }

    /** Whether contracts are compared with this service. */
    boolean compares(String service) {
        return !stubbed.contains(service);
    }

    /** Runs a handler, or what stands before it. */
    Object run(Served method, Bound bound, Running running) throws Throwable {
        Interceptor before = interceptor;
        return before == null
                ? bound.overload().invoke(bound.arguments())
                : before.handle(
                        method.arrival(bound, running),
                        () -> bound.overload().invoke(bound.arguments()));
    }
}
