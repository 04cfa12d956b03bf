package io.twinspan.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * SIGTERM and SIGINT for a program that wants to end by itself, with exit code 0: with shutdown
 * hooks alone a JVM always exits with 143. The JDK has no public class for it; {@code
 * sun.misc.Signal} is found by reflection.
 */
public final class Signals {
    private static final List<String> NAMES = List.of("TERM", "INT");

    private final CompletableFuture<Void> told = new CompletableFuture<>();
    private final Map<Object, Object> before = new LinkedHashMap<>();
    private Method handle;

    private Signals() {}

    /**
     * Takes the signals over. Where this JVM doesn't give them they keep their meaning.
     *
     * @return gives them back
     */
    public static Signals take() {
        Signals made = new Signals();
        try {
            made.install();
        } catch (ReflectiveOperationException | RuntimeException e) {
            Log.warn("this JVM keeps its signals, so SIGTERM exits with 143: {}", e.toString());
        }
        return made;
    }

    private void install() throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        handle = signal.getMethod("handle", signal, handler);
        Method number = signal.getMethod("getNumber");
        InvocationHandler react =
                (proxy, method, arguments) ->
                        switch (method.getName()) {
                            case "handle" -> {
                                react((int) number.invoke(arguments[0]));
                                yield null;
                            }
                            case "equals" -> proxy == arguments[0];
                            case "hashCode" -> System.identityHashCode(proxy);
                            default -> "the signals of Twinspan.run";
                        };
        Object ours =
                Proxy.newProxyInstance(
                        Signals.class.getClassLoader(), new Class<?>[] {handler}, react);
        for (String name : NAMES) {
            Object one = signal.getConstructor(String.class).newInstance(name);
            before.put(one, handle.invoke(null, one, ours));
        }
    }

    private void react(int number) {
        if (!told.complete(null)) {
            // The second one: whoever sends it doesn't want to wait.
            Runtime.getRuntime().halt(128 + number);
        }
    }

    /**
     * Answers when the first signal comes.
     *
     * @return completed then
     */
    public CompletableFuture<Void> told() {
        return told;
    }

    /** Gives the signals their former meaning. */
    public void giveBack() {
        before.forEach(
                (signal, handler) -> {
                    try {
                        handle.invoke(null, signal, handler);
                    } catch (ReflectiveOperationException | RuntimeException e) {
                        Log.warn("a signal could not be given back: {}", e.toString());
                    }
                });
        before.clear();
    }
}
