package dev.trunkline.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.plan.Merge.AggregateFunction;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a merge waits, ends, fails and frees; {@code MergeStepsNodeTest} compares what it says with a server. */
class MergeStepsTest {

    private static final RowDescription BIGINT = description(PgOid.INT8);
    private static final List<SortKey> ASCENDING = List.of(new SortKey(0, false, false, false));

    private final ByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT;

    private static RowDescription description(int... oids) {
        return new RowDescription(java.util.Arrays.stream(oids)
                .mapToObj(oid -> new Field("c", 0, 0, oid, -1, -1, 1)).toList());
    }

    private ByteBuf run(long... values) {
        ByteBuf run = allocator.buffer();
        for (long value : values) {
            run.writeByte('D').writeInt(4 + 2 + 4 + 8).writeShort(1).writeInt(8).writeLong(value);
        }
        return run;
    }

    private String taken(RowMerge merge) {
        StringBuilder taken = new StringBuilder();
        ByteBuf run = merge.take(allocator, RowMerge.ALL);
        if (run == null) {
            return null;
        }
        while (run.isReadable()) {
            run.skipBytes(5 + 2 + 4);
            taken.append(run.readLong()).append(' ');
        }
        run.release();
        return taken.toString();
    }

    @Test
    void anOrderedMergeSaysNothingBeforeEveryInputDid() {
        RowMerge merge = MergeSteps.ordered(3, ASCENDING).show(1);
        merge.describe(0, BIGINT);
        merge.rows(0, run(1, 4, 7));
        merge.rows(1, run(2));
        assertNull(merge.take(allocator, RowMerge.ALL));
        merge.complete(2);
        // The second input may still have a 3.
        assertEquals("1 2 ", taken(merge));
        assertNull(taken(merge));
        merge.rows(1, run(3, 5));
        assertEquals("3 4 5 ", taken(merge));
        merge.complete(1);
        assertEquals("7 ", taken(merge));
        assertFalse(merge.finished());
        merge.complete(0);
        assertNull(taken(merge));
        assertTrue(merge.finished());
        assertEquals(6, merge.rows());
    }

