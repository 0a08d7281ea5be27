package dev.trunkline.backend;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Buffers count wherever they come from: what a client does not read is held in those of no pool. */
class BufferMemoryTest {

    private static final int LARGE = 64 << 20;

    @Test
    void buffersOfAllKindsCount() {
        for (ByteBufAllocator allocator : List.of(ByteBufAllocator.DEFAULT, UnpooledByteBufAllocator.DEFAULT)) {
            long before = BufferMemory.bytes();
            ByteBuf buffer = allocator.directBuffer(LARGE, LARGE);
            try {
                // Others in this JVM may let go of theirs meanwhile.
                assertTrue(BufferMemory.bytes() - before > LARGE / 2, allocator.toString());
            } finally {
                buffer.release();
            }
        }
    }
}
