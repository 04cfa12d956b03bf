package io.twinspan.internal.codec;

import io.twinspan.TypeRef;

import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Measures the codec, for information: {@code java -cp target/classes:target/test-classes
 * io.twinspan.internal.codec.CodecSpeed}.
 */
public final class CodecSpeed {
    private static volatile Object sink;

    private CodecSpeed() {}

    record Flight(
            String id,
            String from,
            String to,
            long departs,
            long arrives,
            int seats,
            double price,
            boolean direct,
            String carrier,
            int stops) {}

    record Stamped(String id, Instant at) {}

    public static void main(String[] args) {
        Flight flight =
                new Flight(
                        "LH-1234",
                        "FRA",
                        "JFK",
                        1_700_000_000L,
                        1_700_030_000L,
                        320,
                        512.25,
                        true,
                        "Lufthansa",
                        0);
        measure("encode a record of 10 fields", () -> Codec.encodeValue(flight));
        byte[] one = Codec.encodeValue(flight);
        System.out.println("  bytes: " + one.length);
        measure("decode a record of 10 fields", () -> Codec.decode(one, Flight.class));
        measure("decode it untyped", () -> Codec.decode(one, Object.class));
        List<Flight> flights = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            flights.add(flight);
        }
        measure("encode 1000 records", () -> Codec.encodeValue(flights));
        byte[] many = Codec.encodeValue(flights);
        System.out.println("  bytes: " + many.length);
        Type list = new TypeRef<List<Flight>>() {}.type();
        measure("decode 1000 records", () -> Codec.decode(many, list));
        Object[] arguments = {"A1", 3};
        measure("encode two arguments", () -> Codec.encodeArguments(arguments, null));
        byte[] call = Codec.encodeArguments(arguments, null);
        Signature signature =
                Signature.of(
                        "quote",
                        List.of(Parameter.of("sku", String.class), Parameter.of("n", int.class)),
                        int.class);
        measure("decode two arguments", () -> Codec.decodeArguments(call, signature));
        Stamped stamped = new Stamped("x", Instant.now());
        measure(
                "a record with an instant, both ways",
                () -> Codec.decode(Codec.encodeValue(stamped), Stamped.class));
        double[] numbers = new double[1_000_000];
        measure(
                "a million doubles, both ways",
                () -> Codec.decode(Codec.encodeValue(numbers), double[].class));
    }

    private static void measure(String what, Supplier<Object> work) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 8; round++) {
            long start = System.nanoTime();
            long end = start;
            int count = 0;
            while (end - start < 250_000_000L) {
                sink = work.get();
                count++;
                if ((count & 15) == 0 || end - start > 10_000_000L) {
                    end = System.nanoTime();
                }
            }
            best = Math.min(best, (double) (end - start) / count);
        }
        System.out.printf("%-40s %12.0f ns%n", what, best);
    }
}
