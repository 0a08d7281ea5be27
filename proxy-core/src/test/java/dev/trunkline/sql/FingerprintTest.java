package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

/** Rule 16: what belongs to a fingerprint and what doesn't. */
class FingerprintTest {

    private static Fingerprint of(String sql) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText text = new LexedText();
        text.lex(bytes, 0, bytes.length, true);
        return text.fingerprint(0);
    }

    private static void same(String a, String b) {
        assertTrue(of(a).matches(of(b).toBytes()), a + " | " + b);
        assertEquals(of(a).hash(), of(b).hash());
    }

    private static void different(String a, String b) {
        assertFalse(of(a).matches(of(b).toBytes()), a + " | " + b);
        assertNotEquals(of(a).hash(), of(b).hash());
    }

    @Test
    void literalsSpacingCommentsAndCaseDoNotCount() {
        same("SELECT a FROM t WHERE b = 1", "select  A from\tT where b=22 /* x */ -- y");
        same("select 'a'", "select 'it''s'");
        same("select 'a'", "select $$a$$");
        same("select 'a'", "select E'\\n'");
        same("select f(1)", "select f (1)");
        same("select N'x'", "select nchar 'x'");
    }

    @Test
    void kindsOfLiteralsCount() {
        different("select 5", "select '5'");
        different("select 5", "select 5.0");
        different("select '5'", "select B'1'");
        different("select 5", "select $1");
        different("select 5", "select -5");
        different("select true", "select false");
        different("select $1", "select $2");
    }

    @Test
    void whatShapesTheStatementCounts() {
        different("values (1)", "values (1), (2)");
        different("select a from t where b in (1)", "select a from t where b in (1, 2)");
        different("select user", "select \"user\"");
        different("select a", "select \"A\"");
        different("select n'x'", "select n 'x'");
        different("select a.b", "select a b");
        different("select 'Ä'::text as ä", "select 'Ä'::text as Ä");
        different("select a <b", "select a < -b");
    }

    /** There is one for each table, and a fingerprint keeps but a few plans that differ in a literal. */
    @Test
    void namesOfSequencesCount() {
        different("select nextval('a')", "select nextval('b')");
        different("select currval('a'::regclass)", "select currval('b'::regclass)");
        different("select setval('a', 5)", "select setval('b', 5)");
        different("select pg_catalog.nextval('a')", "select pg_catalog.nextval('b')");
        different("select pg_get_serial_sequence('a', 'id')", "select pg_get_serial_sequence('b', 'id')");
        different("select pg_get_serial_sequence('a', 'id')", "select pg_get_serial_sequence('a', 'no')");
        same("select NEXTVAL ( 'a' )", "select nextval('a')");
        same("select setval('a', 5)", "select setval('a', 6)");
        same("select my_nextval('a')", "select my_nextval('b')");
        same("select pg_get_serial_sequence('a', 'id'), 'x'", "select pg_get_serial_sequence('a', 'id'), 'y'");
        same("select nextval(x, 'a')", "select nextval(x, 'b')");
    }

    @Test
    void routingCommentsCount() {
        different("/* trunkline: key=1 */ select 1", "/* trunkline: key=2 */ select 1");
        different("/* trunkline: key=1 */ select 1", "select 1");
        Fingerprint f = of("/* trunkline: key=42 */ select 1 /*trunkline:fan_out=allow*/");
        assertTrue(f.hasHint());
        assertEquals("key=42  fan_out=allow", f.hintComment());
        assertNull(of("select 1 /* other: x */").hintComment());
    }

    @Test
    void slotsHaveSpansAndKinds() {
        String sql = "select 'ä', 5, $1, 1.5, x'1' from t where a = U&'b' uescape '!' limit 1";
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText text = new LexedText();
        text.lex(bytes, 0, bytes.length, true);
        Fingerprint f = text.fingerprint(0);
        String[] expected = {"STRING 'ä'", "INTEGER 5", "NUMERIC 1.5", "BIT x'1'", "STRING U&'b' uescape '!'",
                "INTEGER 1"};
        assertEquals(expected.length, f.literalCount());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], f.literalKind(i) + " " + new String(bytes, f.literalStart(i),
                    f.literalEnd(i) - f.literalStart(i), StandardCharsets.UTF_8));
        }
        assertEquals("select ?, ?, $1, ?, ? from t where a = ? limit ?", f.toString());
    }

    @Test
    void slotsCountWithinTheirStatement() {
        byte[] bytes = "select 1; select 'a', 2".getBytes(StandardCharsets.UTF_8);
        LexedText text = new LexedText();
        text.lex(bytes, 0, bytes.length, true);
        assertEquals(1, text.fingerprint(0).literalCount());
        assertEquals(LiteralKind.STRING, text.fingerprint(1).literalKind(0));
        assertEquals(17, text.fingerprint(1).literalStart(0));
    }

    @Test
    void nestingIsMeasured() {
        assertEquals(3, of("select ((a[1]))").nesting());
        assertEquals(0, of("select 1").nesting());
    }

    @Test
    void literalsHaveValues() {
        assertEquals("it's", value("'it''s'"));
        assertEquals("ab", value("'a'\n  'b'"));
        assertEquals("a\nb'\\c\u00e4A\t", value("E'a\\nb\\'\\\\c\\u00e4\\x41\\011'"));
        assertEquals("d\u0061t\u00e4+", value("U&'d!0061t!+0000e4+' UESCAPE '!'"));
        assertEquals("a\\b", value("U&'a\\\\b'"));
        assertEquals("\ud83d\ude00", value("U&'\\D83D\\DE00'"));
        assertEquals("\ud83d\ude00", value("E'\\ud83d\\ude00'"));
        assertEquals("a''b", value("$x$a''b$x$"));
        assertEquals("b01", value("B'01'"));
        assertEquals("x1F", value("X'1F'"));
        assertEquals("1_000", value("1_000"));
        assertEquals("a\\b", value("'a\\b'"));
        assertNull(value("U&'\\D83D'"));
        assertNull(value("U&'\\zzzz'"));
        assertNull(value("E'\\u00'"));
        assertNull(value("E'\\0'"));
        byte[] escaped = "'a\\tb'".getBytes(StandardCharsets.UTF_8);
        assertArrayEquals("a\tb".getBytes(StandardCharsets.UTF_8),
                LiteralText.value(escaped, 0, escaped.length, LiteralKind.STRING, false));
    }

    private static String value(String literal) {
        Fingerprint f = of("select " + literal);
        byte[] bytes = ("select " + literal).getBytes(StandardCharsets.UTF_8);
        byte[] value = LiteralText.value(bytes, f.literalStart(0), f.literalEnd(0), f.literalKind(0));
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
}
