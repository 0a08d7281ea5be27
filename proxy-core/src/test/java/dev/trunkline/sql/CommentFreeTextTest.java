package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommentFreeTextTest {

    private static String without(String sql) {
        return new String(CommentFreeText.of(sql.getBytes(StandardCharsets.UTF_8), true), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "select 1 /*traceparent='00-ab-01'*/ | select 1",
            "/*a*/ select 1                      | select 1",
            "select/*a*/1                        | select 1",
            "select/* trunkline: key=1 */1       | select 1",
            "select 1/* trunkline: key=1 */      | select 1",
            "select /*+ IndexScan(t) */ 1        | select /*+ IndexScan(t) */ 1",
            "select /*a*/ /*+ b */ 1             | select /*+ b */ 1",
            "select '--no' /*a /* b */ */, 2     | select '--no' , 2",
            "select $$/*no*/$$ /**/              | select $$/*no*/$$",
            "select \"/*no*/\"/**/from t         | select \"/*no*/\" from t",
            "select 1 -- a                       | select 1",
            "/*a*/                               | ~~",
            "select 5 - -3 /**/ / 2              | select 5 - -3 / 2"})
    void commentsBecomeSpaces(String sql, String expected) {
        assertEquals(expected, without(sql));
    }

    @Test
    void aLineOfAStringThatACommentHidesStaysAnError() {
        assertEquals("select 'a' 'b'", without("select 'a' /*c*/\n 'b'"));
        assertEquals("select 1 , 2", without("select 1 -- x\n, 2"));
    }

    @Test
    void aTextWithoutCommentsIsNotCopied() {
        byte[] sql = "select 5 -1, '--', a / b from t".getBytes(StandardCharsets.UTF_8);
        assertSame(sql, CommentFreeText.of(sql, true));
        byte[] wrong = "select 'a /*".getBytes(StandardCharsets.UTF_8);
        assertSame(wrong, CommentFreeText.of(wrong, true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"/*ä*/ select /*b*/ nosuch /*c*/ from t | nosuch",
            "select 'ä', nosuch -- c | nosuch", "select 1 /*a*/ + /* trunkline: key=1 */ nosuch | nosuch"})
    void aPlaceIsFoundAgain(String sql, String word) {
        byte[] with = sql.getBytes(StandardCharsets.UTF_8);
        byte[] free = CommentFreeText.of(with, true);
        int place = new String(free, StandardCharsets.UTF_8).indexOf(word) + 1;
        assertEquals(sql.indexOf(word) + 1, CommentFreeText.placeIn(with, free, place, true));
        assertEquals(sql.length() + 1,
                CommentFreeText.placeIn(with, free, new String(free, StandardCharsets.UTF_8).length() + 1, true));
    }
}
