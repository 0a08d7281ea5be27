package dev.trunkline.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a pool tries a node again that it could not connect to. */
class BackoffTest {

    private static final ProxyException DOWN = ProxyError.NODE_DOWN.with("a");

    private long now = -5;
    private Long up;
    private final Backoff backoff = new Backoff(() -> now, since -> up != null && up - since > 0);

    private void pass(long millis) {
        now += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** How long it holds from now on, to the millisecond; time is that much later then. */
    private int hold() {
        int millis = 0;
        while (backoff.holds()) {
            pass(1);
            millis++;
        }
        return millis;
    }

    @Test
    void itDoublesWithJitterUpToFiveSeconds() {
        assertFalse(backoff.holds());
        List<Integer> expected = List.of(100, 200, 400, 800, 1600, 3200, 5000, 5000);
        List<Integer> held = new ArrayList<>();
        for (int middle : expected) {
            backoff.failed(DOWN);
            held.add(hold());
            assertTrue(held.getLast() >= middle * 3 / 4 && held.getLast() <= middle * 5 / 4 + 1, held::toString);
        }
        backoff.succeeded();
        assertFalse(backoff.holds());
        backoff.failed(DOWN);
        assertTrue(hold() <= 126);
    }

    /**
     * Ten attempts at once that failed when a node was started again had been ten failures: for five seconds nobody tried the
     * node, which was back after half of one.
     */
    @Test
    void attemptsSideBySideAreOneFailure() {
        for (int i = 0; i < 10; i++) {
            backoff.failed(DOWN);
            pass(2);
        }
        assertTrue(hold() <= 126);
        backoff.failed(DOWN);
        int held = hold();
        assertTrue(held >= 150 && held <= 251, () -> held + " ms");
    }

    @Test
    void afterAFailureOneIsTriedAndTwoAfterEachSuccess() {
        assertTrue(backoff.atOnce() > 1000);
        backoff.failed(DOWN);
        backoff.failed(DOWN);
        assertEquals(1, backoff.atOnce());
        for (int expected : new int[]{2, 4, 8, 16}) {
            backoff.succeeded();
            assertEquals(expected, backoff.atOnce());
        }
        backoff.failed(DOWN);
        assertEquals(1, backoff.atOnce());
        for (int i = 0; i < 100; i++) {
            backoff.succeeded();
        }
        assertTrue(backoff.atOnce() > 1000);
    }

    @Test
    void aNodeThatHasComeUpIsTriedAtOnce() {
        for (int i = 0; i < 8; i++) {
            hold();
            backoff.failed(DOWN);
        }
        pass(10);
        assertTrue(backoff.holds());
        assertTrue(backoff.holdsFilling());
        up = now;
        pass(10);
        assertFalse(backoff.holds());
        assertFalse(backoff.holdsFilling());
        backoff.failed(DOWN);
        assertTrue(backoff.holds(), "it came up before this failure");
        pass(3000);
        assertTrue(backoff.holds());
        up = now;
        assertEquals(0, hold());
    }
}
