package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinspan.NdArray;
import io.twinspan.TypeRef;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Large arrays stand beside a payload on both ways, and what is read is the same as without. */
class PartsTest {
    private static final int MANY = 100_000;

    record Series(String name, double[] values, int[] counts, List<byte[]> blobs) {}

    record Views(String name, NdArray values, NdArray counts, List<ByteBuffer> blobs) {}

    /** What the native side makes of a payload and its parts. */
    private static byte[] joined(Payload payload) {
        if (payload.parts() == null) {
            return payload.bytes();
        }
        long[] table = (long[]) payload.parts()[0];
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int taken = 0;
        for (int i = 0; i < table.length / 4; i++) {
            int place = (int) table[4 * i];
            out.write(payload.bytes(), taken, place - taken);
            taken = place;
            out.writeBytes(content(payload.parts()[i + 1], table[4 * i + 2], table[4 * i + 3]));
        }
        out.write(payload.bytes(), taken, payload.bytes().length - taken);
        return out.toByteArray();
    }

    private static byte[] content(Object part, long first, long bytes) {
        ByteBuffer out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (part instanceof ByteBuffer buffer) {
            assertTrue(buffer.isDirect());
            return out.put(buffer.duplicate().position((int) first).limit((int) (first + bytes)))
                    .array();
        }
        for (int i = (int) first; out.hasRemaining(); i++) {
            Object element = Array.get(part, i);
            if (element instanceof Double number) {
                out.putDouble(number);
            } else if (element instanceof Float number) {
                out.putFloat(number);
            } else if (element instanceof Long number) {
                out.putLong(number);
            } else if (element instanceof Integer number) {
                out.putInt(number);
            } else if (element instanceof Short number) {
                out.putShort(number);
            } else {
                out.put((Byte) element);
            }
        }
        return out.array();
    }

    private final List<Long> freed = new java.util.concurrent.CopyOnWriteArrayList<>();

    /** Cuts the given byte strings, which are all in the payload, out of it. */
    private Body cut(byte[] payload, byte[]... strings) {
        List<Integer> starts = new ArrayList<>();
        for (byte[] string : strings) {
            int at = starts.isEmpty() ? 0 : starts.get(starts.size() - 1) + 1;
            while (!java.util.Arrays.equals(
                    payload, at, at + string.length, string, 0, string.length)) {
                at++;
            }
            starts.add(at);
        }
        ByteArrayOutputStream around = new ByteArrayOutputStream();
        long[] table = new long[strings.length * 2];
        Object[] given = new Object[strings.length + 2];
        int taken = 0;
        for (int i = 0; i < strings.length; i++) {
            around.write(payload, taken, starts.get(i) - taken);
            table[2 * i] = 100 + i;
            table[2 * i + 1] = around.size();
            given[i + 2] = ByteBuffer.allocateDirect(strings[i].length).put(strings[i]).flip();
            taken = starts.get(i) + strings[i].length;
        }
        around.write(payload, taken, payload.length - taken);
        given[0] = around.toByteArray();
        given[1] = table;
        return Body.of(given, freed::add);
    }

    private static byte[] random(int length, long seed) {
        byte[] out = new byte[length];
        new Random(seed).nextBytes(out);
        return out;
    }

    private static byte[] littleEndian(double[] values) {
        ByteBuffer out = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        out.asDoubleBuffer().put(values);
        return out.array();
    }

    @Test
    void everyArrayStandsBeside() {
        Random random = new Random(1);
        ByteBuffer direct = ByteBuffer.allocateDirect(MANY + 10).put(random(MANY + 10, 2));
        direct.position(3).limit(MANY);
        ByteBuffer heap = ByteBuffer.wrap(random(MANY, 3), 5, MANY - 10).slice();
        for (Object value :
                List.of(
                        random(MANY, 1),
                        new short[] {1, 2, 3},
                        shorts(),
                        random.ints(MANY).toArray(),
                        random.longs(MANY).toArray(),
                        floats(),
                        random.doubles(MANY).toArray(),
                        direct,
                        heap,
                        heap.asReadOnlyBuffer(),
                        NdArray.of(random.doubles(MANY).toArray(), 2, MANY / 2),
                        NdArray.wrap(NdArray.Element.U8, direct, MANY - 3))) {
            Payload payload = Codec.payload(value);
            boolean small =
                    value instanceof short[] few && few.length == 3
                            || value instanceof ByteBuffer buffer && buffer.isReadOnly();
            assertEquals(small, payload.parts() == null, value.toString());
            assertArrayEquals(Codec.encodeValue(value), joined(payload));
        }
        assertNull(Codec.payload(List.of(1)).parts());
    }

