package io.twinspan;

import io.twinspan.internal.Hosted;
import io.twinspan.internal.Offer;
import io.twinspan.internal.Raise;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What a process offers to the cluster. Changes after {@link Node#join} don't reach the node.
 *
 * <pre>{@code
 * App app = App.named("pricing-java").version("2.3.0").serve("pricing", PricingApi.class, new Pricing());
 * }</pre>
 */
public final class App {
    private final String name;
    private String version = "";
    private final Map<String, Offer> services = new LinkedHashMap<>();
    private final Map<String, String> balances = new HashMap<>();
    private final Map<String, Limits> limits = new HashMap<>();
    private final Map<String, Class<?>> records = new LinkedHashMap<>();
    private final List<Consumer<? super Node>> onStart = new ArrayList<>();
    private final List<Runnable> onStop = new ArrayList<>();

    private App(String name) {
        this.name = name;
    }

    /**
     * Begins an App.
     *
     * @param name what the cluster's members show
     * @return an App without services
     */
    public static App named(String name) {
        return new App(Objects.requireNonNull(name, "name"));
    }

    /**
     * Sets the version that members show.
     *
     * @param version any text
     * @return this
     */
    public App version(String version) {
        this.version = Objects.requireNonNull(version, "version");
        return this;
    }

    /**
     * Serves the methods of an interface.
     *
     * @param <T> the interface
     * @param service the service's name
     * @param face the interface whose methods are served
     * @param implementation runs them, on several threads at once
     * @return this
     * @throws MisuseException if two methods of one name can't be told apart by any call
     */
    public <T> App serve(String service, Class<T> face, T implementation) {
        if (!face.isInterface()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + face.getName() + "` is not an interface",
                    "Write serve(service, implementation) to serve a class.");
        }
        return add(
                Offer.of(service, face, Objects.requireNonNull(implementation, "implementation")));
    }

    /**
     * Serves the public methods of an object.
     *
     * @param service the service's name
     * @param implementation runs them, on several threads at once
     * @return this
     * @throws MisuseException if two methods of one name can't be told apart by any call
     */
    public App serve(String service, Object implementation) {
        return add(
                Offer.of(service, null, Objects.requireNonNull(implementation, "implementation")));
    }

    /**
     * Serves one function.
     *
     * @param target {@code service.method}; several functions may share a service
     * @param function the function with the names of its parameters
     * @return this
     */
    public App function(String target, Fn function) {
        return add(
                Offer.of(
                        target,
                        function.names(),
                        function.types(),
                        function.returns(),
                        function.handle()));
    }

    /**
     * Names the class of a registered record for receivers that declare no type, such as an {@code
     * Object} parameter or {@code as(Object.class)}. Without it they get the class as well once a
     * contract or a service of the node has it among its types; else a {@code Map}.
     *
     * @param type a class with a {@link WireType}, or a sealed one whose members have one; the
     *     classes in its fields count as well
     * @return this
     * @throws MisuseException if there is none, or another class has its name here
     */
    public App record(Class<?> type) {
        Hosted.named(type, records);
        return this;
    }

    /**
     * Chooses how callers of a service share its providers when they don't say so themselves.
     *
     * @param service the service, served before or after
     * @param balance {@code least_loaded}, {@code round_robin}, {@code hash} or {@code local_first}
     * @return this
     * @throws BadConfigException if there is no such balance
     */
    public App balance(String service, String balance) {
        CallOptions.balance(balance); // Refuses a wrong one.
        balances.put(Objects.requireNonNull(service, "service"), balance);
        return this;
    }

    /**
     * Limits how much of a service, of all its methods together, one node takes on. {@link Limit}
     * does so for a method.
     *
     * @param service the service, served before or after
     * @param limits what is beyond them is refused at once
     * @return this
     */
    public App limit(String service, Limits limits) {
        this.limits.put(
                Objects.requireNonNull(service, "service"),
                Objects.requireNonNull(limits, "limits"));
        return this;
    }

    /**
     * Runs when the node has joined and before anybody can see its services; its clients work
     * already.
     *
     * @param hook takes the node; what it throws ends the join
     * @return this
     */
    public App onStart(Consumer<? super Node> hook) {
        onStart.add(Objects.requireNonNull(hook, "hook"));
        return this;
    }

    /**
     * Runs when the node has left the cluster.
     *
     * @param hook what it throws is logged
     * @return this
     */
    public App onStop(Runnable hook) {
        onStop.add(Objects.requireNonNull(hook, "hook"));
        return this;
    }

    private App add(Offer offer) {
        services.merge(offer.name(), offer, Offer::with);
        return this;
    }

    List<Offer> services() {
        return services.values().stream()
                .map(offer -> offer.balanced(balances.get(offer.name())))
                .map(offer -> offer.limited(limited(offer.name())))
                .toList();
    }

    private Map<String, Long> limited(String service) {
        return limits.getOrDefault(service, Limits.none()).encoded();
    }

    Map<String, Class<?>> records() {
        return Map.copyOf(records);
    }

    Map<String, Object> encoded() {
        return Map.of("name", name, "version", version);
    }

    List<Consumer<? super Node>> startHooks() {
        return List.copyOf(onStart);
    }

    List<Runnable> stopHooks() {
        return List.copyOf(onStop);
    }
}