    /** A node that sends fewer columns than it was asked for is not to be relied on: that is no defect of ours. */
    @Test
    void missingColumnsAreTheNodesFault() {
        Merge rows = new Merge.Concat();
        List<Merge.EqualColumn> third = List.of(new Merge.EqualColumn(2, true));
        List<Merge> merges = List.of(new Merge.OrderedMerge(List.of(new Merge.SortColumn(2, false, false, false))),
                new Merge.Sorted(rows, List.of(new Merge.SortColumn(2, false, false, false))),
                new Merge.Distinct(rows, third, false), new Merge.Distinct(rows, third, true),
                new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.MAX, 2)), 1),
                new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.AVG, 2)), 1),
                new Merge.GroupedAggregate(rows, third,
                        List.of(new AggregateColumn(AggregateFunction.GROUP, -1),
                                new AggregateColumn(AggregateFunction.COUNT, -1)),
                        false));
        for (Merge merge : merges) {
            for (int columns = 0; columns <= 2; columns++) {
                int[] oids = java.util.stream.IntStream.range(0, columns).map(i -> PgOid.INT8).toArray();
                RowMerge started = RowMerge.of(merge, 2);
                ProxyException e = assertThrows(ProxyException.class, () -> started.describe(0, description(oids)),
                        merge + " of " + columns);
                assertEquals("58000", e.sqlState());
                started.release();
            }
        }
    }

    @Test
    void aLimitEndsBeforeTheInputsDoAndFreesWhatComesLate() {
        RowMerge merge = MergeSteps.ordered(2, ASCENDING).limit(1, 2).show(1);
        merge.describe(0, BIGINT);
        ByteBuf queued = run(1, 3, 5);
        merge.rows(0, queued);
        merge.rows(1, run(2, 4));
        assertEquals("2 3 ", taken(merge));
        assertTrue(merge.finished());
        assertEquals(0, queued.refCnt());
        ByteBuf late = run(9);
        merge.rows(1, late);
        assertEquals(0, late.refCnt());
        merge.release();
    }

    @Test
    void aLimitOfNothingNeedsNoRow() {
        RowMerge merge = MergeSteps.ordered(2, ASCENDING).limit(0, 0).show(1);
        merge.describe(0, BIGINT);
        assertNull(taken(merge));
        assertTrue(merge.finished());
    }

    @Test
    void aRowLimitOfAPortalStopsInTheMiddle() {
        RowMerge merge = MergeSteps.ordered(1, ASCENDING).show(1);
        merge.describe(0, BIGINT);
        merge.rows(0, run(1, 2, 3));
        merge.complete(0);
        merge.take(allocator, 2).release();
        assertEquals(2, merge.takenRows());
        assertFalse(merge.finished());
        merge.take(allocator, 2).release();
        assertEquals(1, merge.takenRows());
        assertTrue(merge.finished());
        assertEquals(3, merge.rows());
    }

    @Test
    void beyondTheBudgetIsTl004() {
        RowMerge merge = MergeSteps.unordered(1).distinct(List.of(new EqualityKey(0, true)), 10_000).show(1);
        merge.describe(0, BIGINT);
        long[] values = new long[1000];
        java.util.Arrays.setAll(values, i -> i % 10);
        merge.rows(0, run(values));
        assertEquals("0 1 2 3 4 5 6 7 8 9 ", taken(merge));
        java.util.Arrays.setAll(values, i -> i);
        ByteBuf run = run(values);
        merge.rows(0, run);
        ProxyException refused = assertThrows(ProxyException.class, () -> merge.take(allocator, RowMerge.ALL));
        assertEquals("TL004", refused.sqlState());
        merge.release();
        assertEquals(0, run.refCnt());
    }

    @Test
    void aRowThatIsNoneFailsAndFrees() {
        for (int cut : new int[]{1, 5, 7, 12, 18}) {
            RowMerge merge = MergeSteps.ordered(1, ASCENDING).show(1);
            merge.describe(0, BIGINT);
            ByteBuf run = run(1).writerIndex(cut);
            merge.rows(0, run);
            assertThrows(ProxyException.class, () -> merge.take(allocator, RowMerge.ALL), "cut at " + cut);
            merge.release();
            assertEquals(0, run.refCnt());
        }
    }

    @Test
    void aSumBeyondBigintIsTheServersError() {
        RowMerge merge = RowMerge.of(new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.SUM, -1)), 1),
                2);
        merge.describe(0, BIGINT);
        merge.rows(0, run(Long.MAX_VALUE));
        merge.rows(1, run(1));
        assertEquals("22003", assertThrows(ProxyException.class, () -> merge.take(allocator, 1)).sqlState());
        merge.release();
    }

    @Test
    void anOrderThatANodeAloneKnowsIsRefused() {
        RowMerge merge = MergeSteps.ordered(2, ASCENDING).show(1);
        ProxyException refused = assertThrows(ProxyException.class, () -> merge.describe(0, description(PgOid.TEXT)));
        assertEquals("ORDER BY text is not supported over several nodes", refused.getMessage());
        assertEquals("TL002", refused.sqlState());
    }

    @Test
    void nodesThatDisagreeAreRefused() {
        for (RowMerge merge : List.of(MergeSteps.unordered(2).show(1), RowMerge.of(new Merge.Concat(), 2))) {
            assertEquals(BIGINT, merge.describe(0, BIGINT));
            assertEquals(BIGINT, merge.describe(1, description(PgOid.INT8)));
            for (RowDescription other : List.of(description(PgOid.INT4), description(PgOid.INT8, PgOid.INT8))) {
                assertEquals("TL002", assertThrows(ProxyException.class, () -> merge.describe(1, other)).sqlState());
            }
        }
    }

    @Test
    void anAverageHidesItsSumAndItsCount() {
        Merge.Aggregate merge = new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.COUNT, -1),
                new AggregateColumn(AggregateFunction.MIN, 3), new AggregateColumn(AggregateFunction.AVG, 4)), 3);
        assertEquals(3, merge.hidden());
    }
}
