package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.demo.TestNodes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Encodings of several bytes for a character are read and written as a node does, and what is none is an error in the node's
 * words. With {@code -Dtrunkline.encodings.write=FILE} everything is looked at, which takes minutes, and {@code encodings.txt} is
 * written anew; otherwise all that are to be characters, and a part of the rest.
 */
public class PostgresCharsetNodeTest {

    enum Tabled {
        BIG5("Big5", MultibyteForm.PAIRS),
        EUC_JP("x-eucJP-Open", MultibyteForm.EUC_JP),
        GB18030("GB18030", MultibyteForm.GB18030),
        GBK("x-mswin-936", MultibyteForm.PAIRS),
        SJIS("windows-31j", MultibyteForm.SJIS),
        UHC("x-windows-949", MultibyteForm.PAIRS);

        final String java;
        final MultibyteForm form;

        Tabled(String java, MultibyteForm form) {
            this.java = java;
            this.form = form;
        }
    }

    private static final String FUNCTIONS = """
            CREATE FUNCTION pg_temp.decoded(b bytea, e text) RETURNS text LANGUAGE plpgsql AS
            $$ DECLARE t text; BEGIN t := convert_from(b, e); RETURN 'U' || ascii(t) || '/' || char_length(t);
            EXCEPTION WHEN OTHERS THEN RETURN sqlstate || ' ' || sqlerrm; END $$;
            CREATE FUNCTION pg_temp.encoded(p int, e text) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN RETURN encode(convert_to(chr(p), e), 'hex'); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$""";

    private static final String WRITE = System.getProperty("trunkline.encodings.write");
    /** Of those that are expected to be none, each how manieth is looked at. */
    private static final int STEP = WRITE == null ? 23 : 1;
    private static final int BATCH = 4000;
    private static final int TABLES_JAVA = 25;

    @ParameterizedTest
    @EnumSource
    void everyCharacterIsPostgreSqls(Tabled tabled) throws Exception {
        PostgresCharset charset = WRITE == null
                ? PostgresCharset.of(tabled.name(), tabled.form)
                : PostgresCharset.plain(tabled.name(), tabled.form, tabled.java);
        if (charset == null) {
            assumeSameCharsets(tabled.java);
        }
        assertNotNull(charset, "no table fits " + tabled.java);
        try (Connection connection = TestNodes.nodes(1).getFirst().connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(FUNCTIONS);
            List<String> differences = new ArrayList<>();
            read(statement, tabled, charset, differences);
            write(statement, tabled, charset, differences);
            if (WRITE == null) {
                assertEquals(List.of(), differences, tabled.name());
                return;
            }
            differences.forEach(line -> charset.except(line.split(" ")));
            Files.writeString(Path.of(WRITE + "." + tabled), "encoding " + tabled + " " + tabled.java + " "
                    + charset.checksum() + "\n" + String.join("\n", differences) + "\n");
        }
    }

    /** As below, if the encoding is not served. */
    public static void assumeServed(String encoding, String java) {
        ClientEncoding.prepare(encoding);
        if (ClientEncoding.isUnserved(encoding)) {
            assumeSameCharsets(java);
        }
    }

    /** Java's charsets are not the same in all its versions, and the tables are for those of one: elsewhere the encoding is not served. */
    private static void assumeSameCharsets(String java) {
        assumeTrue(Runtime.version().feature() == TABLES_JAVA, "this Java may have another " + java);
    }

    private static void read(Statement statement, Tabled tabled, PostgresCharset charset, List<String> differences)
            throws SQLException {
        List<byte[]> all = new ArrayList<>();
        for (int code = 0x80; code < 0x10000; code++) {
            all.add(code < 0x100 ? new byte[]{(byte) code} : new byte[]{(byte) (code >> 8), (byte) code});
        }
        for (int code = 0; tabled == Tabled.EUC_JP && code < 0x10000; code++) {
            all.add(new byte[]{(byte) 0x8F, (byte) (code >> 8), (byte) code});
        }
        for (int i = 0; tabled == Tabled.GB18030 && i < 126 * 10 * 126 * 10; i += WRITE == null ? 397 : 1) {
            all.add(new byte[]{(byte) (0x81 + i / 12600), (byte) (0x30 + i / 1260 % 10), (byte) (0x81 + i / 10 % 126),
                    (byte) (0x30 + i % 10)});
        }
        all.removeIf(b -> b[0] >= 0 || tabled.form.length(b, 0, b.length) != b.length
                || !tabled.form.verifies(b, 0, b.length)
                || STEP > 1 && (b[0] * 31 + b[b.length - 1]) % STEP != 0 && read(charset, b) == null);
        Differences found = new Differences("read", differences);
        for (int from = 0; from < all.size(); from += BATCH) {
            List<byte[]> batch = all.subList(from, Math.min(all.size(), from + BATCH));
            int at = 0;
            try (ResultSet rows = statement.executeQuery("SELECT pg_temp.decoded(decode(h, 'hex'), '" + tabled
                    + "') FROM unnest('{" + String.join(",", batch.stream().map(PostgresCharsetNodeTest::hex).toList())
                    + "}'::text[]) WITH ORDINALITY x(h, n) ORDER BY n")) {
                while (rows.next()) {
                    byte[] bytes = batch.get(at++);
                    String node = rows.getString(1);
                    Integer point = node.startsWith("U") && node.endsWith("/1")
                            ? Integer.valueOf(node.substring(1, node.length() - 2))
                            : null;
                    found.next(hex(bytes), point == null ? null : Integer.toHexString(point),
                            !Objects.equals(point, read(charset, bytes)));
                }
            }
        }
        found.end();
    }

