package dev.trunkline.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.load.Progress.Style;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a load shows on a terminal and in a log. */
class ProgressTest {

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long nanos;

    private Progress progress(Style style, long totalBytes) {
        return new Progress(new PrintStream(shown, true, StandardCharsets.UTF_8), style, totalBytes, () -> nanos);
    }

    private void after(long millis, Progress progress, long rows, long bytes) {
        nanos += TimeUnit.MILLISECONDS.toNanos(millis);
        progress.reached(rows, bytes);
    }

    private String shown() {
        String text = shown.toString(StandardCharsets.UTF_8);
        shown.reset();
        return text;
    }

    @Test
    void aBarIsRedrawnAndTakenAway() {
        Progress progress = progress(Style.BAR, 10_000_000);
        after(100, progress, 1000, 100_000);
        assertEquals("", shown());
        after(400, progress, 25_000, 2_500_000);
        assertEquals("\r[######                  ]  25 %  25,000 rows  50,000 rows/s  5.0 MB/s  0:01 left\033[K",
                shown());
        after(100, progress, 26_000, 2_600_000);
        assertEquals("", shown());
        after(500, progress, 100_000, 10_000_000);
        assertEquals("\r[########################] 100 %  100,000 rows  90,909 rows/s  9.1 MB/s  0:00 left\033[K",
                shown());
        progress.end();
        assertEquals("\r\033[K", shown());
        progress.end();
        assertEquals("", shown());
    }

    @Test
    void elsewhereALineNowAndThen() {
        Progress progress = progress(Style.LINES, -1);
        after(4000, progress, 1000, 1000);
        assertEquals("", shown());
        after(1000, progress, 2_000_000, 50_000_000);
        assertEquals("2,000,000 rows  400,000 rows/s  10.0 MB/s" + System.lineSeparator(), shown());
        progress.end();
        assertEquals("", shown());
    }

    @Test
    void nothingWhenQuiet() {
        Progress progress = progress(Style.NONE, 100);
        after(60_000, progress, 10, 10);
        progress.end();
        assertEquals("", shown());
    }
}
