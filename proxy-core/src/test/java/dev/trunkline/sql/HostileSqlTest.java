package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

/** Texts made to hurt: deep, long, broken. No exception, no hang, time that grows with the length only. */
class HostileSqlTest {

    private static final Duration BUDGET = Duration.ofSeconds(60);

    private final SqlParser parser = new SqlParser();

    private String stateOf(String sql) {
        return parser.parse(sql) instanceof Statement.Unknown unknown ? unknown.sqlState() : "00000";
    }

    @Test
    void deepNestingIsRefused() {
        assertTimeout(BUDGET, () -> {
            assertEquals("00000", stateOf("SELECT " + "(".repeat(200) + "1" + ")".repeat(200)));
            assertEquals("54001", stateOf("SELECT " + "(".repeat(100_000) + "1" + ")".repeat(100_000)));
            assertEquals("54001",
                    stateOf("SELECT * FROM " + "(SELECT * FROM ".repeat(5000) + "t" + ") x".repeat(5000)));
            assertEquals("54001", stateOf("SELECT " + "f(".repeat(5000) + "1" + ")".repeat(5000)));
            assertEquals("54001", stateOf("SELECT " + "NOT ".repeat(200_000) + "a"));
            assertEquals("54001", stateOf("SELECT " + "- ".repeat(200_000) + "a"));
            assertEquals("54001",
                    stateOf("SELECT " + "CASE WHEN a THEN ".repeat(100_000) + "1" + " END".repeat(100_000)));
            assertEquals("54001", stateOf("SELECT a" + " || a".repeat(50_000)));
            assertEquals("54001", stateOf("SELECT 1" + " UNION SELECT 1".repeat(50_000)));
            assertEquals("54001", stateOf("SELECT * FROM a" + " CROSS JOIN a".repeat(50_000)));
            assertEquals("54001", stateOf("EXPLAIN ".repeat(50_000) + "SELECT 1"));
            assertEquals("54001", stateOf("SELECT a" + "::int".repeat(50_000)));
            assertEquals("54001", stateOf("SELECT a" + "[1]".repeat(50_000)));
        });
        // The parser of this thread is as good as before.
        assertEquals("00000", stateOf("SELECT 1"));
    }

    @Test
    void longChainsAreFlat() {
        assertTimeout(BUDGET, () -> {
            assertEquals("00000", stateOf("SELECT 1 FROM t WHERE a = 0" + " OR a = 1".repeat(5_000)));
            assertEquals("00000", stateOf("SELECT 1 FROM t WHERE a = 0" + " AND (a = 1 OR b = 2)".repeat(20_000)));
            assertEquals("00000", stateOf("SELECT 1 FROM t WHERE a IN (1" + ", 1".repeat(100_000) + ")"));
            assertEquals("00000", stateOf("SELECT a" + " || a".repeat(500)));
            assertEquals("00000", stateOf("SELECT 1" + " UNION ALL SELECT 1".repeat(200)));
        });
    }

    @Test
    void timeGrowsWithTheLength() {
        assertTimeout(BUDGET, () -> {
            String rows = "INSERT INTO t (a, b, c) VALUES (1, 'x', 2.5)" + ", (1, 'x', 2.5)".repeat(65_000);
            assertTrue(rows.length() > 900_000);
            assertEquals("00000", stateOf(rows));
            assertEquals("00000", stateOf("SELECT '" + "x".repeat(1_000_000) + "'"));
            assertEquals("00000", stateOf("SELECT " + "9".repeat(1_000_000)));
            assertEquals("00000", stateOf("SELECT " + "a".repeat(1_000_000)));
            assertEquals("00000", stateOf("SELECT 1 /*" + "/* */".repeat(200_000) + "*/"));
            assertEquals("42601", stateOf("SELECT " + "/*".repeat(500_000)));
            assertEquals("42601", stateOf("$a".repeat(300_000)));
            assertEquals("42601", stateOf("SELECT $a" + "$b".repeat(300_000)));
            assertEquals("42601", stateOf("U&'' ".repeat(200_000) + " UESCAPE"));
            assertEquals("42601", stateOf("a ".repeat(500_000)));
            assertEquals("42601", stateOf("[".repeat(200) + "]".repeat(200)));
            assertEquals("00000", stateOf("SELECT " + "a.".repeat(300_000) + "b"));
            assertEquals("00000", stateOf("SELECT 1 OPERATOR(" + "a.".repeat(300_000) + "+) 2"));
            assertEquals("00000", stateOf("SELECT " + "$1,".repeat(300_000) + "1"));
            assertEquals("00000", stateOf("DROP TABLE " + "a, ".repeat(200_000) + "b"));
        });
    }

