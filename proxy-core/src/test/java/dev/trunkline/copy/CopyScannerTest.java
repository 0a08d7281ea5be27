package dev.trunkline.copy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.error.ProxyException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows and fields, however the bytes arrive. That a server splits them in the same way is compared in {@code LoadTest}. */
class CopyScannerTest {

    private static final CopyFormat TEXT = CopyFormat.of(false, null, null, null, null, List.of(), List.of());
    private static final CopyFormat CSV = CopyFormat.of(true, null, null, null, null, List.of(), List.of());
    private static final CopyFormat BACKSLASH = CopyFormat.of(true, ";", null, "'", "\\", List.of(), List.of());

    private static List<String> rows(CopyFormat format, String data) {
        return rows(format, data, CopyScanner.CsvMarker.VALUE);
    }

    /** Each row as LINE/NODE LINES:[field|field], the same for every size of the pieces that the bytes arrive in. */
    private static List<String> rows(CopyFormat format, String data, CopyScanner.CsvMarker marker) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        List<String> whole = rows(format, bytes, bytes.length, marker);
        for (int piece = 1; piece < bytes.length; piece++) {
            assertEquals(whole, rows(format, bytes, piece, marker), "in pieces of " + piece);
        }
        return whole;
    }

    private static List<String> rows(CopyFormat format, byte[] bytes, int piece, CopyScanner.CsvMarker marker) {
        CopyScanner scanner = new CopyScanner(format, 3, marker);
        List<String> rows = new ArrayList<>();
        int at = 0;
        int to = Math.min(piece, bytes.length);
        try {
            while (true) {
                switch (scanner.next(bytes, at, to, to == bytes.length)) {
                    case END -> {
                        return rows;
                    }
                    case MORE -> to = Math.min(to + piece, bytes.length);
                    case ROW -> {
                        List<String> fields = new ArrayList<>();
                        for (int i = 0; i < Math.min(scanner.fields(), 3); i++) {
                            fields.add(new String(bytes, scanner.fieldStart(i),
                                    scanner.fieldEnd(i) - scanner.fieldStart(i), StandardCharsets.UTF_8));
                        }
                        rows.add(scanner.line() + "/" + scanner.nodeLines(false) + ":" + fields
                                + (scanner.fields() > 3 ? "+" + (scanner.fields() - 3) : ""));
                        at = scanner.end();
                    }
                }
            }
        } catch (ProxyException e) {
            rows.add(scanner.line() + ": " + e.sqlState() + " " + e.getMessage());
            return rows;
        }
    }

    @Test
    void linesEndAsTheFirstOneDoes() {
        for (CopyFormat format : List.of(TEXT, CSV)) {
            String kind = format == CSV ? "unquoted" : "literal";
            assertEquals(List.of("1/1:[a]", "2/1:[]", "3/1:[c]"), rows(format, "a\n\nc"));
            assertEquals(List.of("1/1:[a]", "2/1:[b]"), rows(format, "a\r\nb\r\n"));
            assertEquals(List.of("1/1:[a]", "2/1:[b]"), rows(format, "a\rb\r"));
            assertEquals(List.of("1/1:[a]", "2: 22P04 " + kind + " carriage return found in data"),
                    rows(format, "a\nb\r\n"));
            assertEquals(List.of("1/1:[a]", "2: 22P04 " + kind + " newline found in data"), rows(format, "a\r\nb\nc"));
            assertEquals(List.of("1/1:[a]", "2: 22P04 " + kind + " newline found in data"), rows(format, "a\rb\nc"));
            assertEquals(List.of("1/1:[a]", "2: 22P04 " + kind + " carriage return found in data"),
                    rows(format, "a\r\nb\rc"));
            assertEquals(List.of(), rows(format, ""));
            assertEquals(List.of("1/1:[]"), rows(format, "\n"));
        }
    }

    @Test
    void fieldsOfText() {
        assertEquals(List.of("1/1:[1, a\\\tb, \\N]", "2/1:[, , ]+1"), rows(TEXT, "1\ta\\\tb\t\\N\n\t\t\t\n"));
        // A line end after a backslash is data, and a line of the file, though not in the server's count.
        assertEquals(List.of("2/1:[a\\\nb]", "3/1:[c]"), rows(TEXT, "a\\\nb\nc\n"));
        assertEquals(List.of("1/1:[a\\]"), rows(TEXT, "a\\"));
        assertEquals(List.of("1/1:[\\\\]", "2/1:[b]"), rows(TEXT, "\\\\\nb"));
    }

    @Test
    void fieldsOfCsv() {
        assertEquals(List.of("1/1:[1, \"a,b\", ]", "4/3:[\"\n\"\"\n\", x]", "5/1:[y\"\"]"),
                rows(CSV, "1,\"a,b\",\n\"\n\"\"\n\",x\ny\"\"\n"));
        assertEquals(List.of("1/1:['a\\'b;', \\'c']", "2/1:[d]"), rows(BACKSLASH, "'a\\'b;';\\'c'\nd"));
        assertEquals(List.of("1/1:['a\\\\']", "2/1:[d]"), rows(BACKSLASH, "'a\\\\'\nd"));
        assertEquals(List.of("1/1:[a]", "4: 22P04 unterminated CSV quoted field"), rows(CSV, "a\n\"b\nc\n"));
        assertEquals(List.of("2/2:[\"a\r\nb\"]", "3/1:[c]"), rows(CSV, "\"a\r\nb\"\r\nc\r\n"));
    }

    @Test
    void theMarkerEndsTheData() {
        assertEquals(List.of("1/1:[a]"), rows(TEXT, "a\n\\.\nb\n"));
        assertEquals(List.of("1/1:[a]"), rows(TEXT, "a\r\n\\.\r\nb"));
        assertEquals(List.of("1/1:[a]", "2: 22P04 end-of-copy marker is not alone on its line"),
                rows(TEXT, "a\n\\.b\n"));
        assertEquals(List.of("1/1:[a]", "2: 22P04 end-of-copy marker is not alone on its line"),
                rows(TEXT, "a\nb\\.\n"));
        assertEquals(List.of("1/1:[a]", "2/1:[\\.]", "3/1:[b]"), rows(CSV, "a\n\\.\nb\n"));
        assertEquals(List.of("1/1:[a]"), rows(CSV, "a\n\\.\nb\n", CopyScanner.CsvMarker.ENDS_DATA));
        assertEquals(List.of("1/1:[a]", "2/1:[\\.b]", "3/1:[\\., x]", "4/1:[\"\\.\"]", "6/2:[\"\n\\.\"]"),
                rows(CSV, "a\n\\.b\n\\.,x\n\"\\.\"\n\"\n\\.\"\n", CopyScanner.CsvMarker.ENDS_DATA));
        assertEquals("2: 22P04 \\. alone on a line ends the data for some nodes and is a value for others",
                rows(CSV, "a\n\\.\n", CopyScanner.CsvMarker.REFUSED).getLast());
    }

    @Test
    void optionsThatDoNotFitAreRefusedInPostgresWords() {
        assertEquals("COPY quote available only in CSV mode", refused(false, null, null, "'"));
        assertEquals("COPY delimiter must be a single one-byte character", refused(false, "ab", null, null));
        assertEquals("COPY delimiter must be a single one-byte character", refused(true, "\u00e9", null, null));
        assertEquals("COPY delimiter cannot be \"x\"", refused(false, "x", null, null));
        assertEquals("COPY delimiter cannot be newline or carriage return", refused(true, "\n", null, null));
        assertEquals("COPY delimiter and quote must be different", refused(true, "'", null, "'"));
        assertEquals("COPY null representation cannot use newline or carriage return",
                refused(true, null, "a\r", null));
        assertEquals("COPY delimiter character must not appear in the NULL specification",
                refused(false, "|", "a|", null));
        assertEquals("CSV quote character must not appear in the NULL specification", refused(true, null, "\"", null));
    }

    private static String refused(boolean csv, String delimiter, String nullText, String quote) {
        return assertThrows(IllegalArgumentException.class,
                () -> CopyFormat.of(csv, delimiter, nullText, quote, null, List.of(), List.of())).getMessage();
    }
}
