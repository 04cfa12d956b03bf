package io.twinspan.internal.codec;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * A payload that arrived. Large byte strings stay in the core's memory until nobody looks at them
 * any more; a declared {@code ByteBuffer} or {@code NdArray} is a view of them. Not thread-safe.
 */
public final class Body {
    private static final Cleaner CLEANER = Cleaner.create();

    /**
     * The collector doesn't see the memory behind the views. When there is more of it than the heap
     * may grow to, a collection is asked for before one more is made; the JDK does the same with
     * its direct buffers.
     */
    private static final long MOST_LENT = Runtime.getRuntime().maxMemory();

    /** Waits for the cleaner after that, in milliseconds: each twice as long as the one before. */
    private static final int LONGEST_WAIT = 128;

    /** Bytes behind all views. */
    private static final AtomicLong LENT = new AtomicLong();

    final byte[] bytes;

    /** Where the parts belong in the bytes, ascending; null when nothing stands beside them. */
    private final int[] places;

    private final Part[] parts;
    private RecordNames records = RecordNames.NONE;

    /** One byte string in the core's memory. */
    private static final class Part {
        private final ByteBuffer memory;
        private final Cleaner.Cleanable cleanable;
        private final AtomicLong size;
        private boolean lent;

        /** What is freed must not be reachable from what frees it. */
        private Part(ByteBuffer memory, long handle, LongConsumer free) {
            this.memory = memory;
            AtomicLong counted = new AtomicLong();
            this.size = counted;
            // Each view of a direct buffer keeps the buffer that it was made from.
            this.cleanable =
                    CLEANER.register(
                            memory,
                            () -> {
                                LENT.addAndGet(-counted.get());
                                free.accept(handle);
                            });
        }
    }

    private Body(byte[] bytes, int[] places, Part[] parts) {
        this.bytes = bytes;
        this.places = places;
        this.parts = parts;
    }

    /**
     * A payload without parts.
     *
     * @param bytes one item
     * @return the same as a body
     */
    public static Body of(byte[] bytes) {
        return new Body(bytes, null, null);
    }

    /**
     * Tells of which class registered records are for a receiver without a declared type.
     *
     * @param known knows the classes
     * @return this
     */
    public Body knowing(RecordNames known) {
        records = known;
        return this;
    }

    /**
     * Answers of which class registered records are for a receiver without a declared type.
     *
     * @return knows the classes
     */
    public RecordNames records() {
        return records;
    }

    /**
     * Takes over what the native side answers for a payload with large byte strings.
     *
     * @param given the bytes around them, a table of handle and place for each, and direct buffers
     * @param free frees a handle
     * @return the body
     */
    public static Body of(Object[] given, LongConsumer free) {
        long[] table = (long[]) given[1];
        int[] places = new int[table.length / 2];
        Part[] parts = new Part[places.length];
        for (int i = 0; i < parts.length; i++) {
            places[i] = (int) table[2 * i + 1];
            parts[i] = new Part((ByteBuffer) given[i + 2], table[2 * i], free);
        }
        return new Body((byte[]) given[0], places, parts);
    }

    boolean hasParts() {
        return parts != null;
    }

    private Part part(int place) {
        int at = places == null ? -1 : Arrays.binarySearch(places, place);
        return at < 0 ? null : parts[at];
    }

    boolean isPart(int place) {
        return part(place) != null;
    }

    /** The memory of the part that belongs to this place, to be read before the decoding ends. */
    ByteBuffer read(int place) {
        return part(place).memory.asReadOnlyBuffer();
    }

    /** A read-only view of it that may be kept. */
    ByteBuffer lend(int place) {
        Part part = part(place);
        if (!part.lent) {
            if (isTooMuch()) {
                ByteBuffer copy = ByteBuffer.allocate(part.memory.capacity());
                return copy.put(part.memory.duplicate()).flip().asReadOnlyBuffer();
            }
            part.lent = true;
            part.size.set(part.memory.capacity());
            LENT.addAndGet(part.memory.capacity());
        }
        return part.memory.asReadOnlyBuffer();
    }

    /** Whether so much is looked at that the next one has to weigh on the heap. */
    private static boolean isTooMuch() {
        if (LENT.get() <= MOST_LENT) {
            return false;
        }
        System.gc();
        for (int wait = 1; wait <= LONGEST_WAIT && LENT.get() > MOST_LENT; wait *= 2) {
            try {
                Thread.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return LENT.get() > MOST_LENT;
    }

    /** All in one array, for values that can only be compared as a whole. */
    byte[] whole() {
        if (parts == null) {
            return bytes;
        }
        long length = bytes.length;
        for (Part part : parts) {
            length += part.memory.capacity();
        }
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(length));
        int taken = 0;
        for (int i = 0; i < parts.length; i++) {
            out.put(bytes, taken, places[i] - taken).put(parts[i].memory.duplicate());
            taken = places[i];
        }
        return out.put(bytes, taken, bytes.length - taken).array();
    }

    /**
     * Frees at once what no view was made of. To be called when the decoding is over; the body
     * can't be decoded again.
     */
    public void release() {
        if (parts != null) {
            for (Part part : parts) {
                if (!part.lent) {
                    part.cleanable.clean();
                }
            }
        }
    }
}
