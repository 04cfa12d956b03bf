package agents;

import io.twinspan.Args;
import io.twinspan.CallOptions;
import io.twinspan.Node;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls without pause, and what came of them. */
final class Load {
    private final Node node;
    private final String target;
    private final CallOptions options;
    private final Object[] args;
    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, Object> answers = new LinkedHashMap<>();
    private final List<Object> errors = new ArrayList<>();
    private int failed;
    private volatile boolean stopped;

    Load(Node node, Map<?, ?> ask) throws ReflectiveOperationException {
        this.node = node;
        target = ask.get("service") + "." + ask.get("method");
        options = Agent.options((Map<?, ?>) ask.get("options"));
        args = Agent.arguments(ask.get("args"));
        long count = ask.get("threads") instanceof Long n ? n : 2;
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(this::run, "load-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void run() {
        while (!stopped) {
            try {
                String answer =
                        String.valueOf(
                                node.call(target, Args.of(args)).options(options).as(Object.class));
                synchronized (this) {
                    answers.merge(answer, 1L, (a, b) -> (Long) a + (Long) b);
                }
            } catch (RuntimeException e) {
                synchronized (this) {
                    failed++;
                    if (errors.size() < 10) {
                        Map<String, Object> told = Told.error(e, 0);
                        told.put("at", System.nanoTime());
                        errors.add(told);
                    }
                }
            }
        }
    }

    Map<String, Object> stop() throws InterruptedException {
        stopped = true;
        long hung = 0;
        for (Thread thread : threads) {
            thread.join(30_000);
            hung += thread.isAlive() ? 1 : 0;
        }
        synchronized (this) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("answers", answers);
            told.put("failed", failed);
            told.put("errors", errors);
            told.put("hung", hung);
            return told;
        }
    }
}