    @Test
    void editedStatementsNeverThrow() throws IOException {
        List<String> statements = new ArrayList<>(SqlParserTest.applications());
        try (InputStream utilities = getClass().getResourceAsStream("utilities.sql")) {
            for (String sql : Corpus.statements(new String(utilities.readAllBytes(), StandardCharsets.UTF_8))) {
                assertEquals("00000", stateOf(sql), sql);
                statements.add(sql);
            }
        }
        Random random = new Random(42);
        assertTimeout(Duration.ofSeconds(60), () -> {
            for (int i = 0; i < 20_000; i++) {
                String sql = edited(statements, random);
                Statement statement = parser.parse(sql);
                assertNotNull(statement.kind());
                if (statement instanceof Statement.Unknown unknown) {
                    assertTrue(unknown.position() >= 0 && unknown.position() <= sql.length(), sql);
                }
            }
        });
    }

    @Test
    void randomBytesNeverThrow() {
        Random random = new Random(7);
        LexedText text = new LexedText();
        assertTimeout(BUDGET, () -> {
            for (int i = 0; i < 20_000; i++) {
                byte[] bytes = new byte[random.nextInt(60)];
                random.nextBytes(bytes);
                text.lex(bytes, 0, bytes.length, random.nextBoolean());
                for (int s = 0; s < text.statementCount(); s++) {
                    Fingerprint f = text.fingerprint(s);
                    for (int l = 0; l < f.literalCount(); l++) {
                        LiteralText.value(bytes, f.literalStart(l), f.literalEnd(l), f.literalKind(l));
                    }
                }
                assertNotNull(parser.parse(new String(bytes, StandardCharsets.ISO_8859_1)));
            }
        });
    }

    @Test
    void valuesOfRandomStringsNeverThrow() {
        Random random = new Random(11);
        String alphabet = "'\\uUx0dDE8+!$\n e&";
        LexedText text = new LexedText();
        for (int i = 0; i < 50_000; i++) {
            StringBuilder s = new StringBuilder(random.nextBoolean() ? "E'" : "U&'");
            for (int k = random.nextInt(20); k > 0; k--) {
                s.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] bytes = s.append("' UESCAPE '!'").toString().getBytes(StandardCharsets.UTF_8);
            text.lex(bytes, 0, bytes.length, true);
            if (text.statementCount() > 0) {
                Fingerprint f = text.fingerprint(0);
                for (int l = 0; l < f.literalCount(); l++) {
                    LiteralText.value(bytes, f.literalStart(l), f.literalEnd(l), f.literalKind(l));
                }
            }
        }
    }

    /** A statement with tokens dropped, doubled, swapped or taken from another one. */
    private static String edited(List<String> statements, Random random) {
        List<String> words = new ArrayList<>(
                List.of(statements.get(random.nextInt(statements.size())).split("(?<=[ (),.])|(?=[ (),.])")));
        List<String> others = List
                .of(statements.get(random.nextInt(statements.size())).split("(?<=[ (),.])|(?=[ (),.])"));
        for (int edits = 1 + random.nextInt(3); edits > 0 && !words.isEmpty(); edits--) {
            int at = random.nextInt(words.size());
            switch (random.nextInt(5)) {
                case 0 -> words.remove(at);
                case 1 -> words.add(at, words.get(random.nextInt(words.size())));
                case 2 -> words.set(at, others.get(random.nextInt(others.size())));
                case 3 -> words.add(at, others.get(random.nextInt(others.size())));
                default -> words.subList(at, words.size()).clear();
            }
        }
        return String.join("", words);
    }

    @Test
    void aLineOfTheParserIsNotHeldBack() {
        assertInstanceOf(Statement.Select.class, parser.parse("SELECT 1 -- no newline"));
    }
}
