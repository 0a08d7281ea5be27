package dev.trunkline.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Merge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class ConcatTest {

    private final ByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT;
    private final RowMerge concat = RowMerge.of(new Merge.Concat(), 2);

    private ByteBuf rows(int... values) {
        ByteBuf run = allocator.buffer();
        for (int value : values) {
            run.writeByte('D').writeInt(4 + 2 + 4 + 4).writeShort(1).writeInt(4).writeInt(value);
        }
        return run;
    }

    @Test
    void aWholeRunPassesUncopied() {
        ByteBuf run = rows(1, 2, 3);
        concat.rows(1, run);
        assertEquals(run.readableBytes(), concat.queuedBytes(1));
        ByteBuf taken = concat.take(allocator, RowMerge.ALL);
        assertSame(run, taken);
        assertEquals(3, concat.takenRows());
        assertEquals(0, concat.queuedBytes(1));
        assertNull(concat.take(allocator, RowMerge.ALL));
        assertEquals(0, concat.takenRows());
        taken.release();
        concat.release();
    }

    @Test
    void aRowLimitCutsARun() {
        concat.rows(0, rows(1, 2, 3));
        ByteBuf first = concat.take(allocator, 2);
        assertEquals(2 * 15, first.readableBytes());
        assertEquals(15, concat.queuedBytes(0));
        first.release();
        ByteBuf second = concat.take(allocator, 2);
        assertEquals(15, second.readableBytes());
        assertEquals(1, concat.takenRows());
        second.release();
        assertEquals(3, concat.rows());
        concat.complete(0);
        assertFalse(concat.finished());
        concat.complete(1);
        assertTrue(concat.finished());
    }

    @Test
    void inputsTakeTurns() {
        ByteBuf a = rows(1);
        ByteBuf b = rows(2);
        ByteBuf c = rows(3);
        concat.rows(0, a);
        concat.rows(0, b);
        concat.rows(1, c);
        for (ByteBuf expected : new ByteBuf[]{a, c, b}) {
            ByteBuf taken = concat.take(allocator, RowMerge.ALL);
            assertSame(expected, taken);
            taken.release();
        }
    }

    @Test
    void whatIsQueuedIsFreedAndWhatComesLateToo() {
        ByteBuf queued = rows(1);
        concat.rows(0, queued);
        concat.release();
        assertEquals(0, queued.refCnt());
        ByteBuf late = rows(2);
        concat.rows(0, late);
        assertEquals(0, late.refCnt());
        assertTrue(concat.finished());
    }

    @Test
    void bytesThatAreNoRowsAreAnError() {
        concat.rows(0, allocator.buffer().writeByte('D').writeInt(100).writeShort(1));
        assertThrows(ProxyException.class, () -> concat.take(allocator, RowMerge.ALL));
        concat.release();
    }
}
