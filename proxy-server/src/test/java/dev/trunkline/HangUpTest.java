package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HangUpTest {

    @Test
    void theSignalHasItsTaskDoneEachTime() throws Exception {
        assumeFalse(IgnoredSignals.contain(IgnoredSignals.HUP), "started by nohup or the like: SIGHUP never arrives");
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(2);
        HangUp.call(() -> {
            first.countDown();
            second.countDown();
        });
        hangUp();
        assertTrue(first.await(60, TimeUnit.SECONDS));
        hangUp();
        assertTrue(second.await(60, TimeUnit.SECONDS));
    }

    private static void hangUp() throws Exception {
        Process kill = new ProcessBuilder("kill", "-HUP", Long.toString(ProcessHandle.current().pid())).start();
        assertEquals(0, kill.waitFor());
    }
}
