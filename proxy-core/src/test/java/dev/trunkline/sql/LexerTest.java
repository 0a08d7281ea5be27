package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lexical rules of PostgreSQL's scan.l, one by one. */
class LexerTest {

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = true, value = {
            "select a1_$ from Tbl ~ WORD:select WORD:a1_$ WORD:from WORD:Tbl",
            "größe $1 ~ WORD:größe PARAMETER:$1", "a.b.* ~ WORD:a DOT:. WORD:b DOT:. OPERATOR:*",
            "\"a\"\"b\" ~ QUOTED_NAME:\"a\"\"b\"", "'it''s' ~ STRING:'it''s'", "'a\\' ~ STRING:'a\\'",
            "E'a\\'b' ~ ESCAPE_STRING:E'a\\'b'", "e'\\\\' ~ ESCAPE_STRING:e'\\\\'", "B'01' ~ BIT_STRING:B'01'",
            "x'1F' ~ HEX_STRING:x'1F'", "B'0''1' ~ BIT_STRING:B'0' STRING:'1'",
            "N'x' ~ NCHAR:N STRING:'x'", "n 'x' ~ WORD:n STRING:'x'",
            "U&'d!0061' UESCAPE '!' ~ UNICODE_STRING:U&'d!0061'_UESCAPE_'!'",
            "U&\"d\\0061\" x ~ UNICODE_NAME:U&\"d\\0061\" WORD:x", "U & 'x' ~ WORD:U OPERATOR:& STRING:'x'",
            "$$a'b$$ ~ DOLLAR_STRING:$$a'b$$", "$q$ $$ $q$ ~ DOLLAR_STRING:$q$_$$_$q$",
            "$q$ $Q$ $q$ ~ DOLLAR_STRING:$q$_$Q$_$q$", "$1a$ ~ ERROR", "a$b$c ~ WORD:a$b$c",
            "$é$x$é$ ~ DOLLAR_STRING:$é$x$é$",
            "1 1.5 .5 1. 1e3 1.e-3 ~ INTEGER:1 NUMERIC:1.5 NUMERIC:.5 NUMERIC:1. NUMERIC:1e3 NUMERIC:1.e-3",
            "1..10 ~ INTEGER:1 DOT_DOT:.. INTEGER:10",
            "0x1F 0o17 0b11 1_000 ~ INTEGER:0x1F INTEGER:0o17 INTEGER:0b11 INTEGER:1_000",
            "0x ~ ERROR", "1a ~ ERROR", "1__0 ~ ERROR", "1e ~ ERROR",
            "a[1:2] ~ WORD:a OPEN_BRACKET:[ INTEGER:1 COLON:: INTEGER:2 CLOSE_BRACKET:]",
            "a::int ~ WORD:a CAST::: WORD:int",
            "f(a=>1, b:=2) ~ WORD:f OPEN:( WORD:a ARROW:=> INTEGER:1 COMMA:, WORD:b ASSIGN::= INTEGER:2 CLOSE:)",
            "a<-1 ~ WORD:a OPERATOR:< OPERATOR:- INTEGER:1", "a@-1 ~ WORD:a OPERATOR:@- INTEGER:1",
            "a=-1 ~ WORD:a OPERATOR:= OPERATOR:- INTEGER:1",
            "a%-1 ~ WORD:a OPERATOR:%- INTEGER:1", "a*/*c*/b ~ WORD:a OPERATOR:* WORD:b", "a--b ~ WORD:a",
            "a<--b ~ WORD:a OPERATOR:<",
            "a->>'b' ~ WORD:a OPERATOR:->> STRING:'b'", "a ?| b ~ WORD:a OPERATOR:?| WORD:b",
            "a += +b ~ WORD:a OPERATOR:+= OPERATOR:+ WORD:b",
            "a /* x /* y */ z */ b ~ WORD:a WORD:b", "/* trunkline: key=1 */ a ~ HINT:/*_trunkline:_key=1_*/ WORD:a",
            "/*TRUNKLINE :x*/ a ~ HINT:/*TRUNKLINE_:x*/ WORD:a", "/* trunklines: */ a ~ WORD:a",
            "\\d ~ OTHER:\\ WORD:d", "@@@- ~ OPERATOR:@@@-",
            "a;b ~ WORD:a SEMICOLON:; WORD:b"})
    void tokens(String sql, String expected) {
        assertEquals(expected, String.join(" ", tokensOf(sql, true)));
    }

    @Test
    void aStringGoesOnAfterANewlineOnly() {
        assertEquals(List.of("STRING:'a'_'b'"),
                tokensOf("'a'\n'b'", true).stream().map(t -> t.replace("\n", "_")).toList());
        assertEquals(List.of("STRING:'a'", "STRING:'b'"), tokensOf("'a' 'b'", true));
        assertEquals(1, tokensOf("'a' -- c\n -- d\n 'b'", true).size());
        assertEquals(2, tokensOf("'a' /* c */\n 'b'", true).size());
        assertEquals(1, tokensOf("E'a\\''\n'b\\'c'", true).size());
    }

    @Test
    void backslashesEscapeWithoutStandardConformingStrings() {
        assertEquals(List.of("STRING:'a\\'b'"), tokensOf("'a\\'b'", false));
        assertEquals(List.of("ERROR"), tokensOf("U&'a'", false));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
            "select 'abc ~ 7 ~ unterminated quoted string at or near \"'abc\"",
            "select \"abc ~ 7 ~ unterminated quoted identifier at or near \"\"abc\"",
            "a /* b /* c */ ~ 2 ~ unterminated /* comment at or near \"/* b /* c */\"",
            "a $x$ b $y$ ~ 2 ~ unterminated dollar-quoted string at or near \"$x$ b $y$\"",
            "b'01 ~ 0 ~ unterminated bit string literal at or near \"b'01\"",
            "x'01 ~ 0 ~ unterminated hexadecimal string literal at or near \"x'01\"",
            "é \"\" ~ 3 ~ zero-length delimited identifier at or near \"\"\"\"",
            "a = 12ab ~ 4 ~ trailing junk after numeric literal at or near \"12ab\"",
            "$1x ~ 0 ~ trailing junk after parameter at or near \"$1x\"",
            "0xg ~ 0 ~ invalid hexadecimal integer at or near \"0x\"",
            "U&'x' UESCAPE 1 ~ 14 ~ UESCAPE must be followed by a simple string literal at or near \"1\"",
            "U&'x' UESCAPE 'a' ~ 14 ~ invalid Unicode escape character at or near \"'a'\""})
    void errorsReadLikePostgres(String sql, int position, String message) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText text = new LexedText();
        text.lex(bytes, 0, bytes.length, true);
        assertEquals(true, text.failed());
        assertEquals(message, text.errorMessage());
        assertEquals(position, text.errorPosition());
    }

    private static List<String> tokensOf(String sql, boolean standardConformingStrings) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        Lexer lexer = new Lexer();
        lexer.reset(bytes, 0, bytes.length, standardConformingStrings);
        List<String> tokens = new ArrayList<>();
        for (TokenKind kind = lexer.next(); kind != TokenKind.END; kind = lexer.next()) {
            String text = new String(bytes, lexer.start(), lexer.end() - lexer.start(), StandardCharsets.UTF_8);
            tokens.add(kind == TokenKind.ERROR ? "ERROR" : kind + ":" + text.replace(' ', '_'));
        }
        return tokens;
    }
}
