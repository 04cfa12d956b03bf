package agents;

import io.twinspan.Args;
import io.twinspan.Node;
import io.twinspan.RemoteCallException;
import io.twinspan.RemoteStream;
import io.twinspan.TypeRef;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls a faulty service and tells what came; agents/python/catching.py does the same. */
final class Catching {
    private static final Map<String, Class<? extends Throwable>> CLASSES =
            Map.of(
                    "value", IllegalArgumentException.class,
                    "key", NoSuchElementException.class,
                    "timeout", TimeoutException.class,
                    "rejected", Faults.Rejected.class,
                    "two_arguments", Faults.TwoArguments.class);

    private Catching() {}

    /** A contract that declares classes. */
    interface Face {
        void standard(String name) throws IllegalArgumentException;

        void own() throws Faults.Rejected;

        void twoArguments() throws Faults.TwoArguments;

        void plain();

        void undeclared();
    }

    /** Breaks after two. */
    private static final class Numbers implements Iterator<Long> {
        private long at;

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Long next() {
            if (at == 2) {
                throw new IllegalArgumentException("the source ran dry");
            }
            return ++at;
        }
    }

    static Map<String, Object> caught(Node node, Map<?, ?> ask) throws Exception {
        List<Object> items = new ArrayList<>();
        long begun = System.nanoTime();
        Throwable error;
        try {
            return Agent.map("value", Literals.of(called(node, ask, items)));
        } catch (Throwable thrown) {
            error = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
        }
        Map<String, Object> told = new LinkedHashMap<>(Told.error(error, 0));
        told.put("ms", (System.nanoTime() - begun) / 1e6);
        told.put("items", items);
        Throwable remote = error instanceof RemoteCallException ? error : error.getCause();
        if (remote instanceof RemoteCallException e) {
            Map<String, Object> answers = new LinkedHashMap<>();
            for (Object name : ask.get("names") instanceof List<?> names ? names : List.of()) {
                answers.put((String) name, e.is((String) name));
            }
            told.put("is", answers);
            Map<String, Object> built = new LinkedHashMap<>();
            CLASSES.forEach((name, type) -> built.put(name, built(e, type)));
            told.put("as", built);
            told.put(
                    "suppressed",
                    Arrays.stream(e.getSuppressed())
                            .map(one -> ((RemoteCallException) one).type())
                            .toList());
            told.putIfAbsent("remote", Agent.map("type", e.type(), "language", e.language()));
        }
        return told;
    }

    private static Object called(Node node, Map<?, ?> ask, List<Object> items) throws Throwable {
        String service = (String) ask.get("service");
        String method = (String) ask.get("method");
        Object[] args = ask.get("args") instanceof List<?> given ? given.toArray() : new Object[0];
        String target = service + "." + method;
        switch (ask.get("via") instanceof String via ? via : "call") {
            case "call":
                return node.call(target, Args.of(args)).as(Object.class);
            case "async":
                {
                    CompletableFuture<Object> future =
                            node.call(target, Args.of(args)).async(Object.class);
                    return future.get(60, TimeUnit.SECONDS);
                }
            case "typed":
                {
                    Face face = node.client(service, Face.class);
                    switch (method) {
                        case "standard" -> face.standard((String) args[0]);
                        case "own" -> face.own();
                        case "two_arguments" -> face.twoArguments();
                        case "plain" -> face.plain();
                        default -> face.undeclared();
                    }
                    return "";
                }
            case "stream":
                try (RemoteStream<Object> stream =
                        node.call(target, Args.of(args))
                                .as(new TypeRef<RemoteStream<Object>>() {})) {
                    for (Object item : stream) {
                        items.add(item);
                    }
                }
                return "";
            case "input":
                return node.call(target, Args.of(new Numbers())).as(Object.class);
            default:
                throw new IllegalArgumentException("no way " + ask);
        }
    }

    private static Map<String, Object> built(
            RemoteCallException e, Class<? extends Throwable> type) {
        Throwable made = e.as(type).orElse(null);
        if (made == null) {
            return null;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        if (made instanceof Faults.Rejected rejected) {
            fields.put("order", rejected.order());
            fields.put("score", rejected.score());
        }
        return Agent.map(
                "text",
                made.getMessage(),
                "fields",
                fields,
                "exact",
                made.getClass() == type,
                "cause",
                made.getCause() == e);
    }
}
