package dev.trunkline.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ScratchDirectoryTest {

    /**
     * Making a second directory gave up the lock on the first one's note, since it was opened and closed to look whether it
     * was locked: the next run of anybody stopped the first one's servers.
     */
    @Test
    void anotherRunLeavesAllOfOursAlone() throws Exception {
        try (ScratchDirectory first = ScratchDirectory.create()) {
            Path closed;
            try (ScratchDirectory second = ScratchDirectory.create()) {
                runAnother();
                assertTrue(Files.isDirectory(first.path()));
                assertTrue(Files.isDirectory(second.path()));
                closed = second.path();
            }
            runAnother();
            assertTrue(Files.isDirectory(first.path()));
            assertFalse(Files.exists(closed));
        }
    }

    private static void runAnother() throws Exception {
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), OtherRun.class.getName())
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertTrue(other.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, other.exitValue());
    }

    /** Clears away what dead runs left, as every run does. */
    static final class OtherRun {

        private OtherRun() {}

        public static void main(String[] arguments) throws Exception {
            ScratchDirectory.create().close();
        }
    }
}
