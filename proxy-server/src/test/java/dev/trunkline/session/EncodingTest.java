package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.FrontendMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.PostgresCharsetNodeTest;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that speak another encoding than UTF-8 get the same bytes as from one PostgreSQL. */
class EncodingTest {

    private static List<RunningNode> nodes;
    private static SessionFixture shop;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        shop = SessionFixture.start(nodes, "", "pool: { size: 2 }");
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    /** A client whose texts are bytes. */
    private static final class Raw implements AutoCloseable {

        private final PgClient client;
        private final DataInputStream in;

        Raw(int port, Map<String, String> more) throws IOException {
            Map<String, String> parameters = new HashMap<>(
                    Map.of("user", SessionFixture.USER, "database", shop.database));
            parameters.putAll(more);
            client = PgClient.connect("127.0.0.1", port).login(parameters, null);
            in = new DataInputStream(client.socket().getInputStream());
        }

        /** The answer to a query, each byte a character. */
        String query(byte[] sql) throws IOException {
            ByteBuf out = Unpooled.buffer();
            FrontendEncoder.query(out, sql, 0, sql.length);
            return exchange(out);
        }

        String extended(byte[] sql, byte[]... values) throws IOException {
            ByteBuf out = Unpooled.buffer();
            FrontendEncoder.parse(out, "", sql, 0, sql.length, new int[0]);
            int size = 2 + 2 + 2 + values.length * 4 + 2 + 4;
            for (byte[] value : values) {
                size += value.length;
            }
            out.writeByte('B').writeInt(size).writeByte(0).writeByte(0).writeShort(0).writeShort(values.length);
            for (byte[] value : values) {
                out.writeInt(value.length).writeBytes(value);
            }
            out.writeShort(0);
            FrontendEncoder.describe(out, FrontendMessage.Target.PORTAL, "");
            FrontendEncoder.execute(out, "", 0);
            FrontendEncoder.sync(out);
            return exchange(out);
        }

        private String exchange(ByteBuf out) throws IOException {
            byte[] bytes = new byte[out.readableBytes()];
            out.readBytes(bytes);
            client.sendRaw(bytes);
            StringBuilder told = new StringBuilder();
            byte type;
            do {
                type = in.readByte();
                byte[] body = new byte[in.readInt() - 4];
                in.readFully(body);
                if (type == 'T') {
                    hideTables(body);
                }
                if (type == 'A') {
                    assertEquals(client.key().processId(), ByteBuffer.wrap(body).getInt());
                    Arrays.fill(body, 0, Integer.BYTES, (byte) 0);
                }
                String text = new String(body, StandardCharsets.ISO_8859_1);
                // Where in its sources a server finds an error is its own affair.
                told.append((char) type).append(type == 'E' ? text.replaceAll("\0[FLR][^\0]*", "") : text)
                        .append('\n');
            } while (type != 'Z');
            return told.toString();
        }

        /** OIDs of tables differ between databases' states. */
        private static void hideTables(byte[] rowDescription) {
            int at = 2;
            while (at < rowDescription.length) {
                while (rowDescription[at] != 0) {
                    at++;
                }
                Arrays.fill(rowDescription, at + 1, at + 5, (byte) 0);
                at += 19;
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private static byte[][] bytes(Charset charset, String... texts) {
        byte[][] all = new byte[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            all[i] = texts[i].getBytes(charset);
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"LATIN1, ISO-8859-1, Grüße", "WIN1252, windows-1252, 5 € – straße", "KOI8R, KOI8-R, привет",
            "WIN1251, windows-1251, ёлка", "EUC_KR, EUC-KR, 안녕하세요", "LATIN2, ISO-8859-2, żółć",
            "ISO_8859_7, ISO-8859-7, λόγος",
            "EUC_CN, GB2312, 你好",
            // Whose last byte is a backslash, a bar, a quote's neighbour or a letter by itself.
            "SJIS, windows-31j, 表示ソ能ポﾊﾝ", "BIG5, Big5, 功能許蓋", "GBK, GBK, 誠乗亅丒", "UHC, x-windows-949, 갂똠각힣",
            "EUC_JP, EUC-JP, 日本ﾊ丂", "GB18030, GB18030, 你乗㐀é"})
    void theSameBytes(String encoding, String charsetName, String word) throws Exception {
        Charset charset = Charset.forName(charsetName);
        PostgresCharsetNodeTest.assumeServed(encoding, charsetName);
        List<String> expected = dialog(nodes.getFirst().port(), encoding, charset, word);
        List<String> actual = dialog(shop.proxy.port(), encoding, charset, word);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), actual.get(i), encoding + " " + i);
        }
    }

