package io.twinspan.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * How calls follow each other. Every Java client is measured by these loops, ours and the peers'.
 */
final class Pace {
    static final int WINDOW = 64;
    private static final long DEADLINE_SECONDS = 60;
    private ExecutorService crew;

    Samples run(Caller caller, Order order) throws Exception {
        return switch (order.face()) {
            case "threads64" -> threads(caller, order);
            case "async" ->
                    order.pace().equals("in_flight64")
                            ? flight(caller, order)
                            : oneAtATime(inFuture(caller), order);
            default -> oneAtATime(caller::call, order);
        };
    }

    private interface Call {
        byte[] call(byte[] payload) throws Exception;
    }

    private static Call inFuture(Caller caller) {
        return payload -> caller.future(payload).get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    private static Samples oneAtATime(Call call, Order order) throws Exception {
        byte[] payload = order.payload();
        checked(call.call(payload), payload);
        long start = System.nanoTime();
        Line line =
                line(
                        call,
                        payload,
                        start + order.nanos(),
                        order.pace().equals("sparse") ? new Gaps() : null);
        return new Samples(List.of(line), System.nanoTime() - start);
    }

    private static Line line(Call call, byte[] payload, long end, Gaps gaps) throws Exception {
        Line line = new Line();
        while (true) {
            if (gaps != null) {
                gaps.pause();
            }
            long sent = System.nanoTime();
            byte[] answer = call.call(payload);
            long heard = System.nanoTime();
            line.add(heard - sent);
            checked(answer, payload);
            if (heard - end >= 0) {
                return line;
            }
        }
    }

    /** 64 chains of futures: each answer sends the next call. */
    private static Samples flight(Caller caller, Order order) throws Exception {
        byte[] payload = order.payload();
        checked(inFuture(caller).call(payload), payload);
        List<Chain> chains = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < WINDOW; i++) {
            Chain chain = new Chain(caller, payload, start + order.nanos());
            chains.add(chain);
            chain.go();
        }
        List<Line> lines = new ArrayList<>();
        for (Chain chain : chains) {
            lines.add(chain.line(DEADLINE_SECONDS));
        }
        return new Samples(lines, System.nanoTime() - start);
    }

    /** 64 platform threads that outlive a run. */
    private Samples threads(Caller caller, Order order) throws Exception {
        if (crew == null) {
            crew =
                    Executors.newFixedThreadPool(
                            WINDOW,
                            work -> {
                                Thread thread = new Thread(work, "crew");
                                thread.setDaemon(true);
                                return thread;
                            });
        }
        CyclicBarrier gate = new CyclicBarrier(WINDOW + 1);
        List<Future<Line>> running = new ArrayList<>();
        for (int i = 0; i < WINDOW; i++) {
            running.add(crew.submit(() -> gated(caller, order, gate)));
        }
        try {
            gate.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (BrokenBarrierException broken) {
            // Who broke it says why below.
        }
        long start = System.nanoTime();
        List<Line> lines = new ArrayList<>();
        ExecutionException failed = null;
        for (Future<Line> each : running) {
            try {
                lines.add(each.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
            } catch (ExecutionException error) {
                failed =
                        failed == null || failed.getCause() instanceof BrokenBarrierException
                                ? error
                                : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
        return new Samples(lines, System.nanoTime() - start);
    }

    private static Line gated(Caller caller, Order order, CyclicBarrier gate) throws Exception {
        byte[] payload = order.payload();
        try {
            checked(caller.call(payload), payload);
        } catch (Exception error) {
            gate.reset();
            throw error;
        }
        gate.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
        return line(caller::call, payload, System.nanoTime() + order.nanos(), null);
    }

    static void checked(byte[] answer, byte[] payload) {
        if (!Arrays.equals(answer, payload)) {
            throw new IllegalStateException("the answer is not what was sent");
        }
    }
}
