package io.twinspan.arrow;

import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.util.MemoryUtil;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of one received table. Arrow loses track of buffers when a stream turns out to be
 * broken in the middle; this doesn't, and frees them.
 */
final class TableMemory implements AllocationManager.Factory {
    /** While it is read, a stream takes no more than twice its size and this. */
    private static final long BASE = 1 << 20;

    /** Decoded dictionaries may take so many times more. */
    private static final long EXPANSION = 32;

    private static final AtomicLong ALLOCATED = new AtomicLong();

    private final Set<Chunk> chunks = new HashSet<>();
    private final RootAllocator allocator;
    private final long size;

    TableMemory(long size) {
        this.size = size;
        this.allocator =
                new RootAllocator(
                        RootAllocator.configBuilder()
                                .allocationManagerFactory(this)
                                .maxAllocation(BASE + 2 * size)
                                .build());
    }

    BufferAllocator allocator() {
        return allocator;
    }

    /** The stream is read: what it expands to has more room. */
    void expand() {
        allocator.setLimit(EXPANSION * (BASE + size));
    }

    /** Frees everything, when nobody has a table over it. */
    synchronized void free() {
        for (Chunk chunk : Set.copyOf(chunks)) {
            chunk.release0();
        }
    }

    /** Bytes of all tables that were received and not yet closed. */
    static long allocated() {
        return ALLOCATED.get();
    }

    @Override
    public synchronized AllocationManager create(BufferAllocator accounting, long bytes) {
        Chunk chunk = new Chunk(accounting, bytes);
        chunks.add(chunk);
        return chunk;
    }

    @Override
    public ArrowBuf empty() {
        return new ArrowBuf(ReferenceManager.NO_OP, null, 0, 0);
    }

    private synchronized boolean forget(Chunk chunk) {
        return chunks.remove(chunk);
    }

    /** A piece of memory that Arrow hands out. */
    private final class Chunk extends AllocationManager {
        private final long address;
        private final long bytes;

        Chunk(BufferAllocator accounting, long bytes) {
            super(accounting);
            this.bytes = bytes;
            this.address = MemoryUtil.allocateMemory(bytes);
            ALLOCATED.addAndGet(bytes);
        }

        @Override
        public long getSize() {
            return bytes;
        }

        @Override
        protected long memoryAddress() {
            return address;
        }

        @Override
        protected void release0() {
            if (forget(this)) {
                MemoryUtil.freeMemory(address);
                ALLOCATED.addAndGet(-bytes);
            }
        }
    }
}
