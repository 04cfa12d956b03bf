package agents;

import io.twinspan.NdArray;
import io.twinspan.Node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * What large bodies cost the Java agent: the peak of its memory, heap and all else, around a call.
 * large.py is its twin.
 */
final class Large {
    private static final Path PROCESS = Path.of("/proc/self");

    /** What the caller knows of the work. */
    interface Carrier {
        NdArray numbers(NdArray value);

        double[] plain(double[] value);

        ByteBuffer view(ByteBuffer value);
    }

    private Large() {}

    /** Bytes of a row of this process's status. */
    private static long resident(String name) throws IOException {
        for (String line : Files.readAllLines(PROCESS.resolve("status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("no row " + name);
    }

    /** Forgets the peak of the memory; what is resident now. */
    static long mark() throws IOException {
        System.gc();
        // "5" sets the peak to what is resident.
        Files.writeString(PROCESS.resolve("clear_refs"), "5");
        return resident("VmRSS");
    }

    /** The peak of the memory since the mark. */
    static long peak() throws IOException {
        return resident("VmHWM");
    }

    private static double[] counted(int size) {
        double[] out = new double[size / 8];
        Arrays.setAll(out, i -> i);
        return out;
    }

    private static ByteBuffer packed(int size) {
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size / 8; i++) {
            out.putDouble(i * 8, i);
        }
        return out;
    }

    /**
     * Sends {@code bytes} of a {@code kind} there and back; whether they came back the same, the
     * growth of the peak above what the caller had with them in its hands, milliseconds, and
     * whether the answer lies in the received body.
     */
    static Object carry(Node node, Map<?, ?> ask) throws IOException {
        Carrier client = node.client((String) ask.get("service"), Carrier.class);
        int size = ((Long) ask.get("bytes")).intValue();
        return switch ((String) ask.get("kind")) {
            case "bytes" -> {
                client.view(packed(8));
                ByteBuffer sent = packed(size);
                long before = mark();
                long begun = System.nanoTime();
                ByteBuffer back = client.view(sent);
                yield told(begun, before, back.equals(sent), back.isDirect());
            }
            case "doubles" -> {
                client.plain(counted(8));
                double[] sent = counted(size);
                long before = mark();
                long begun = System.nanoTime();
                double[] back = client.plain(sent);
                yield told(begun, before, Arrays.equals(back, sent), true);
            }
            default -> {
                client.numbers(NdArray.of(counted(8), 1));
                NdArray sent = NdArray.wrap(NdArray.Element.F64, packed(size), size / 8);
                long before = mark();
                long begun = System.nanoTime();
                NdArray back = client.numbers(sent);
                yield told(begun, before, back.equals(sent), back.buffer().isDirect());
            }
        };
    }

    private static Object told(long begun, long before, boolean same, boolean looks)
            throws IOException {
        double taken = (System.nanoTime() - begun) / 1e6;
        return Agent.map("same", same, "grown", peak() - before, "ms", taken, "looks", looks);
    }
}
