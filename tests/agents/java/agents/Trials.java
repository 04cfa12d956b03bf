package agents;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.CallOptions;
import io.twinspan.Node;
import io.twinspan.TwinspanException;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * What the suites of faults ask of the Java agent, beside what every test asks. trials.py is its
 * twin.
 */
final class Trials {
    private Deeds deeds;
    private Faulty faulty;

    static long nanos(Map<?, ?> ask, String key) {
        return (long) (((Number) ask.get(key)).doubleValue() * 1e9);
    }

    /** Serves {@code deeds} under the names that the request lists, and {@code faulty}. */
    void offer(App app, Map<?, ?> ask) throws IOException {
        if (ask.get("deeds") instanceof String file) {
            deeds = new Deeds(file);
            for (Object name : (List<?>) ask.get("deeds_as")) {
                app.serve((String) name, deeds);
            }
        }
        if (ask.get("faulty") instanceof String name) {
            faulty = new Faulty();
            app.serve(name, faulty);
        }
    }

    Object run(Node node, Map<?, ?> ask) throws Exception {
        switch ((String) ask.get("op")) {
            case "know":
                faulty.joined(node);
                return null;
            case "catch":
                return Catching.caught(node, ask);
            case "storm":
                return new Storm(node, ask).run();
            case "cancels":
                return cancels(node, ask);
            case "flood":
                return flood(node, ask);
            case "told":
                return deeds.take();
            case "stats":
                return stats(node);
            case "heap":
                System.gc();
                return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            case "workers":
                return workers(node);
            case "timed":
                return timed(node, ask);
            case "roots":
                return roots(node, ask);
            case "many":
                return many(node, ask);
            case "collect":
                return collect(nanos(ask, "seconds"));
            default:
                throw new IllegalArgumentException("no op " + ask.get("op"));
        }
    }

    private static Object cancels(Node node, Map<?, ?> ask) throws Exception {
        Random dice = new Random((Long) ask.get("seed"));
        List<?> methods = (List<?>) ask.get("methods");
        int most = ((Long) ask.get("in_flight")).intValue();
        Semaphore room = new Semaphore(most);
        ScheduledExecutorService clock = Executors.newScheduledThreadPool(1);
        List<Object> cancelled = new ArrayList<>();
        Map<String, Long> others = new TreeMap<>();
        CallOptions options = CallOptions.timeout(Duration.ofSeconds(30));
        for (int number = 0; number < (Long) ask.get("count"); number++) {
            room.acquire();
            String key = (String) ask.get("prefix") + number;
            String target = ask.get("service") + "." + methods.get(number % methods.size());
            long delay =
                    (long) (dice.nextDouble() * ((Number) ask.get("most_ms")).doubleValue() * 1e6);
            CompletableFuture<Object> future =
                    node.call(target, Args.of(key)).options(options).async(Object.class);
            clock.schedule(
                    () -> {
                        long at = System.nanoTime();
                        future.cancel(true);
                        future.whenComplete(
                                (answer, error) -> {
                                    synchronized (cancelled) {
                                        if (error instanceof CancellationException) {
                                            cancelled.add(List.of(key, at));
                                        } else {
                                            others.merge(
                                                    String.valueOf(error == null ? answer : error),
                                                    1L,
                                                    Long::sum);
                                        }
                                    }
                                    room.release();
                                });
                    },
                    delay,
                    TimeUnit.NANOSECONDS);
        }
        if (!room.tryAcquire(most, 60, TimeUnit.SECONDS)) {
            throw new TimeoutException("calls are still open");
        }
        clock.shutdown();
        synchronized (cancelled) {
            return Agent.map("cancelled", cancelled, "others", others);
        }
    }

    private static Object flood(Node node, Map<?, ?> ask) throws Exception {
        return new Flood(node, ask).run();
    }

    private static Object stats(Node node) {
        System.gc();
        Map<String, Object> out = new LinkedHashMap<>(node.stats());
        String[] tasks = new File("/proc/self/task").list();
        out.put("threads", tasks == null ? 0L : (long) tasks.length);
        return out;
    }

