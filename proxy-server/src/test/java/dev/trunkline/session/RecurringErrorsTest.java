package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.error.ProxyError;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecurringErrorsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final RecurringErrors errors = new RecurringErrors();

    /** {@code System.nanoTime} may be anything, and may pass 0. */
    @Test
    void oneOfAKindInTenSeconds() {
        long start = -5 * SECOND;
        assertEquals(0, errors.tell(ProxyError.NODE_DOWN, start));
        assertEquals(RecurringErrors.LEFT_OUT, errors.tell(ProxyError.NODE_DOWN, start));
        assertEquals(RecurringErrors.LEFT_OUT, errors.tell(ProxyError.NODE_DOWN, 0));
        assertEquals(0, errors.tell(ProxyError.POOL_EXHAUSTED, 0));
        assertEquals(RecurringErrors.LEFT_OUT, errors.tell(ProxyError.POOL_EXHAUSTED, 0));
        assertEquals(2, errors.tell(ProxyError.NODE_DOWN, start + 10 * SECOND));
        assertEquals(RecurringErrors.LEFT_OUT, errors.tell(ProxyError.NODE_DOWN, start + 11 * SECOND));
        assertEquals(1, errors.tell(ProxyError.NODE_DOWN, start + 20 * SECOND));
        assertEquals(0, errors.tell(ProxyError.NODE_DOWN, start + 30 * SECOND));
    }
}
