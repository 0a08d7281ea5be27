package dev.trunkline.backend;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.UnpooledByteBufAllocator;

/** The memory outside of the heap that is kept for the bytes of sockets: the allocator's, and the loops' own buffers. */
public final class BufferMemory {

    private BufferMemory() {}

    /** Bytes, used or free. Callable from any thread. */
    public static long bytes() {
        long pooled = ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator
                ? allocator.metric().usedDirectMemory()
                : 0;
        return pooled + unpooled();
    }

    /** Those of them that belong to no pool: all are in use. */
    public static long unpooled() {
        return UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }
}
