package dev.trunkline.load;

import dev.trunkline.copy.CopyFormat;
import dev.trunkline.copy.CopyScanner;
import dev.trunkline.error.ProxyError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads the rows of a stream through one buffer, which grows only for a row that is longer. */
final class RowInput {

    private static final int BUFFER_BYTES = 1 << 20;
    private static final int SHOWN_BYTES = 100;

    private final InputStream in;
    private final CopyScanner scanner;
    private final int maxRowBytes;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int start;
    private int end;
    private int filled;
    private boolean complete;
    private long consumed;

    RowInput(InputStream in, CopyFormat format, int columns, CopyScanner.CsvMarker marker, int maxRowBytes) {
        this.in = in;
        this.scanner = new CopyScanner(format, columns, marker);
        this.maxRowBytes = maxRowBytes;
    }

    /**
     * Finds the next row; false at the end of the data.
     *
     * @throws dev.trunkline.error.ProxyException
     *             22P04 for what no server would read
     */
    boolean next() throws IOException {
        consumed += end - start;
        start = end;
        while (true) {
            switch (scanner.next(buffer, start, filled, complete)) {
                case ROW -> {
                    end = scanner.end();
                    return true;
                }
                case END -> {
                    end = start;
                    return false;
                }
                case MORE -> fill();
            }
        }
    }

    /** Full, or to the end: so a row is looked at again only when the buffer has doubled. */
    private void fill() throws IOException {
        System.arraycopy(buffer, start, buffer, 0, filled - start);
        filled -= start;
        start = 0;
        if (filled == buffer.length) {
            if (filled >= maxRowBytes) {
                throw ProxyError.BAD_COPY_DATA.with("a row is longer than " + maxRowBytes + " bytes")
                        .withHint("If no quote is missing, raise --max-row.");
            }
            buffer = Arrays.copyOf(buffer, (int) Math.min(maxRowBytes, 2L * filled));
        }
        while (filled < buffer.length && !complete) {
            int read = in.read(buffer, filled, buffer.length - filled);
            if (read < 0) {
                complete = true;
            } else {
                filled += read;
            }
        }
    }

    CopyScanner row() {
        return scanner;
    }

    byte[] buffer() {
        return buffer;
    }

    /** Where the row begins in the buffer. */
    int start() {
        return start;
    }

    /** The length of the row with its line end. */
    int length() {
        return end - start;
    }

    /** The bytes of the rows before this one. */
    long consumed() {
        return consumed;
    }

    /** Where something is wrong, in the words of PostgreSQL's CONTEXT; {@code column} is null for the whole row. */
    String place(String table, String column, int position) {
        String text = "COPY " + table + ", line " + scanner.line();
        if (column != null) {
            return text + ", column " + column + ": " + shown(scanner.fieldStart(position), scanner.fieldEnd(position));
        }
        return text + ": " + shown(start, scanner.contentEnd());
    }

    private String shown(int from, int to) {
        int last = Math.min(to, from + SHOWN_BYTES);
        while (last < to && last > from && (buffer[last] & 0xc0) == 0x80) {
            last--;
        }
        return '"' + new String(buffer, from, last - from, StandardCharsets.UTF_8) + (last < to ? "...\"" : "\"");
    }
}
