package dev.trunkline.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoginLineTest {

    private static final long PATIENCE = LoginLine.PATIENCE_NANOS;

    private final List<String> called = new ArrayList<>();
    private final LoginLine line = new LoginLine(2, 3);
    private final Runnable a = () -> called.add("a");
    private final Runnable b = () -> called.add("b");
    private final Runnable c = () -> called.add("c");
    private final Runnable d = () -> called.add("d");
    private final Runnable e = () -> called.add("e");

    private void come(Runnable... clients) {
        for (Runnable client : clients) {
            assertTrue(line.come(client));
        }
    }

    @Test
    void whoSaysSomethingIsInsideOrInLine() {
        come(a, b, c, d);
        assertTrue(line.speaks(a, 0));
        assertTrue(line.speaks(b, 0));
        assertFalse(line.speaks(c, 0));
        assertFalse(line.speaks(d, 0));
        assertTrue(line.isInLine(c));
        line.leave(a, 0);
        assertEquals(List.of("c"), called);
        line.leave(d, 0);
        line.leave(b, 0);
        assertEquals(List.of("c"), called);
        assertEquals(1, line.count());
    }

    @Test
    void whoSaysNothingHoldsUpNobody() {
        come(a, b, c, d, e);
        assertFalse(line.come(() -> called.add("f")), "too many");
        assertTrue(line.speaks(d, 0));
        assertTrue(line.speaks(e, 0));
        line.leave(a, 0);
        assertEquals(4, line.count());
    }

    @Test
    void whoKeepsTheProxyWaitingMakesRoom() {
        come(a, b, c, d);
        assertTrue(line.speaks(a, 0));
        line.rests(a);
        assertTrue(line.speaks(b, 10));
        line.rests(b);
        // Nobody waits: both may think for as long as they like.
        line.relieve(10 * PATIENCE);
        assertTrue(line.speaks(a, 10 * PATIENCE));
        line.rests(a);
        assertTrue(line.speaks(c, 10 * PATIENCE));
        // The one that has been inside for longest is out, the other one is when its time is over as well.
        assertTrue(line.speaks(a, 10 * PATIENCE));
        assertFalse(line.speaks(b, 10 * PATIENCE + 1));
        line.relieve(11 * PATIENCE);
        assertEquals(List.of(), called, "for c and a the proxy is at work");
        line.rests(a);
        line.relieve(11 * PATIENCE - 1);
        assertEquals(List.of(), called);
        line.relieve(11 * PATIENCE);
        assertEquals(List.of("b"), called);
        assertEquals(4, line.count());
    }

    /** A byte now and then is no more than silence: the time inside is what counts. */
    @Test
    void bytesNowAndThenKeepNoTurn() {
        come(a, b, c);
        assertTrue(line.speaks(a, 0));
        line.rests(a);
        assertTrue(line.speaks(b, 0));
        assertFalse(line.speaks(c, 1));
        assertTrue(line.speaks(a, PATIENCE - 1));
        line.rests(a);
        line.relieve(PATIENCE);
        assertEquals(List.of("c"), called);
    }

    @Test
    void otherBounds() {
        come(a, b, c, d);
        for (Runnable client : List.of(a, b, c, d)) {
            line.speaks(client, 0);
        }
        line.bounds(4, 0, 0);
        assertEquals(List.of("c", "d"), called);
        assertFalse(line.come(e));
        line.bounds(1, 0, 0);
        line.leave(a, 0);
        assertEquals(3, line.count());
    }
}
