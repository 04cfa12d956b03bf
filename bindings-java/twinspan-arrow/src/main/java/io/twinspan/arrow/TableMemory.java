package io.twinspan.arrow;

import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.util.MemoryUtil;

import java.lang.ref.Cleaner;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of one received table. Arrow loses track of buffers when a stream turns out to be
 * broken in the middle; this doesn't, and frees them. What a program forgets to close is freed when
 * another table arrives, a minute or more after it was collected.
 */
final class TableMemory implements AllocationManager.Factory {
    /**
     * While it is read, a stream takes no more than twice its size, this, and what its compressed
     * columns expand to.
     */
    private static final long BASE = 1 << 20;

    /** Decoded dictionaries may take so many times more, and so may compressed columns. */
    private static final long EXPANSION = 32;

    /**
     * Compiled code may read on for a moment in memory whose owner is already unreachable; nothing
     * reads for a minute.
     */
    private static final long GRACE_NANOS = 60_000_000_000L;

    private static final Cleaner CLEANER = Cleaner.create();
    private static final Queue<Memory> FORGOTTEN = new ConcurrentLinkedQueue<>();
    private static final AtomicLong ALLOCATED = new AtomicLong();

    private final Set<Memory> all = ConcurrentHashMap.newKeySet();
    private final RootAllocator allocator;
    private final long size;

    /** {@code expansion}: what the compressed columns of a stream of this size expand to. */
    TableMemory(long size, long expansion) {
        freeForgotten();
        this.size = size;
        this.allocator =
                new RootAllocator(
                        RootAllocator.configBuilder()
                                .allocationManagerFactory(this)
                                .maxAllocation(BASE + 2 * size + expansion)
                                .build());
    }

    BufferAllocator allocator() {
        return allocator;
    }

    /** The stream is read: what it expands to has more room. */
    void expand() {
        allocator.setLimit(most(size));
    }

    /** Bytes that a stream of this size may expand to. */
    static long most(long size) {
        return EXPANSION * (BASE + size);
    }

    /** Frees everything, when nobody has a table over it. */
    void free() {
        all.forEach(Memory::free);
    }

    /** Bytes of all tables that were received and are neither closed nor collected long ago. */
    static long allocated() {
        return ALLOCATED.get();
    }

    private static void freeForgotten() {
        Memory first = FORGOTTEN.peek();
        while (first != null && System.nanoTime() - first.since > GRACE_NANOS) {
            if (FORGOTTEN.remove(first)) {
                first.free();
            }
            first = FORGOTTEN.peek();
        }
    }

    @Override
    public AllocationManager create(BufferAllocator accounting, long bytes) {
        Memory memory = new Memory(bytes, all);
        Chunk chunk = new Chunk(accounting, memory);
        CLEANER.register(chunk, memory);
        return chunk;
    }

    @Override
    public ArrowBuf empty() {
        return new ArrowBuf(ReferenceManager.NO_OP, null, 0, 0);
    }

    /** A piece of memory; it must not know what Arrow has of it. */
    private static final class Memory implements Runnable {
        private final long address;
        private final long bytes;
        private final Set<Memory> all;
        private final AtomicBoolean freed = new AtomicBoolean();
        private volatile long since;

        Memory(long bytes, Set<Memory> all) {
            this.bytes = bytes;
            this.all = all;
            this.address = MemoryUtil.allocateMemory(bytes);
            ALLOCATED.addAndGet(bytes);
            all.add(this);
        }

        void free() {
            if (freed.compareAndSet(false, true)) {
                all.remove(this);
                MemoryUtil.freeMemory(address);
                ALLOCATED.addAndGet(-bytes);
            }
        }

        /** The chunk was collected. */
        @Override
        public void run() {
            if (!freed.get()) {
                since = System.nanoTime();
                FORGOTTEN.add(this);
            }
        }
    }

    /** What Arrow has of it. */
    private static final class Chunk extends AllocationManager {
        private final Memory memory;

        Chunk(BufferAllocator accounting, Memory memory) {
            super(accounting);
            this.memory = memory;
        }

        @Override
        public long getSize() {
            return memory.bytes;
        }

        @Override
        protected long memoryAddress() {
            return memory.address;
        }

        @Override
        protected void release0() {
            memory.free();
        }
    }
}