    private static List<String> dialog(int port, String encoding, Charset charset, String word) throws Exception {
        List<String> told = new ArrayList<>();
        try (Raw one = new Raw(port, Map.of("client_encoding", encoding)); Raw other = new Raw(port, Map.of())) {
            told.add(one.client.settings().get("client_encoding"));
            for (String sql : List.of("select '%s' as \"%s\"", "select octet_length('%s'), upper('%s')",
                    "create temp table \"%s\" (x text)", "insert into \"%s\" values ('%s')", "select * from \"%s\"",
                    "select '%s' from nosuch", "select '%s", "begin", "savepoint \"%s\"", "select 1/0",
                    "rollback to \"%s\"",
                    "select '%s'", "commit", "set my.word = '%s'", "show my.word", "show client_encoding",
                    "select '%s'; select '%s!'", "declare \"%s\" cursor for select 1",
                    "prepare \"%s\" as select '%s'::text", "execute \"%s\"",
                    "discard all", "show client_encoding", "set names 'utf8'", "show my.word", "reset client_encoding",
                    "select '%s'",
                    "set client_encoding = nosuch", "listen \"%s\"", "notify \"%s\", '%s!'", "unlisten *")) {
                told.add(one.query(sql.replace("%s", word).getBytes(charset)));
                if (sql.startsWith("select") && told.getLast().endsWith("ZI\n")) {
                    told.add(other.query("select 'ü', 'ж'".getBytes(StandardCharsets.UTF_8)));
                }
            }
            told.add(one.extended(bytes(charset, "select $1::text || '" + word + "'")[0], bytes(charset, word)));
        }
        return told;
    }

    /** A key is hashed in UTF-8, in which the nodes store it, whatever the client speaks. */
    @Test
    void keysGoWhereTheirUtf8Goes() throws Exception {
        Charset charset = Charset.forName("windows-1252");
        try (Raw latin = new Raw(shop.proxy.port(), Map.of("client_encoding", "WIN1252"));
                Raw utf8 = new Raw(shop.proxy.port(), Map.of())) {
            for (int i = 0; i < 20; i++) {
                String word = "ä€" + i;
                String literal = latin.query(("insert into words values ('" + word + "', 1)").getBytes(charset));
                assertTrue(literal.contains("INSERT 0 1"), literal);
                String bound = latin.extended("update words set n = n + 1 where w = $1".getBytes(charset),
                        word.getBytes(charset));
                assertTrue(bound.contains("UPDATE 1"), bound);
                String read = utf8
                        .query(("select n from words where w = '" + word + "'").getBytes(StandardCharsets.UTF_8));
                assertTrue(read.contains("SELECT 1"), read);
            }
            for (String sql : List.of("select w from words order by w", "select distinct n from words",
                    "select max(w) from words", "select n, count(*) from words group by n")) {
                assertTrue(latin.query(sql.getBytes(charset)).contains("TL002"), sql);
            }
            String all = latin.query("select w as \"schlüssel\", n from words where w >= 'ä'".getBytes(charset));
            for (int i = 0; i < 20; i++) {
                assertTrue(all.contains(new String(("ä€" + i).getBytes(charset), StandardCharsets.ISO_8859_1)), all);
            }
            assertTrue(all.contains("schlüssel") && all.contains("SELECT 20"), all);
            assertTrue(latin.query("select count(*), sum(n) as größe from words".getBytes(charset)).contains("20"));
            assertTrue(latin.query("select count(*) as größe from words".getBytes(charset)).contains("größe"));
            assertTrue(latin.query("select w from words limit 3".getBytes(charset)).contains("SELECT 3"));
            assertTrue(latin.extended("select w from words where w > $1".getBytes(charset), "ä".getBytes(charset))
                    .contains("SELECT 20"));
            assertTrue(latin.query("select \"ä\" from words".getBytes(charset)).contains("\"ä\" does not exist"));
            assertTrue(latin.query("prepare p as select w from words where w > $1".getBytes(charset))
                    .contains("PREPARE"));
            assertTrue(latin.query("execute p('ä')".getBytes(charset)).contains("TL002"));
            assertTrue(latin.query("execute p('a')".getBytes(charset)).contains("SELECT 20"));
            int rows = 0;
            for (int node = 0; node < 2; node++) {
                int here = Integer.parseInt(shop.ask(node, "select count(*) from words"));
                assertTrue(here > 0);
                rows += here;
            }
            assertEquals(20, rows);
        }
    }

