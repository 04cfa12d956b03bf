package io.twinspan.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** What a run measured: a line for each thread, and how long all of them took together. */
record Samples(List<Line> lines, long lasted) implements Measured {
    @Override
    public int calls() {
        return lines.stream().mapToInt(Line::calls).sum();
    }

    @Override
    public String report() {
        long[] everything =
                lines.stream()
                        .flatMapToLong(line -> LongStream.of(line.sorted()))
                        .sorted()
                        .toArray();
        double[] medians =
                lines.stream()
                        .filter(line -> line.calls() > 0)
                        .mapToDouble(line -> percentile(line.sorted(), 50))
                        .toArray();
        double spread =
                Arrays.stream(medians).max().orElse(1) / Arrays.stream(medians).min().orElse(1);
        return String.format(
                Locale.ROOT,
                "report calls=%d p50_us=%.2f p99_us=%.2f rate=%.1f spread=%.2f",
                everything.length,
                percentile(everything, 50) / 1e3,
                percentile(everything, 99) / 1e3,
                everything.length * 1e9 / lasted,
                spread);
    }

    private static double percentile(long[] ordered, int share) {
        return ordered.length == 0
                ? 0
                : ordered[
                        Math.min((int) ((long) ordered.length * share / 100), ordered.length - 1)];
    }
}
