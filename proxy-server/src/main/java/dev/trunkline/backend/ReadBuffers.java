package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Has all sockets of an event loop read into one buffer, as long as what was read is over and done with by the next read,
 * which is the rule: a message is handed on before the loop reads again. Whoever keeps a part of it has it for himself, and
 * the loop takes a new one. A socket that fills the buffer gets larger ones of its own.
 */
public final class ReadBuffers implements RecvByteBufAllocator {

    private static final int SHARED_CAPACITY = 16 * 1024;
    private static final int LEAST_PART = 4;

    private static final FastThreadLocal<Shared> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected Shared initialValue() {
            return new Shared();
        }

        @Override
        protected void onRemoval(Shared shared) {
            shared.release();
        }
    };

    private final RecvByteBufAllocator adaptive = new AdaptiveRecvByteBufAllocator();

    @Override
    public ExtendedHandle newHandle() {
        return new SharingHandle((ExtendedHandle) adaptive.newHandle());
    }

    /**
     * A part of a buffer, for somebody who keeps it: a slice where it is a good part of its buffer, otherwise a copy, so
     * that little data never holds much memory. The caller owns it.
     */
    public static ByteBuf keep(ByteBuf in, int start, int length) {
        return length >= in.capacity() / LEAST_PART
                ? in.retainedSlice(start, length)
                : in.alloc().directBuffer(length).writeBytes(in, start, length);
    }

    private static final class Shared {

        private ByteBuf buffer;

        ByteBuf lend() {
            if (buffer == null || buffer.refCnt() > 1) {
                release();
                buffer = UnpooledByteBufAllocator.DEFAULT.directBuffer(SHARED_CAPACITY, SHARED_CAPACITY);
            }
            return buffer.clear().retain();
        }

        void release() {
            if (buffer != null) {
                buffer.release();
                buffer = null;
            }
        }
    }

    private static final class SharingHandle extends DelegatingHandle implements ExtendedHandle {

        private final ExtendedHandle adaptive;

        SharingHandle(ExtendedHandle adaptive) {
            super(adaptive);
            this.adaptive = adaptive;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return adaptive.guess() <= SHARED_CAPACITY ? OF_LOOP.get().lend() : adaptive.allocate(allocator);
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier mayHaveMore) {
            return adaptive.continueReading(mayHaveMore);
        }
    }
}
