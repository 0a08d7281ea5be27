package dev.trunkline.copy;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.List;

/**
 * Finds rows and their fields in the bytes of a COPY, one after the other, as PostgreSQL's {@code copyfromparse.c} does. A row
 * is looked at where it lies; nothing is copied or decoded.
 *
 * <p>
 * The first row decides whether lines end with LF, CR or CRLF; another line end in the data is an error, as on the server. In
 * CSV a quoted field may hold line ends, in text one after a backslash is data. {@code \.} alone on a line ends the data,
 * except in CSV for servers from 18 on, where it is a value.
 */
public final class CopyScanner {

    /** What was found at a place. */
    public enum Found {
        ROW,
        /** The end of the data. */
        END,
        /** The bytes end within a row, and are not all. */
        MORE
    }

    /** What a line with {@code \.} alone means in CSV. */
    public enum CsvMarker {
        /** To servers before 18. */
        ENDS_DATA,
        VALUE,
        /** Some nodes would take it for the end and others for a value. */
        REFUSED
    }

    private enum LineEnd {
        UNKNOWN,
        LF,
        CR,
        CRLF
    }

    private static final int PAST_END = -1;

    private final CopyFormat format;
    private final CsvMarker marker;
    private final int[] starts;
    private LineEnd lineEnd = LineEnd.UNKNOWN;
    private long lines;
    private int fields;
    private int contentEnd;
    private int end;
    private int lineFeeds;
    private int carriageReturns;
    /** The row that is being scanned needs more bytes. */
    private boolean incomplete;

    /** @param columns how many fields a row should have; the places of so many are remembered */
    public CopyScanner(CopyFormat format, int columns, CsvMarker marker) {
        this.format = format;
        this.marker = marker;
        this.starts = new int[columns + 1];
    }

    /**
     * Looks at the row that begins at {@code from}. After MORE the same row has to be offered again, with more bytes.
     *
     * @param complete
     *            whether nothing follows {@code to}
     * @throws ProxyException
     *             22P04 for what no server would read; {@link #line} is where
     */
    public Found next(byte[] bytes, int from, int to, boolean complete) {
        if (from == to) {
            return complete ? Found.END : Found.MORE;
        }
        fields = 1;
        starts[0] = from;
        lineFeeds = 0;
        carriageReturns = 0;
        incomplete = false;
        if (bytes[from] == '\\' && from + 1 == to && !complete) {
            return Found.MORE;
        }
        if (bytes[from] == '\\' && from + 1 < to && bytes[from + 1] == '.') {
            boolean ends = endMarker(bytes, from + 2, to, complete);
            if (incomplete) {
                return Found.MORE;
            }
            if (ends && endsData()) {
                return Found.END;
            }
        }
        int at = format.csv() ? csvRow(bytes, from, to, complete) : textRow(bytes, from, to, complete);
        if (incomplete) {
            return Found.MORE;
        }
        contentEnd = at;
        end = at == to ? to : behindLineEnd(bytes, at, to, complete);
        if (incomplete) {
            return Found.MORE;
        }
        lines += linesOfRow();
        return Found.ROW;
    }

    private boolean endsData() {
        if (!format.csv() || marker == CsvMarker.ENDS_DATA) {
            return true;
        }
        if (marker == CsvMarker.REFUSED) {
            throw bad("\\. alone on a line ends the data for some nodes and is a value for others",
                    "Quote the value, or remove the line.");
        }
        return false;
    }

    /** Whether a line end that fits the others follows a marker. */
    private boolean endMarker(byte[] bytes, int at, int to, boolean complete) {
        int next = byteAt(bytes, at, to, complete);
        boolean fits = switch (lineEnd) {
            case LF -> next == '\n';
            case CR -> next == '\r';
            case CRLF -> next == '\r' && byteAt(bytes, at + 1, to, complete) == '\n';
            case UNKNOWN -> next == '\r' || next == '\n';
        };
        if (!fits && !incomplete && !format.csv()) {
            throw bad("end-of-copy marker is not alone on its line", null);
        }
        return fits;
    }

    /** The byte, or {@link #PAST_END}, which may mean that more bytes are needed. */
    private int byteAt(byte[] bytes, int at, int to, boolean complete) {
        if (at < to) {
            return bytes[at];
        }
        incomplete |= !complete;
        return PAST_END;
    }

    private int csvRow(byte[] bytes, int from, int to, boolean complete) {
        byte delimiter = format.delimiter();
        byte quote = format.quote();
        byte escape = format.escape();
        int at = from;
        while (at < to) {
            byte c = bytes[at];
            if (c == delimiter) {
                field(++at);
            } else if (c == quote) {
                at = behindQuoted(bytes, at + 1, to, quote, escape);
                if (at == PAST_END) {
                    if (complete) {
                        throw bad("unterminated CSV quoted field", null);
                    }
                    incomplete = true;
                    return to;
                }
            } else if (c == '\n' || c == '\r') {
                return at;
            } else {
                at++;
            }
        }
        incomplete = !complete;
        return to;
    }

