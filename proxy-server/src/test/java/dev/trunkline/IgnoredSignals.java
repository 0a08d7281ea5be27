package dev.trunkline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which signals this process was started with ignored, as what it starts has too; the JVM leaves that as it is. */
final class IgnoredSignals {

    static final int HUP = 1;
    static final int INT = 2;

    private IgnoredSignals() {}

    /** Whether the signal of this number is ignored; false where the system doesn't say. */
    static boolean contain(int signal) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return false;
        }
        String mask = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:")).findFirst()
                .orElse("SigIgn: 0").substring(7).strip();
        return (Long.parseUnsignedLong(mask, 16) & 1L << signal - 1) != 0;
    }
}