    @Test
    void bytesThatAreNoCharacters() throws Exception {
        byte[] undefined = {'s', 'e', 'l', 'e', 'c', 't', ' ', '\'', (byte) 0x81, '\''};
        byte[] half = {'s', 'e', 'l', 'e', 'c', 't', ' ', '\'', (byte) 0xa1, '\''};
        List<String> answers = new ArrayList<>();
        PostgresCharsetNodeTest.assumeServed("SJIS", "windows-31j");
        PostgresCharsetNodeTest.assumeServed("GBK", "GBK");
        for (int port : new int[]{nodes.getFirst().port(), shop.proxy.port()}) {
            try (Raw windows = new Raw(port, Map.of("client_encoding", "windows-1252"));
                    Raw korean = new Raw(port, Map.of("client_encoding", "euckr"));
                    Raw latin = new Raw(port, Map.of("client_encoding", "latin-1"));
                    Raw japanese = new Raw(port, Map.of("client_encoding", "shift-jis"));
                    Raw chinese = new Raw(port, Map.of("client_encoding", "GBK"));
                    Raw bytes = new Raw(port, Map.of("client_encoding", "SQL_ASCII"))) {
                answers.add(windows.query(undefined) + windows.extended(undefined) + korean.query(half)
                        + japanese.query(undefined) + japanese.extended(undefined) + chinese.query(undefined)
                        + chinese.extended(undefined) + chinese.query("select 1/0, U&'\\20AC'".getBytes())
                        + japanese.query("select chr(8364)".getBytes())
                        + chinese.query("select chr(8364), chr(8364)::int".getBytes())
                        + japanese.extended("select $1".getBytes(), new byte[]{(byte) 0x81, 0x20})
                        + latin.query("select chr(8364)".getBytes(StandardCharsets.US_ASCII)) + bytes.query(half)
                        + bytes.query("select 'ü'".getBytes(StandardCharsets.UTF_8))
                        + bytes.query("show client_encoding".getBytes()));
            }
        }
        assertEquals(answers.get(0), answers.get(1));
    }

    /** The rows that wait in the merge, and the bound values, would be in the encoding of before. */
    @Test
    void aPortalOverNodesIsOfOneEncoding() throws Exception {
        for (int node = 0; node < 2; node++) {
            for (int i = 50; i < 53; i++) {
                shop.onNode(node, "INSERT INTO items VALUES (" + shop.key(node, i) + ", 'Grüße')");
            }
        }
        try (PgClient client = shop.client()) {
            FrontendMessage[] bound = {
                    new Parse("s", "SELECT v FROM items WHERE v = $1 ORDER BY k", List.of()),
                    new Bind("p", "s", List.of(), List.of(Bytes.utf8("Grüße")), List.of())};
            for (int rows = 0; rows <= 2; rows++) {
                client.send(new Query("BEGIN"));
                client.receiveUntilReady();
                client.send(bound);
                if (rows > 0) {
                    client.send(new Execute("p", rows));
                }
                client.send(new Sync());
                assertEquals(rows, rows(client.receiveUntilReady()));
                // What is no change of the encoding is none.
                client.send(new Query("SET LOCAL work_mem TO '5MB'"), new Execute("p", 1), new Sync());
                client.receiveUntilReady();
                assertEquals(1, rows(client.receiveUntilReady()));
                client.send(new Query("SET LOCAL client_encoding TO 'LATIN1'"), new Execute("p", 1), new Sync());
                client.receiveUntilReady();
                ErrorResponse error = (ErrorResponse) client.receiveUntilReady().getFirst();
                assertEquals("TL002", error.fields().sqlState());
                client.send(new Query("ROLLBACK"), new Query("DEALLOCATE ALL"));
                client.receiveUntilReady();
                client.receiveUntilReady();
            }
        }
    }

    private static long rows(List<BackendMessage> answer) {
        return answer.stream().filter(DataRow.class::isInstance).count();
    }

    @Test
    void whatIsNotExactIsRefused() throws Exception {
        try (Raw client = new Raw(shop.proxy.port(), Map.of())) {
            String refused = client.query("set client_encoding = 'shift_jis_2004'".getBytes());
            assertTrue(refused.contains("22023") && refused.contains("SHIFT_JIS_2004"), refused);
        }
        AssertionError login = assertThrows(AssertionError.class,
                () -> new Raw(shop.proxy.port(), Map.of("client_encoding", "EUC_TW")));
        assertTrue(login.getMessage().contains("EUC_TW"), login.getMessage());
    }
}
