package io.twinspan.arrow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.Payload;
import io.twinspan.internal.codec.Table;
import io.twinspan.internal.codec.ValueException;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.dictionary.DictionaryProvider.MapDictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class ArrowTablesTest {
    private final BufferAllocator allocator = new RootAllocator();

    record Report(String name, VectorSchemaRoot table) {}

    @AfterEach
    void nothingStays() {
        allocator.close();
    }

    /** Two columns of so many rows, each third text null. */
    private VectorSchemaRoot table(int rows) {
        BigIntVector numbers = new BigIntVector("numbers", allocator);
        VarCharVector texts = new VarCharVector("texts", allocator);
        numbers.allocateNew(rows);
        texts.allocateNew(rows * 8L, rows);
        for (int i = 0; i < rows; i++) {
            numbers.set(i, i * 1_000_000_007L);
            if (i % 3 != 0) {
                texts.setSafe(i, ("žluť " + i).getBytes(StandardCharsets.UTF_8));
            }
        }
        numbers.setValueCount(rows);
        texts.setValueCount(rows);
        return new VectorSchemaRoot(List.of(numbers, texts));
    }

    private static void same(VectorSchemaRoot expected, VectorSchemaRoot found) {
        assertEquals(expected.getSchema().getFields(), found.getSchema().getFields());
        assertEquals(expected.getRowCount(), found.getRowCount());
        assertTrue(expected.equals(found));
    }

    @Test
    void thereAndBack() {
        for (int rows : new int[] {0, 1, 7, 100_000}) {
            try (VectorSchemaRoot table = table(rows)) {
                byte[] payload = Codec.encodeValue(table);
                try (VectorSchemaRoot typed =
                                (VectorSchemaRoot) Codec.decode(payload, VectorSchemaRoot.class);
                        VectorSchemaRoot untyped =
                                (VectorSchemaRoot) Codec.decode(payload, Object.class)) {
                    same(table, typed);
                    same(table, untyped);
                }
                Report back =
                        (Report)
                                Codec.decode(
                                        Codec.encodeValue(new Report("r", table)), Report.class);
                same(table, back.table());
                back.table().close();
            }
        }
        assertNull(Codec.decode(Codec.encodeValue(null), VectorSchemaRoot.class));
    }

    @Test
    void largeColumnsAreSentFromWhereTheyAre() {
        try (VectorSchemaRoot table = table(100_000)) {
            Payload payload = Codec.payload(table);
            assertTrue(payload.bytes().length < 64_000, "" + payload.bytes().length);
            long beside = 0;
            for (Object part : payload.parts()) {
                beside += part instanceof ByteBuffer buffer ? buffer.remaining() : 0;
            }
            assertTrue(beside > 800_000 && beside < 3_000_000, "" + beside);
        }
    }

    private static byte[] stream(
            VectorSchemaRoot table, MapDictionaryProvider dictionaries, int batches)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(table, dictionaries, out)) {
            writer.start();
            for (int i = 0; i < batches; i++) {
                writer.writeBatch();
            }
            writer.end();
        }
        return out.toByteArray();
    }

    private static byte[] payload(byte[] stream) {
        return Codec.encodeValue(new Table(List.of(ByteBuffer.wrap(stream))));
    }

    @Test
    void allBatchesInOne() throws IOException {
        try (VectorSchemaRoot table = table(5)) {
            try (VectorSchemaRoot found =
                    (VectorSchemaRoot)
                            Codec.decode(payload(stream(table, null, 3)), Object.class)) {
                assertEquals(15, found.getRowCount());
                assertEquals(4_000_000_028L, ((BigIntVector) found.getVector("numbers")).get(14));
                assertEquals("žluť 4", found.getVector("texts").getObject(9).toString());
                assertNull(found.getVector("texts").getObject(13 - 3));
            }
            try (VectorSchemaRoot none =
                    (VectorSchemaRoot)
                            Codec.decode(payload(stream(table, null, 0)), Object.class)) {
                assertEquals(0, none.getRowCount());
                assertEquals(table.getSchema().getFields(), none.getSchema().getFields());
            }
        }
    }

    @Test
    void dictionariesAreDecoded() throws IOException {
        try (VectorSchemaRoot table = table(4);
                VarCharVector words = new VarCharVector("words", allocator)) {
            words.allocateNew();
            words.setSafe(0, "žluť 2".getBytes(StandardCharsets.UTF_8));
            words.setSafe(1, "žluť 1".getBytes(StandardCharsets.UTF_8));
            words.setValueCount(2);
            Dictionary dictionary = new Dictionary(words, new DictionaryEncoding(7, false, null));
            FieldVector encoded =
                    (FieldVector) DictionaryEncoder.encode(table.getVector("texts"), dictionary);
            try (VectorSchemaRoot sent = new VectorSchemaRoot(List.of(encoded))) {
                byte[] stream = stream(sent, new MapDictionaryProvider(dictionary), 2);
                try (VectorSchemaRoot found =
                        (VectorSchemaRoot) Codec.decode(payload(stream), Object.class)) {
                    FieldVector texts = found.getVector("texts");
                    assertEquals(8, found.getRowCount());
                    assertEquals("žluť 1", texts.getObject(1).toString());
                    assertEquals("žluť 2", texts.getObject(6).toString());
                    assertNull(texts.getObject(3));
                }
                String why =
                        assertThrows(
                                        ValueException.class,
                                        () -> Codec.encodeValue(Map.of("t", sent)))
                                .getMessage();
                assertTrue(why.startsWith("value[\"t\"]: the Arrow table can't be written"), why);
                assertTrue(why.contains("column `texts` is encoded by a dictionary"), why);
            }
        }
    }

    /** The bytes of a row of the list of hostile inputs. */
    private static byte[] hostile(String name) throws IOException {
        String all = Files.readString(Path.of("../../tests/hostile/inputs.json"));
        Matcher row =
                Pattern.compile(Pattern.quote('"' + name + '"') + ".*?\"bytes\": \"([^\"]*)\"")
                        .matcher(all);
        assertTrue(row.find(), name);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String piece : row.group(1).split(" ")) {
            String[] parts = piece.split("\\*");
            for (int i = parts.length == 1 ? 1 : Integer.parseInt(parts[1]); i > 0; i--) {
                out.writeBytes(HexFormat.of().parseHex(parts[0]));
            }
        }
        return out.toByteArray();
    }

    /** What compressed columns claim to expand to is looked at before anything is expanded. */
    @Test
    void bombsAreRefused() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        for (String name :
                List.of(
                        "table of 256 MiB in zstd",
                        "table of 64 MiB in lz4",
                        "table of a dictionary of 256 MiB in zstd")) {
            byte[] payload = hostile(name);
            long fastest = Long.MAX_VALUE;
            long least = Long.MAX_VALUE;
            for (int run = 0; run < 5; run++) {
                long allocated = threads.getThreadAllocatedBytes(thread);
                long begun = System.nanoTime();
                ValueException e =
                        assertThrows(
                                ValueException.class, () -> Codec.decode(payload, Object.class));
                fastest = Math.min(fastest, System.nanoTime() - begun);
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - allocated);
                assertEquals(ValueException.Kind.UNSERIALIZABLE, e.kind());
                assertTrue(e.getMessage().contains("expand to"), e.getMessage());
            }
            assertTrue(fastest <= 10_000_000, name + " took " + fastest + " ns");
            assertTrue(least <= 1_000_000, name + " allocated " + least + " bytes");
            assertEquals(0, TableMemory.allocated());
        }
    }

    /** Broken streams are refused, and nothing of them stays in memory. */
    @Test
    void brokenStreams() throws IOException {
        byte[] whole;
        try (VectorSchemaRoot table = table(50)) {
            whole = stream(table, null, 2);
        }
        int refused = 0;
        for (int length = 0; length < whole.length - 8; length += 7) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            try {
                ((VectorSchemaRoot) Codec.decode(payload(cut), Object.class)).close();
            } catch (ValueException e) {
                assertTrue(e.getMessage().startsWith("value: "), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > whole.length / 20, refused + " of " + whole.length / 7);
        java.util.Random random = new java.util.Random(5);
        for (int i = 0; i < 3_000; i++) {
            byte[] changed = whole.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            try {
                ((VectorSchemaRoot) Codec.decode(payload(changed), Object.class)).close();
            } catch (ValueException e) {
                refused++;
            }
        }
        assertEquals(0, TableMemory.allocated());
        assertEquals(
                "value: the text \"x\" is not an Arrow table".replace("the text \"x\"", "a String"),
                assertThrows(
                                ValueException.class,
                                () -> Codec.decode(Codec.encodeValue("x"), VectorSchemaRoot.class))
                        .getMessage());
    }
}
