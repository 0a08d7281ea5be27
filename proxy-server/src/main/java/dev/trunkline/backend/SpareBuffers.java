package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Small buffers for what is about to be written, used over and over by one event loop: taken for the first message of a
 * flush and given back when the socket has taken it. An allocator would do, at several times the price.
 */
final class SpareBuffers {

    static final int CAPACITY = 2048;
    private static final int KEPT = 64;

    private static final FastThreadLocal<SpareBuffers> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected SpareBuffers initialValue() {
            return new SpareBuffers();
        }

        @Override
        protected void onRemoval(SpareBuffers buffers) {
            buffers.release();
        }
    };

    private final ByteBuf[] spare = new ByteBuf[KEPT];
    private int count;

    private SpareBuffers() {}

    /** Those of the current thread. */
    static SpareBuffers ofLoop() {
        return OF_LOOP.get();
    }

    ByteBuf take() {
        return count > 0 ? spare[--count] : UnpooledByteBufAllocator.DEFAULT.directBuffer(CAPACITY);
    }

    /** Takes ownership of a buffer whose bytes nobody needs any more. */
    void giveBack(ByteBuf buffer) {
        if (count < KEPT && buffer.capacity() == CAPACITY && buffer.refCnt() == 1) {
            spare[count++] = buffer.clear();
        } else {
            buffer.release();
        }
    }

    private void release() {
        while (count > 0) {
            spare[--count].release();
        }
    }
}