    private static short[] shorts() {
        short[] out = new short[MANY];
        for (int i = 0; i < MANY; i++) {
            out[i] = (short) (i * 31);
        }
        return out;
    }

    private static float[] floats() {
        float[] out = new float[MANY];
        for (int i = 0; i < MANY; i++) {
            out[i] = i * 0.3f;
        }
        return out;
    }

    /** The shape table moves all places, and keys are compared, so they stand inside. */
    @Test
    void placesAndKeys() {
        Series series =
                new Series(
                        "s",
                        new Random(1).doubles(MANY).toArray(),
                        new int[] {1},
                        List.of(random(MANY, 4), new byte[2], random(MANY, 5)));
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put(ByteBuffer.wrap(random(MANY, 6)), series);
        map.put("set", Set.of(ByteBuffer.wrap(random(MANY, 7)), ByteBuffer.wrap(random(MANY, 8))));
        Payload payload = Codec.payload(new Object[] {1, map}, Map.of("more", series));
        assertEquals(7, payload.parts().length);
        assertArrayEquals(
                Codec.encodeArguments(new Object[] {1, map}, Map.of("more", series)),
                joined(payload));
    }

    @Test
    void whatArrivesBeside() {
        double[] values = new Random(1).doubles(MANY).toArray();
        byte[] one = random(MANY, 4);
        byte[] other = random(MANY, 5);
        Series series = new Series("s", values, new int[] {1}, List.of(one, new byte[2], other));
        byte[] payload = Codec.encodeValue(series);
        byte[] numbers = littleEndian(values);

        Series back = (Series) Codec.decode(cut(payload, numbers, one, other), Series.class);
        assertArrayEquals(values, back.values());
        assertArrayEquals(one, back.blobs().get(0));
        assertArrayEquals(other, back.blobs().get(2));
        assertEquals(List.of(100L, 101L, 102L), freed);
        freed.clear();

        Views views = (Views) Codec.decode(cut(payload, numbers, one, other), Views.class);
        assertEquals(NdArray.of(values, MANY), views.values());
        assertEquals(ByteBuffer.wrap(one), views.blobs().get(0));
        for (ByteBuffer view : List.of(views.values().buffer(), views.blobs().get(0))) {
            assertTrue(view.isDirect() && view.isReadOnly());
        }
        assertTrue(views.blobs().get(1).isReadOnly());
        assertEquals(List.of(), freed);

        record Names(String name) {}
        assertEquals(new Names("s"), Codec.decode(cut(payload, numbers, one, other), Names.class));
        assertEquals(3, freed.size());
        Object untyped = Codec.decode(cut(payload, numbers, one, other), Object.class);
        assertEquals(Plain.of(Codec.decode(payload, Object.class)), Plain.of(untyped));
        assertThrows(
                ValueException.class,
                () -> Codec.decode(cut(payload, numbers, one, other), String.class));
        assertEquals(9, freed.size());
    }

    @Test
    void keysBesideAreReadAsAWhole() {
        byte[] one = random(MANY, 4);
        byte[] other = random(MANY, 5);
        Type type = new TypeRef<Map<ByteBuffer, byte[]>>() {}.type();
        byte[] payload = Codec.encodeValue(Map.of(ByteBuffer.wrap(one), other));
        Map<?, ?> map = (Map<?, ?>) Codec.decode(cut(payload, one, other), type);
        assertArrayEquals(other, (byte[]) map.get(ByteBuffer.wrap(one)));
        assertEquals(List.of(100L, 101L), freed);

        Signature signature = Signature.of("f", List.of(Parameter.of("a", type)), void.class);
        byte[] call =
                Codec.encodeArguments(new Object[] {Map.of(ByteBuffer.wrap(one), other)}, null);
        Object[] arguments = Codec.decodeArguments(cut(call, one, other), signature);
        assertTrue(((Map<?, ?>) arguments[0]).containsKey(ByteBuffer.wrap(one)));
    }

    /** Views live as long as somebody has one, whatever it was made of. */
    @Test
    void viewsAreFreedWithTheLastOne() throws InterruptedException {
        byte[] one = random(MANY, 4);
        byte[] payload = Codec.encodeValue(List.of(one));
        List<?> list =
                (List<?>)
                        Codec.decode(cut(payload, one), new TypeRef<List<ByteBuffer>>() {}.type());
        ByteBuffer slice = ((ByteBuffer) list.get(0)).slice(10, 20).duplicate();
        list = null;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(30);
        }
        assertEquals(List.of(), freed);
        assertEquals(ByteBuffer.wrap(one, 10, 20), slice);
        slice = null;
        for (int i = 0; i < 100 && freed.isEmpty(); i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(List.of(100L), freed);
        assertFalse(freed.isEmpty() && slice == null && list == null);
    }
}