    /** Behind the quote that ends the quoted part which begins at {@code from}. */
    private int behindQuoted(byte[] bytes, int from, int to, byte quote, byte escape) {
        int at = from;
        while (at < to) {
            byte c = bytes[at];
            if (c == escape && escape != quote) {
                boolean taken = at + 1 < to && (bytes[at + 1] == quote || bytes[at + 1] == escape);
                at += taken ? 2 : 1;
            } else if (c == quote) {
                return at + 1;
            } else {
                if (c == '\n') {
                    lineFeeds++;
                } else if (c == '\r') {
                    carriageReturns++;
                }
                at++;
            }
        }
        return PAST_END;
    }

    private int textRow(byte[] bytes, int from, int to, boolean complete) {
        byte delimiter = format.delimiter();
        int at = from;
        while (at < to) {
            byte c = bytes[at];
            if (c == delimiter) {
                field(++at);
            } else if (c == '\\') {
                int next = byteAt(bytes, at + 1, to, complete);
                if (next == '.' && at > from) {
                    throw bad("end-of-copy marker is not alone on its line", null);
                } else if (next == '\n') {
                    lineFeeds++;
                } else if (next == '\r') {
                    carriageReturns++;
                }
                at += next == PAST_END ? 1 : 2;
            } else if (c == '\n' || c == '\r') {
                return at;
            } else {
                at++;
            }
        }
        incomplete = !complete;
        return to;
    }

    private void field(int start) {
        if (fields < starts.length) {
            starts[fields] = start;
        }
        fields++;
    }

    private int behindLineEnd(byte[] bytes, int at, int to, boolean complete) {
        if (bytes[at] == '\n') {
            if (lineEnd == LineEnd.CR || lineEnd == LineEnd.CRLF) {
                throw misplaced("newline", "\\n");
            }
            lineEnd = LineEnd.LF;
            return at + 1;
        }
        switch (lineEnd) {
            case LF -> throw misplaced("carriage return", "\\r");
            case CR -> {
                return at + 1;
            }
            case CRLF, UNKNOWN -> {
                int next = byteAt(bytes, at + 1, to, complete);
                if (next == '\n') {
                    lineEnd = LineEnd.CRLF;
                    return at + 2;
                }
                if (!incomplete) {
                    if (lineEnd == LineEnd.CRLF) {
                        throw misplaced("carriage return", "\\r");
                    }
                    lineEnd = LineEnd.CR;
                }
                return at + 1;
            }
        }
        throw new IllegalStateException();
    }

    private ProxyException misplaced(String what, String escaped) {
        return format.csv()
                ? bad("unquoted " + what + " found in data", "Use quoted CSV field to represent " + what + ".")
                : bad("literal " + what + " found in data", "Use \"" + escaped + "\" to represent " + what + ".");
    }

    private ProxyException bad(String message, String hint) {
        lines += linesOfRow();
        ProxyException error = ProxyError.BAD_COPY_DATA.with(message);
        return hint == null ? error : error.withHint(hint);
    }

    /** How many lines of the file the row takes. */
    private long linesOfRow() {
        return 1 + switch (lineEnd) {
            case LF -> lineFeeds;
            case CR, CRLF -> carriageReturns;
            case UNKNOWN -> Math.max(lineFeeds, carriageReturns);
        };
    }

    /**
     * How many lines the row is for a node, which counts in its own way: no line end after a backslash, and in the first row,
     * before it knows how lines end, only carriage returns.
     */
    public long nodeLines(boolean first) {
        return !format.csv() ? 1 : first ? 1 + carriageReturns : linesOfRow();
    }

    /** The number, from 1, of the last line of the row: the one that PostgreSQL names in errors. */
    public long line() {
        return lines;
    }

    /**
     * Makes sure that the row has a field for each column and no more.
     *
     * @throws ProxyException
     *             22P04 with PostgreSQL's words
     */
    public void require(List<String> columns) {
        if (fields < columns.size()) {
            throw ProxyError.BAD_COPY_DATA.with("missing data for column \"" + columns.get(fields) + "\"");
        }
        if (fields > columns.size()) {
            throw ProxyError.BAD_COPY_DATA.with("extra data after last expected column");
        }
    }

    /** How many fields the row has, which may be more or fewer than there are columns. */
    public int fields() {
        return fields;
    }

    public int fieldStart(int field) {
        return starts[field];
    }

    public int fieldEnd(int field) {
        return field + 1 < fields ? starts[field + 1] - 1 : contentEnd;
    }

    /** Where the row's line end begins. */
    public int contentEnd() {
        return contentEnd;
    }

    /** Where the next row begins. */
    public int end() {
        return end;
    }
}
