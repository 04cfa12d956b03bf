package io.twinspan.internal;

import io.twinspan.Call;
import io.twinspan.Kind;
import io.twinspan.RemoteCallException;
import io.twinspan.internal.codec.Payload;
import io.twinspan.internal.codec.RecordNames;
import io.twinspan.internal.codec.References;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** What stands behind a proxy: for each method of its interface a prepared way to run it. */
public final class Contract implements References.Client {
    private static final Object[] NOTHING = new Object[0];

    /** Runs one method of a proxy. */
    private interface Invoker {
        Object invoke(Object proxy, Object[] arguments) throws Throwable;
    }

    private final Object owner;
    private final LiveNode node;
    private final String service;
    private final Class<?> face;
    private final Options options;
    private final Map<Method, Invoker> invokers = new HashMap<>();
    private final ContractCheck check;

    /** The registered classes that the interface names, and behind them those of the node. */
    private final RecordNames records;

    private Contract(
            Object owner,
            LiveNode node,
            String service,
            Class<?> face,
            Options options,
            RecordNames known) {
        this.owner = owner;
        this.node = node;
        this.service = service;
        this.face = face;
        this.options = options;
        this.check = new ContractCheck(node, service, face);
        Map<TypeVariable<?>, Type> bindings = Types.bindings(face);
        this.records = known != null ? known : declared(bindings);
        for (Method method : face.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                invokers.put(method, method.isDefault() ? local(method) : remote(method, bindings));
            }
        }
        for (Method method : Object.class.getMethods()) {
            switch (method.getName()) {
                case "equals" -> invokers.put(method, (proxy, arguments) -> isEqual(arguments[0]));
                case "hashCode" ->
                        invokers.put(method, (proxy, arguments) -> describe().hashCode());
                case "toString" ->
                        invokers.put(
                                method, (proxy, arguments) -> describe() + ": " + check.offered());
                default -> {}
            }
        }
    }

    private RecordNames declared(Map<TypeVariable<?>, Type> bindings) {
        List<Type> types = new ArrayList<>();
        for (Method method : face.getMethods()) {
            for (Type parameter : method.getGenericParameterTypes()) {
                types.add(Types.resolve(parameter, bindings));
            }
            types.add(Types.resolve(method.getGenericReturnType(), bindings));
        }
        Hosted hosted = node.hosted();
        return hosted.seen(Hosted.declared("the contract `" + face.getName(), types));
    }

    /**
     * Makes a client of a service.
     *
     * @param <T> the interface
     * @param owner kept alive as long as the proxy is
     * @param node calls
     * @param service is called
     * @param face the interface
     * @param options how
     * @return a proxy
     */
    public static <T> T proxy(
            Object owner, LiveNode node, String service, Class<T> face, Options options) {
        return proxy(owner, node, service, face, options, null);
    }

    private static <T> T proxy(
            Object owner,
            LiveNode node,
            String service,
            Class<T> face,
            Options options,
            RecordNames known) {
        if (!face.isInterface() || face.isAnnotation()) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + face.getName() + "` is not an interface",
                    "Declare the methods to call in an interface.");
        }
        Contract contract = new Contract(owner, node, service, face, options, known);
        contract.check.now();
        return face.cast(
                Proxy.newProxyInstance(face.getClassLoader(), new Class<?>[] {face}, contract));
    }

    /**
     * Makes a proxy like another, with other options.
     *
     * @param <T> the interface
     * @param proxy a client
     * @param more options that win over the client's
     * @return a proxy of the same interface
     */
    public static <T> T with(T proxy, Options more) {
        if (!Proxy.isProxyClass(proxy.getClass())
                || !(Proxy.getInvocationHandler(proxy) instanceof Contract contract)) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`" + proxy.getClass().getName() + "` is no client of Twinspan",
                    "Pass what Node.client answered.");
        }
        @SuppressWarnings("unchecked")
        T made =
                (T)
                        proxy(
                                contract.owner,
                                contract.node,
                                contract.service,
                                contract.face,
                                more.over(contract.options),
                                contract.records);
        return made;
    }

    @Override
    public String cluster() {
        return String.valueOf(node.fact("cluster"));
    }

    @Override
    public String service() {
        return service;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        check.now();
        return invokers.get(method).invoke(proxy, arguments == null ? NOTHING : arguments);
    }

    private Invoker remote(Method method, Map<TypeVariable<?>, Type> bindings) {
        Streams.check(method, true);
        Prepared prepared =
                new Prepared(
                        node,
                        service,
                        Offer.wireName(method),
                        options.over(declared(method)),
                        records);
        List<Class<?>> declared = List.of(method.getExceptionTypes());
        Type returns = Types.resolve(method.getGenericReturnType(), bindings);
        Class<?> raw = Types.raw(returns);
        Giving giving = Giving.of(method);
        if (raw == CompletableFuture.class
                || raw == CompletionStage.class
                || raw == java.util.concurrent.Future.class) {
            Result result = result(prepared, Types.argument(returns), declared);
            return (proxy, arguments) ->
                    Calls.async(
                            prepared,
                            giving.placed(arguments),
                            giving.named(arguments),
                            result::read,
                            error -> mapped(error, declared));
        }
        Result result = result(prepared, returns, declared);
        if (raw == Flow.Publisher.class) {
            return (proxy, arguments) ->
                    publisher(
                            prepared,
                            giving.placed(arguments),
                            giving.named(arguments),
                            result,
                            declared);
        }
        return (proxy, arguments) -> {
            Object[] given = giving.placed(arguments);
            Map<String, Object> named = giving.named(arguments);
            Payload payload = Calls.encode(prepared, given, named);
            InputPump input = InputPump.of(prepared, given, named);
            Object answer;
            try {
                answer = Calls.block(prepared, payload, input);
            } catch (RemoteCallException e) {
                throw mapped(e, declared);
            }
            return result.read(answer, input);
        };
    }

    private Result result(Prepared prepared, Type type, List<Class<?>> declared) {
        // In the middle of a stream only an unchecked exception can be thrown.
        return new Result(
                owner,
                prepared,
                type,
                error -> mapped(error, declared) instanceof RuntimeException known ? known : error);
    }

    private Flow.Publisher<Object> publisher(
            Prepared prepared,
            Object[] arguments,
            Map<String, Object> named,
            Result result,
            List<Class<?>> declared) {
        Calls.encode(prepared, arguments, named); // Refuses at once what can't cross.
        return new CallPublisher<>(
                node,
                () ->
                        Calls.async(
                                prepared,
                                arguments,
                                named,
                                result::stream,
                                error -> mapped(error, declared)));
    }

    /** The declared class that the remote exception means, else the remote exception. */
    private static Throwable mapped(RuntimeException error, List<Class<?>> declared) {
        if (error instanceof RemoteCallException remote) {
            Class<? extends Throwable> found = null;
            for (Class<?> type : declared) {
                Class<? extends Throwable> candidate = type.asSubclass(Throwable.class);
                // `throws Exception` is kept by the remote error itself. Of several, the one that
                // says most.
                if (!candidate.isInstance(remote)
                        && remote.is(candidate)
                        && (found == null || found.isAssignableFrom(candidate))) {
                    found = candidate;
                }
            }
            if (found != null) {
                Throwable made = remote.as(found).orElse(null);
                if (made != null) {
                    return made;
                }
                Log.warn(
                        "the declared {} can't be made: give it a constructor with its fields'"
                                + " names, or with (String, Throwable)",
                        found.getName());
            }
        }
        return error;
    }

    private Options declared(Method method) {
        Call call = method.getAnnotation(Call.class);
        if (call == null) {
            return Options.NONE;
        }
        Duration timeout =
                call.timeout().isEmpty()
                        ? null
                        : Durations.parse(call.timeout(), method.toGenericString());
        return Options.NONE.withTimeout(timeout).withAttempts(call.attempts());
    }

    private Invoker local(Method method) {
        try {
            MethodHandle body =
                    MethodHandles.privateLookupIn(
                                    method.getDeclaringClass(), MethodHandles.lookup())
                            .unreflectSpecial(method, method.getDeclaringClass())
                            .asFixedArity();
            MethodHandle spread = body.asSpreader(Object[].class, method.getParameterCount());
            return (proxy, arguments) -> spread.invoke(proxy, arguments);
        } catch (IllegalAccessException e) {
            // A package that isn't open to us: the JDK itself may still run a public interface's
            // default method.
            return (proxy, arguments) -> InvocationHandler.invokeDefault(proxy, method, arguments);
        }
    }

    private boolean isEqual(Object other) {
        return other != null
                && Proxy.isProxyClass(other.getClass())
                && Proxy.getInvocationHandler(other) instanceof Contract that
                && that.node == node
                && that.service.equals(service)
                && that.face == face
                && that.options.equals(options);
    }

    private String describe() {
        return "client of " + service + " (" + face.getName() + ") on node " + node.name();
    }
}