    private static Object workers(Node node) {
        Pattern name = Pattern.compile("twinspan-" + Pattern.quote(node.name()) + "-\\d+");
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> name.matcher(thread.getName()).matches())
                .count();
    }

    /** The collector stops all threads most of the time. */
    private static Object collect(long nanos) {
        List<Object> heap = new ArrayList<>();
        for (int i = 0; i < 4_000_000; i++) {
            heap.add(new long[2]);
        }
        long until = System.nanoTime() + nanos;
        long times = 0;
        while (System.nanoTime() < until) {
            System.gc();
            times++;
        }
        return Agent.map("times", times, "objects", heap.size());
    }

    private interface Work<T> {
        T at(int number) throws Exception;
    }

    private static <T> List<T> all(Map<?, ?> ask, Work<T> work) throws Exception {
        int atOnce = ((Long) ask.get("at_once")).intValue();
        ExecutorService pool = Executors.newFixedThreadPool(atOnce);
        try {
            List<Future<T>> open = new ArrayList<>();
            for (int i = 0; i < (Long) ask.get("count"); i++) {
                int number = i;
                open.add(pool.submit(() -> work.at(number)));
            }
            List<T> out = new ArrayList<>();
            for (Future<T> one : open) {
                out.add(one.get());
            }
            return out;
        } finally {
            pool.shutdownNow();
        }
    }

    private static CallOptions timeout(Map<?, ?> ask) {
        double seconds = ask.get("timeout") instanceof Number n ? n.doubleValue() : 30;
        return CallOptions.timeout(Duration.ofNanos((long) (seconds * 1e9)));
    }

    private static Object timed(Node node, Map<?, ?> ask) throws Exception {
        String target = ask.get("service") + "." + ask.get("method");
        Object[] arguments =
                ask.get("arguments") instanceof List<?> some ? some.toArray() : new Object[0];
        CallOptions options = timeout(ask);
        return all(
                ask,
                number -> {
                    long begun = System.nanoTime();
                    node.call(target, Args.of(arguments)).options(options).as(Object.class);
                    return (System.nanoTime() - begun) / 1e6;
                });
    }

    private static Object roots(Node node, Map<?, ?> ask) throws Exception {
        List<?> path = (List<?>) ask.get("path");
        CallOptions options = timeout(ask);
        Map<String, Integer> ends = new TreeMap<>();
        List<Double> took =
                all(
                        ask,
                        number -> {
                            long begun = System.nanoTime();
                            String end;
                            try {
                                List<?> hops =
                                        node.call(
                                                        path.get(0) + ".relay",
                                                        Args.of(path.subList(1, path.size())))
                                                .options(options)
                                                .as(List.class);
                                List<String> names =
                                        hops.stream()
                                                .map(hop -> "work." + ((Map<?, ?>) hop).get("name"))
                                                .toList();
                                end = names.equals(path) ? "ok" : "wrong";
                            } catch (TwinspanException e) {
                                end = e.kind().wireName();
                            }
                            synchronized (ends) {
                                ends.merge(end, 1, Integer::sum);
                            }
                            return (System.nanoTime() - begun) / 1e6;
                        });
        double slowest = took.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        return Agent.map("ends", ends, "max_ms", slowest);
    }

    /** Calls in every way that holds something in this process, and gives it back. */
    private static Object many(Node node, Map<?, ?> ask) throws Exception {
        String service = (String) ask.get("service");
        int atOnce = ((Long) ask.get("at_once")).intValue();
        long count = (Long) ask.get("count");
        Map<String, Integer> ends = new HashMap<>();
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            Thread thread =
                    new Thread(
                            () -> {
                                for (int at = next.incrementAndGet();
                                        at <= count;
                                        at = next.incrementAndGet()) {
                                    String end = end(node, service, at);
                                    synchronized (ends) {
                                        ends.merge(end, 1, Integer::sum);
                                    }
                                }
                            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return ends;
    }

    private interface Adds {
        CompletableFuture<Long> add(long a, long b);
    }

    private static String end(Node node, String service, int at) {
        try {
            switch (at % 50) {
                case 0:
                    node.client(service, Adds.class).add(at, 1).join();
                    return "new client";
                case 1:
                    {
                        CompletableFuture<Object> future =
                                node.call(service + ".later", 50L).async(Object.class);
                        future.cancel(true);
                        return future.isCancelled() ? "cancelled" : "answered";
                    }
                case 2:
                    node.call(service + ".value", "raised on purpose").as(Object.class);
                    return "answered";
                case 3:
                    node.call(service + ".later", 5L)
                            .options(CallOptions.timeout(Duration.ofMillis(1)))
                            .as(Object.class);
                    return "answered";
                case 4:
                    return node.call(service + ".add", at, 1)
                                            .async(Long.class)
                                            .get(30, TimeUnit.SECONDS)
                                    == at + 1
                            ? "ok"
                            : "wrong";
                default:
                    return node.call(service + ".add", at, 1).as(Long.class) == at + 1
                            ? "ok"
                            : "wrong";
            }
        } catch (TwinspanException e) {
            return e.kind().wireName();
        } catch (CompletionException
                | ExecutionException
                | InterruptedException
                | TimeoutException e) {
            return e.toString();
        }
    }
}
