package io.twinspan.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.App;
import io.twinspan.Args;
import io.twinspan.CallOptions;
import io.twinspan.Context;
import io.twinspan.Kind;
import io.twinspan.Node;
import io.twinspan.RemoteCall;
import io.twinspan.RemoteCallException;
import io.twinspan.RemoteStream;
import io.twinspan.TwinspanException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * tests/fakes/behaviours.txt on a fake node and in a real cluster: callers see the same.
 * test_fake_behaviours.py is Python's side.
 */
class BehavioursTest {
    private static TestCluster cluster;

    /** A row of the table. */
    record Row(
            String name, String where, String call, String timeout, String first, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** What a caller sees, and the text of its error. */
    record Seen(String outcome, String text) {}

    static Stream<Row> rows() throws IOException {
        return Files.readAllLines(Path.of("../../tests/fakes/behaviours.txt")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split("\\|", -1))
                .map(
                        cells ->
                                new Row(
                                        cells[0].strip(),
                                        cells[1].strip(),
                                        cells[2].strip(),
                                        cells[3].strip(),
                                        cells[4].strip(),
                                        cells[5].strip()));
    }

    @BeforeAll
    static void join() {
        Probe probe = new Probe();
        cluster =
                TestCluster.start(
                        List.of(App.named("probe").serve("probe", probe), App.named("caller")));
        probe.on(cluster.node(0));
    }

    @AfterAll
    static void leave() {
        cluster.close();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void blocking(Row row) {
        same(row, false);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void future(Row row) {
        same(row, true);
    }

    private static void same(Row row, boolean future) {
        Probe probe = new Probe();
        try (FakeNode fake = FakeNode.start().serve(App.named("probe").serve("probe", probe))) {
            probe.on(fake.node());
            prepare(fake, row);
            Seen seen = played(fake.node(), row, future);
            assertEquals(row.expected(), seen.outcome(), seen.text());
            if (row.where().equals("both")) {
                assertEquals(played(cluster.node(1), row, future), seen);
            }
        }
    }

    private static void prepare(FakeNode fake, Row row) {
        String[] first = row.first().split(" ");
        if (first[0].equals("fail")) {
            Kind kind =
                    Arrays.stream(Kind.values())
                            .filter(one -> one.wireName().equals(first[1]))
                            .findFirst()
                            .orElseThrow();
            fake.fail("probe", kind);
        } else if (first[0].equals("delay")) {
            String method = row.call().split(" ")[0];
            fake.on("probe." + method)
                    .delay(Duration.ofMillis(Long.parseLong(first[1])))
                    .proceeds();
        }
    }

    @SuppressWarnings("try")
    private static Seen played(Node node, Row row, boolean future) {
        String[] words = row.call().split(" ");
        String target = words[0].contains(".") ? words[0] : "probe." + words[0];
        Args args = arguments(words);
        List<Object> items = new ArrayList<>();
        try (Context.Scope scope = Context.withBaggage("tenant", "acme")) {
            RemoteCall call = node.call(target, args);
            if (!row.timeout().isEmpty()) {
                call =
                        call.options(
                                CallOptions.timeout(
                                        Duration.ofMillis(Long.parseLong(row.timeout()))));
            }
            Object result = future ? call.async(Object.class).join() : call.as(Object.class);
            if (result instanceof RemoteStream<?> stream) {
                stream.forEach(items::add);
                return new Seen("= " + items, "");
            }
            return new Seen("= " + result, "");
        } catch (CompletionException e) {
            return failed(items, (TwinspanException) e.getCause());
        } catch (TwinspanException e) {
            return failed(items, e);
        }
    }

    private static Args arguments(String[] words) {
        List<Object> placed = new ArrayList<>();
        Args named = null;
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            Object value = value(words[i].substring(equals + 1));
            if (equals < 0) {
                placed.add(value);
            } else {
                named = named == null ? Args.of(placed.toArray()) : named;
                named = named.named(words[i].substring(0, equals), value);
            }
        }
        return named == null ? Args.of(placed.toArray()) : named;
    }

    private static Object value(String text) {
        if (text.startsWith("~")) {
            return Arrays.stream(text.substring(1).split(",")).map(Integer::valueOf).iterator();
        }
        return text.startsWith("\"") ? text.substring(1, text.length() - 1) : new BigInteger(text);
    }

    private static Seen failed(List<Object> items, TwinspanException error) {
        String told =
                "! "
                        + error.kind().wireName()
                        + " "
                        + error.executed().name().toLowerCase(Locale.ROOT);
        if (error instanceof RemoteCallException remote) {
            assertTrue(remote.is(IllegalArgumentException.class), remote.type());
            told += " " + remote.type();
        }
        String before = items.isEmpty() ? "" : "... " + items + " ";
        // The name of the provider is another.
        String text = error.getMessage().replaceAll("`(fake|node-\\d)`", "`?`");
        return new Seen(before + told, text);
    }
}