    private static Integer read(PostgresCharset charset, byte[] bytes) {
        CharsetDecoder decoder = charset.newDecoder();
        CharBuffer out = CharBuffer.allocate(4);
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), out, true);
        return result.isUnderflow() ? (Integer) out.flip().toString().codePointAt(0) : null;
    }

    private static void write(Statement statement, Tabled tabled, PostgresCharset charset, List<String> differences)
            throws SQLException {
        Differences found = new Differences("write", differences);
        List<Integer> points = new ArrayList<>();
        for (int point = 0x80; point <= 0x2FFFF; point++) {
            boolean surrogate = point <= 0xFFFF && Character.isSurrogate((char) point);
            if (!surrogate && (point % STEP == 0 || point <= 0xFFFF && write(charset, point) != null)) {
                points.add(point);
            }
        }
        TreeMap<Integer, String> node = new TreeMap<>();
        for (int from = 0; from < points.size(); from += BATCH) {
            List<Integer> batch = points.subList(from, Math.min(points.size(), from + BATCH));
            String list = batch.toString();
            try (ResultSet rows = statement.executeQuery("SELECT p, pg_temp.encoded(p, '" + tabled
                    + "') FROM unnest('{" + list.substring(1, list.length() - 1) + "}'::int[]) p")) {
                while (rows.next()) {
                    node.put(rows.getInt(1), rows.getString(2) == null ? "" : rows.getString(2));
                }
            }
        }
        node.forEach((point, bytes) -> found.next(Integer.toHexString(point), bytes.isEmpty() ? null : bytes,
                !bytes.equals(Objects.requireNonNullElse(write(charset, point), ""))));
        found.end();
    }

    private static String write(PostgresCharset charset, int point) {
        CharsetEncoder encoder = charset.newEncoder();
        ByteBuffer out = ByteBuffer.allocate(8);
        CoderResult result = encoder.encode(CharBuffer.wrap(Character.toString(point)), out, true);
        return result.isUnderflow() ? hex(Arrays.copyOf(out.array(), out.position())) : null;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** The lines of the file, with those together that have no value and follow each other. */
    private static final class Differences {

        private final String kind;
        private final List<String> lines;
        private String first;
        private String last;

        Differences(String kind, List<String> lines) {
            this.kind = kind;
            this.lines = lines;
        }

        void next(String what, String value, boolean differs) {
            if (!differs || value != null) {
                end();
            }
            if (differs && value != null) {
                lines.add(kind + " " + value + " " + what);
            } else if (differs) {
                first = first == null ? what : first;
                last = what;
            }
        }

        void end() {
            if (first != null) {
                lines.add(kind + " - " + first + (first.equals(last) ? "" : "-" + last));
            }
            first = null;
        }
    }

    /** What is no character, or means none, is told in the same words. */
    @Test
    void errorsAreTheNodes() throws Exception {
        List<String> bytes = List.of("8d20", "8120", "81", "8080", "80", "a041", "fd41", "8ea0", "8fa1", "8fa120", "8f",
                "80a1", "ff41", "8130", "81308120", "fe39fe39", "8030ff30", "41815c", "5c8140", "a1", "ff");
        try (Connection connection = TestNodes.nodes(1).getFirst().connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(FUNCTIONS);
            for (Tabled tabled : Tabled.values()) {
                assumeServed(tabled.name(), tabled.java);
                for (String hex : bytes) {
                    byte[] text = HexFormat.of().parseHex(hex);
                    String node;
                    try (ResultSet row = statement.executeQuery("SELECT pg_temp.decoded('\\x" + hex + "', '" + tabled
                            + "')")) {
                        row.next();
                        node = row.getString(1);
                    }
                    String told;
                    try {
                        String read = ClientEncoding.of(tabled.name()).text(text, 0, text.length);
                        told = "U" + read.codePointAt(0) + "/" + read.codePointCount(0, read.length());
                    } catch (ProtocolViolation wrong) {
                        told = wrong.sqlState() + " " + wrong.error().getMessage();
                    }
                    assertEquals(node, told, tabled + " " + hex);
                }
            }
        }
    }

    /** A node writes what it would not read, and such a text of ours has the client's bytes again in the end. */
    @Test
    void whatANodeWritesIsKept() {
        for (Tabled tabled : Tabled.values()) {
            assumeServed(tabled.name(), tabled.java);
            ClientEncoding encoding = ClientEncoding.of(tabled.name());
            for (String text : List.of("€", "¥", "表能", "\\", "功", "丂", "갂", "🙂")) {
                byte[] written = encoding.fromText(text);
                PostgresCharset charset = PostgresCharset.of(tabled.name(), tabled.form);
                assertEquals(hex(written), hex(encoding.fromText(charset.ofNode(written))), tabled + " " + text);
            }
        }
        byte[] four = ClientEncoding.of("GB18030").fromText("a🙂你b🙂");
        assertEquals("a🙂你b🙂", ClientEncoding.of("GB18030").text(four, 0, four.length));
        assertEquals("80", hex(ClientEncoding.of("GBK").fromUtf8("€".getBytes(StandardCharsets.UTF_8), 0, 3)));
        assertEquals("?", new String(ClientEncoding.of("SJIS").fromText("🙂"), StandardCharsets.US_ASCII));
    }
}
