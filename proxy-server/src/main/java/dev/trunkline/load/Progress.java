package dev.trunkline.load;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Says how far a load has come: a bar that is redrawn on a terminal, a line every few seconds elsewhere. */
public final class Progress {

    /** How it is shown. */
    public enum Style {
        BAR,
        LINES,
        NONE
    }

    private static final long BAR_NANOS = 200_000_000L;
    private static final long LINES_NANOS = 5_000_000_000L;
    private static final int BAR_WIDTH = 24;

    private final PrintStream out;
    private final Style style;
    private final long totalBytes;
    private final LongSupplier nanoClock;
    private final long started;
    private long shown;
    private boolean drawn;

    /** @param totalBytes the size of the file, -1 if it is not known */
    public Progress(PrintStream out, Style style, long totalBytes) {
        this(out, style, totalBytes, System::nanoTime);
    }

    Progress(PrintStream out, Style style, long totalBytes, LongSupplier nanoClock) {
        this.out = out;
        this.style = style;
        this.totalBytes = totalBytes;
        this.nanoClock = nanoClock;
        this.started = nanoClock.getAsLong();
        this.shown = started;
    }

    /** So much has been read. Prints now and then. */
    void reached(long rows, long bytes) {
        if (style == Style.NONE) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (now - shown >= (style == Style.BAR ? BAR_NANOS : LINES_NANOS)) {
            shown = now;
            show(rows, bytes);
        }
    }

    private void show(long rows, long bytes) {
        double seconds = seconds();
        StringBuilder text = new StringBuilder();
        if (totalBytes > 0) {
            int percent = (int) Math.min(100, 100 * bytes / totalBytes);
            if (style == Style.BAR) {
                int full = BAR_WIDTH * percent / 100;
                text.append('[').append("#".repeat(full)).append(" ".repeat(BAR_WIDTH - full)).append("] ");
            }
            text.append(String.format(Locale.ROOT, "%3d %%  ", percent));
        }
        text.append(String.format(Locale.ROOT, "%,d rows  %,.0f rows/s  %,.1f MB/s", rows, rows / seconds,
                bytes / seconds / 1e6));
        if (totalBytes > 0 && bytes > 0) {
            long left = (long) (seconds * Math.max(0, totalBytes - bytes) / bytes);
            text.append(String.format(Locale.ROOT, "  %d:%02d left", left / 60, left % 60));
        }
        if (style == Style.BAR) {
            out.print("\r" + text + "\033[K");
            drawn = true;
        } else {
            out.println(text);
        }
        out.flush();
    }

    /** Something else will be printed: takes the bar away. */
    void end() {
        if (drawn) {
            out.print("\r\033[K");
            out.flush();
            drawn = false;
        }
    }

    double seconds() {
        return Math.max(1e-3, (nanoClock.getAsLong() - started) / 1e9);
    }
}
