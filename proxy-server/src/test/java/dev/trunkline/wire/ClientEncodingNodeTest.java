package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The encodings that are served have the very characters that they have in PostgreSQL, in both directions. */
class ClientEncodingNodeTest {

    /** All bytes, and pairs of them where the first one can begin a pair: as bytes, as UTF-8, and as bytes again. */
    private static final String CHARACTERS = """
            CREATE FUNCTION pg_temp.decoded(b bytea, e text) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN RETURN convert_from(b, e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
            CREATE FUNCTION pg_temp.encoded(t text, e text) RETURNS bytea LANGUAGE plpgsql AS
            $$ BEGIN RETURN convert_to(t, e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$""";
    private static final String COMPARED = """
            SELECT b, convert_to(t, 'UTF8'), pg_temp.encoded(t, e) FROM (SELECT b, e, pg_temp.decoded(b, e) AS t FROM
              (SELECT '%1$s' AS e, set_byte('\\x00', 0, n) AS b FROM generate_series(1, 255) n UNION ALL
               SELECT '%1$s', set_byte(set_byte('\\x0000', 0, h), 1, l)
                 FROM generate_series(161, 254) h, generate_series(161, 254) l WHERE '%1$s' LIKE 'EUC%%') bytes) x""";

    @Test
    void everyCharacterIsPostgreSqls() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        try (Connection connection = nodes.getFirst().connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(CHARACTERS);
            for (String name : ClientEncoding.served()) {
                if (!tabled(name)) {
                    compare(statement, name);
                }
            }
        }
    }

    /** Whether it is compared elsewhere. */
    private static boolean tabled(String name) {
        return Arrays.stream(PostgresCharsetNodeTest.Tabled.values()).anyMatch(tabled -> tabled.name().equals(name));
    }

    private static void compare(Statement statement, String name) throws Exception {
        ClientEncoding encoding = ClientEncoding.of(name);
        Set<String> characters = new HashSet<>();
        try (ResultSet rows = statement.executeQuery(String.format(COMPARED, name))) {
            while (rows.next()) {
                byte[] bytes = rows.getBytes(1);
                byte[] utf8 = rows.getBytes(2);
                String what = name + " " + HexFormat.of().formatHex(bytes);
                if (utf8 == null) {
                    assertThrows(ProtocolViolation.class, () -> encoding.toUtf8(bytes, 0, bytes.length), what);
                    continue;
                }
                String text = new String(utf8, StandardCharsets.UTF_8);
                assertEquals(text, encoding.text(bytes, 0, bytes.length), what);
                assertEquals(new String(rows.getBytes(3), StandardCharsets.ISO_8859_1),
                        new String(encoding.fromText(text), StandardCharsets.ISO_8859_1), what);
                if (text.codePointCount(0, text.length()) == 1) {
                    characters.add(text);
                }
            }
        }
        Set<String> known = new HashSet<>();
        for (int point = 1; point <= Character.MAX_VALUE; point++) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                String text = Character.toString(point);
                byte[] bytes = encoding.fromText(text);
                if (point == '?' || bytes.length != 1 || bytes[0] != '?') {
                    known.add(text);
                }
            }
        }
        assertEquals(characters, known, name);
    }
}
