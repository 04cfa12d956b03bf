package io.twinspan.bench;

import io.twinspan.RemoteStream;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Items of a stream, which are not timed one by one, and how long all of them took together. The
 * loops are those of agents/flow.py.
 */
record Flow(int calls, long lasted) implements Measured {
    /** Bytes of items between two looks at the clock. */
    private static final int STRIDE = 64 << 10;

    @Override
    public String report() {
        return String.format(Locale.ROOT, "report calls=%d rate=%.1f", calls, calls * 1e9 / lasted);
    }

    /** Reads a stream for the time that was ordered. */
    static Flow streamed(Function<byte[], RemoteStream<byte[]>> opened, Order order) {
        byte[] payload = order.payload();
        int stride = Math.max(1, STRIDE / order.bytes());
        try (RemoteStream<byte[]> stream = opened.apply(payload)) {
            Iterator<byte[]> items = stream.iterator();
            Pace.checked(items.next(), payload); // from here on it flows
            int count = 0;
            long start = System.nanoTime();
            long heard = start;
            while (heard - start < order.nanos()) {
                for (int i = 0; i < stride; i++) {
                    if (!Arrays.equals(items.next(), payload)) {
                        throw new IllegalStateException("an item is not what was sent");
                    }
                }
                count += stride;
                heard = System.nanoTime();
            }
            return new Flow(count, heard - start);
        }
    }

    /**
     * Calls as there is room. A call is timed from when its payload was asked for until its answer
     * is given, in its turn.
     */
    static Samples pipelined(Function<Iterator<byte[]>, Stream<byte[]>> many, Order order) {
        byte[] payload = order.payload();
        long start = System.nanoTime();
        ArrayDeque<Long> asked = new ArrayDeque<>();
        Iterator<byte[]> payloads =
                new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return System.nanoTime() - start < order.nanos();
                    }

                    @Override
                    public byte[] next() {
                        asked.add(System.nanoTime());
                        return payload;
                    }
                };
        Line line = new Line();
        try (Stream<byte[]> answers = many.apply(payloads)) {
            answers.forEach(
                    answer -> {
                        line.add(System.nanoTime() - asked.remove());
                        Pace.checked(answer, payload);
                    });
        }
        return new Samples(List.of(line), System.nanoTime() - start);
    }
}
