package io.twinspan.drift;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.Node;
import io.twinspan.NodeConfig;
import io.twinspan.Outcome;
import io.twinspan.TwinspanException;
import io.twinspan.tests.Json;

import net.jqwik.api.RandomGenerator;
import net.jqwik.api.sessions.JqwikSession;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The Java caller: jqwik makes values, each is sent to both providers as its declared type, and
 * what comes back is compared. Each batch also goes there and back once without types.
 */
public final class Generate {
    private static final int BATCH = 24;

    /** Drifted values of each kind that are told. */
    private static final int SHOWN = 2;

    /** How widely jqwik spreads its values: as for a property of so many tries. */
    private static final int TRIES = 1_000;

    private final Node node;
    private final Map<String, Told> told = new LinkedHashMap<>();

    private Generate(Node node) {
        this.node = node;
        told.put("python", new Told());
        told.put("java", new Told());
    }

    /** The counts of one provider. */
    private static final class Told {
        private int generated;
        private int untyped;
        private int drift;
        private final List<String> shown = new ArrayList<>();

        private void drifted(String kind, Object value, Object got) {
            drift++;
            if (shown.stream().filter(line -> line.startsWith(kind + ":")).count() < SHOWN) {
                shown.add(kind + ": " + cut(value) + " came back as " + cut(got));
            }
        }

        private String json() {
            List<String> lines = shown.stream().map(Json::write).toList();
            return String.format(
                    "{\"generated\": %d, \"untyped\": %d, \"drift\": %d, \"shown\": %s}",
                    generated, untyped, drift, lines);
        }
    }

    /**
     * Calls, and prints the counts as one JSON object.
     *
     * @param args the cluster, how many values a pair, and the seed
     */
    public static void main(String[] args) {
        int count = Integer.parseInt(args[1]);
        Node node =
                Node.join(
                        App.named("generate").record(Forms.Figure.class),
                        NodeConfig.cluster(args[0]));
        Generate generate = new Generate(node);
        for (String provider : generate.told.keySet()) {
            node.waitFor("mirror." + provider, 1, Duration.ofSeconds(60));
        }
        JqwikSession.run(() -> generate.run(count, new Random(Long.parseLong(args[2]))));
        List<String> counts = new ArrayList<>();
        generate.told.forEach((name, told) -> counts.add(Json.write(name) + ": " + told.json()));
        System.out.println("{" + String.join(", ", counts) + "}");
        node.close(Duration.ZERO);
    }

    private void run(int count, Random random) {
        List<Source<?>> sources = new ArrayList<>();
        Values.kinds().forEach(kind -> sources.add(new Source<>(kind)));
        for (int sent = 0; sent < count; sent += BATCH) {
            sources.get(random.nextInt(sources.size())).send(this, random);
        }
    }

    /** A kind with its generator. */
    private static final class Source<T> {
        private final Kind<T> kind;
        private final RandomGenerator<? extends T> generator;

        private Source(Kind<T> kind) {
            this.kind = kind;
            this.generator = kind.values().generator(TRIES, true);
        }

        private void send(Generate to, Random random) {
            List<T> values = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                values.add(generator.next(random).value());
            }
            to.told.forEach((provider, told) -> to.send(provider, told, kind, values));
        }
    }

    private <T> void send(String provider, Told counts, Kind<T> kind, List<T> values) {
        String target = "mirror." + provider + ".";
        List<Args> sets = values.stream().map(value -> Args.of(value)).toList();
        try (Stream<Outcome<T>> back = node.callMany(target + kind.name(), sets).as(kind.type())) {
            int at = 0;
            for (Outcome<T> one : (Iterable<Outcome<T>>) back::iterator) {
                Object got = one.isError() ? one.error().orElseThrow() : one.value();
                Object value = values.get(at++);
                counts.generated++;
                if (!Same.same(value, got)) {
                    counts.drifted(kind.name(), value, got);
                }
            }
        }
        counts.untyped += values.size();
        Object got;
        try {
            got = node.call(target + "any", values).as(Object.class);
        } catch (TwinspanException e) {
            got = e;
        }
        Object expected = Same.withoutType(values, provider.equals("python"));
        if (!Same.same(expected, got)) {
            counts.drifted(kind.name() + ", untyped", expected, got);
        }
    }

    private static String cut(Object value) {
        String text =
                value != null && value.getClass().isArray()
                        ? Arrays.deepToString(new Object[] {value})
                        : String.valueOf(value);
        return text.length() > 600 ? text.substring(0, 600) + "…" : text;
    }
}
