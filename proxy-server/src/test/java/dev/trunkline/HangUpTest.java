package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HangUpTest {

    @Test
    void theSignalHasItsTaskDoneEachTime() throws Exception {
        assumeFalse(isIgnored(), "started by nohup or the like: SIGHUP never arrives");
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(2);
        HangUp.call(() -> {
            first.countDown();
            second.countDown();
        });
        hangUp();
        assertTrue(first.await(20, TimeUnit.SECONDS));
        hangUp();
        assertTrue(second.await(20, TimeUnit.SECONDS));
    }

    /** Whether this process was started with SIGHUP ignored; the JVM leaves that as it is. */
    private static boolean isIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return false;
        }
        String ignored = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:")).findFirst()
                .orElse("SigIgn: 0").substring(7).strip();
        return (Long.parseUnsignedLong(ignored, 16) & 1) != 0;
    }

    private static void hangUp() throws Exception {
        Process kill = new ProcessBuilder("kill", "-HUP", Long.toString(ProcessHandle.current().pid())).start();
        assertEquals(0, kill.waitFor());
    }
}
