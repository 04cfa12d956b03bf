package io.twinspan.bench;

import io.twinspan.TypeRef;
import io.twinspan.internal.codec.Body;
import io.twinspan.internal.codec.Codec;

import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.cbor.CBORMapper;

import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How long values take to become bytes and objects again: Twinspan beside Jackson, taking turns.
 * agents/codec.py is its twin and says what it prints.
 */
public final class Values {
    private static final int RUNS = 5;
    private static volatile Object sink;

    private Values() {}

    /** Ten fields: four texts, three integers, a float, a boolean, an instant. */
    public record Flight(
            String carrier,
            String flight,
            String origin,
            String destination,
            long distance,
            int seats,
            int delay,
            double fare,
            boolean cancelled,
            Instant departs) {}

    private record Library(
            String name, Function<Object, byte[]> encode, Function<byte[], Object> decode) {}

    private record Work(
            String library,
            String name,
            Function<Object, ?> function,
            Object given,
            int bytes,
            List<Double> runs) {}

    private static Flight flight(int number) {
        String carrier = List.of("UA", "B6", "DL", "AA").get(number % 4);
        return new Flight(
                carrier,
                carrier + (1000 + number),
                List.of("EWR", "JFK", "LGA").get(number % 3),
                List.of("IAH", "MIA", "ORD", "LAX", "SFO").get(number % 5),
                200 + number % 2400,
                90 + number % 200,
                number % 90 - 20,
                Math.round((89 + number * 13.37 % 400) * 100) / 100.0,
                number % 40 == 0,
                Instant.parse("2013-01-01T05:00:00Z").plusSeconds(number * 420L));
    }

    private static Library jackson(String name, ObjectMapper mapper, Type type) {
        var writer = mapper.writerFor(mapper.constructType(type));
        var reader = mapper.readerFor(mapper.constructType(type));
        return new Library(name, writer::writeValueAsBytes, bytes -> reader.readValue(bytes));
    }

    private static List<Library> libraries(Type type) {
        Function<Body, Object> decoding = Codec.decoding(type);
        return List.of(
                new Library(
                        "twinspan", Codec::encodeValue, bytes -> decoding.apply(Body.of(bytes))),
                jackson("jackson-json", JsonMapper.builder().build(), type),
                jackson("jackson-cbor", CBORMapper.builder().build(), type));
    }

    /** Nanoseconds of one piece of work. */
    private static double times(Work work, double seconds) {
        long count = 1;
        while (true) {
            long begun = System.nanoTime();
            for (long i = 0; i < count; i++) {
                @SuppressWarnings("unchecked")
                Function<Object, Object> function = (Function<Object, Object>) work.function();
                sink = function.apply(work.given());
            }
            long spent = System.nanoTime() - begun;
            if (spent >= seconds * 1e9) {
                return (double) spent / count;
            }
            count = Math.max(count * 2, (long) (count * seconds * 1.1e9 / Math.max(spent, 1)));
        }
    }

    /** Each run measures all libraries, and starts with another one; the first ones warm up. */
    private static void measure(String what, Object value, Type type, double seconds) {
        List<Work> works = new ArrayList<>();
        for (Library library : libraries(type)) {
            byte[] payload = library.encode().apply(value);
            if (!library.decode().apply(payload).equals(value)) {
                throw new IllegalStateException(library.name() + " makes something else of it");
            }
            works.add(
                    new Work(
                            library.name(),
                            "encode",
                            library.encode(),
                            value,
                            payload.length,
                            new ArrayList<>()));
            works.add(
                    new Work(
                            library.name(),
                            "decode",
                            bytes -> library.decode().apply((byte[]) bytes),
                            payload,
                            payload.length,
                            new ArrayList<>()));
        }
        // Compiled code settles only when everything has run for a while.
        for (int warm = 0; warm < 3; warm++) {
            works.forEach(work -> times(work, Math.max(seconds, 0.3)));
        }
        for (int run = 0; run < RUNS; run++) {
            for (int i = 0; i < works.size(); i++) {
                Work work = works.get((i + run) % works.size());
                work.runs().add(times(work, seconds));
            }
        }
        works.forEach(work -> print(what, work));
    }

    private static void print(String what, Work work) {
        double[] sorted = work.runs().stream().mapToDouble(run -> run).sorted().toArray();
        System.out.printf(
                Locale.ROOT,
                "{\"lang\": \"java\", \"library\": \"%s\", \"work\": \"%s\", \"what\": \"%s\","
                        + " \"ns\": %.1f, \"bytes\": %d, \"runs\": %s}%n",
                work.library(),
                work.name(),
                what,
                sorted[sorted.length / 2],
                work.bytes(),
                Arrays.toString(work.runs().stream().mapToLong(run -> Math.round(run)).toArray()));
    }

    /**
     * Measures and prints.
     *
     * @param args seconds of one run
     */
    public static void main(String[] args) {
        double seconds = Double.parseDouble(args[0]);
        measure("record", flight(545), Flight.class, seconds);
        List<Flight> many = IntStream.range(0, 1000).mapToObj(Values::flight).toList();
        measure("records1000", many, new TypeRef<List<Flight>>() {}.type(), seconds);
    }
}
