package agents;

import io.twinspan.CallOptions;
import io.twinspan.Node;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;

/** What typed callers know of the service of the scenarios, waiting or not. */
final class Faces {
    private Faces() {}

    interface Face {
        String who();

        int whole(int value);

        String joinWords(String firstWord, String secondWord);

        void breaks(String part, long pieces) throws Scene.Broken;

        void noted(String text);
    }

    interface AsyncFace {
        CompletableFuture<String> who();

        CompletableFuture<Integer> whole(int value);

        CompletableFuture<String> joinWords(String firstWord, String secondWord);

        CompletableFuture<Void> breaks(String part, long pieces) throws Scene.Broken;

        CompletableFuture<Void> noted(String text);
    }

    static Steps.Made made(
            Node node, String service, String name, Object[] args, CallOptions options) {
        return new Steps.Made() {
            @Override
            public Object now() throws Throwable {
                return invoked(Face.class, node.client(service, Face.class, options), name, args);
            }

            @Override
            @SuppressWarnings("unchecked")
            public CompletableFuture<Object> later() {
                try {
                    AsyncFace face = node.client(service, AsyncFace.class, options);
                    return (CompletableFuture<Object>) invoked(AsyncFace.class, face, name, args);
                } catch (Throwable e) {
                    return CompletableFuture.failedFuture(e);
                }
            }
        };
    }

    private static Object invoked(Class<?> face, Object proxy, String name, Object[] args)
            throws Throwable {
        for (Method method : face.getDeclaredMethods()) {
            if (method.getName().equals(camel(name)) && method.getParameterCount() == args.length) {
                Object[] fitted = new Object[args.length];
                for (int i = 0; i < args.length; i++) {
                    fitted[i] = Literals.fit(args[i], method.getGenericParameterTypes()[i]);
                }
                try {
                    return method.invoke(proxy, fitted);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            }
        }
        throw new NoSuchMethodException(face + " has no " + name);
    }

    /** The name as Java spells it. */
    private static String camel(String name) {
        StringBuilder out = new StringBuilder();
        for (String part : name.split("_")) {
            out.append(
                    out.isEmpty()
                            ? part
                            : Character.toUpperCase(part.charAt(0)) + part.substring(1));
        }
        return out.toString();
    }
}
