package dev.trunkline.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import org.junit.jupiter.api.Test;

class BudgetTest {

    /** Each within its own budget, merges of many sessions filled the heap, which ended the process. */
    @Test
    void allTogetherHoldNoMoreThanTheyMay() {
        MergeMemory shared = new MergeMemory(200_000);
        Budget one = new Budget("GROUP BY", 1_000_000, shared);
        Budget other = new Budget("DISTINCT", 1_000_000, shared);
        one.take(130_000);
        other.take(10);
        ProxyException refused = assertThrows(ProxyException.class, () -> other.take(100_000));
        assertEquals(ProxyError.MERGES_OUT_OF_MEMORY, refused.error());
        assertEquals("out of memory for DISTINCT over several nodes", refused.getMessage());
        other.release();
        one.take(60_000);
        one.release();
        one.release();
        assertTrue(shared.take(200_000));
        assertFalse(shared.take(1));
    }

    @Test
    void aMergeHoldsNoMoreThanItsBudget() {
        MergeMemory shared = new MergeMemory(1_000_000);
        Budget budget = new Budget("GROUP BY", 1_000, shared);
        budget.take(1_000);
        assertEquals(ProxyError.OVER_BUDGET, assertThrows(ProxyException.class, () -> budget.take(1)).error());
        budget.release();
        budget.take(1_000);
    }
}
