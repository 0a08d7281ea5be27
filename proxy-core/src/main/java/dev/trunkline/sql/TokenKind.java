package dev.trunkline.sql;

/** The lexical kinds of PostgreSQL's tokens, as its scanner tells them apart. */
enum TokenKind {
    /** The end of the text. */
    END,
    /** A text that PostgreSQL's scanner refuses; {@link Lexer#error} says why. */
    ERROR,
    /** {@code /* trunkline: ... *}{@code /}: the only comment that is a token. */
    HINT,
    /** A keyword or an unquoted identifier. */
    WORD,
    /** {@code "name"}. */
    QUOTED_NAME,
    /** {@code U&"name"}, with its UESCAPE clause. */
    UNICODE_NAME,
    /** {@code 'text'}. */
    STRING,
    /** {@code E'text'}. */
    ESCAPE_STRING,
    /** {@code U&'text'}, with its UESCAPE clause. */
    UNICODE_STRING,
    /** {@code $tag$text$tag$}. */
    DOLLAR_STRING,
    /** {@code B'0101'}. */
    BIT_STRING,
    /** {@code X'1FF'}. */
    HEX_STRING,
    /** The N of {@code N'text'}, which PostgreSQL reads as the keyword NCHAR; the string follows as a token of its own. */
    NCHAR,
    /** {@code 42}, {@code 0x2A}, {@code 4_2}. */
    INTEGER,
    /** {@code 4.2}, {@code .5}, {@code 1e9}. */
    NUMERIC,
    /** {@code $1}. */
    PARAMETER,
    /** Any operator, by PostgreSQL's longest-match rule. */
    OPERATOR,
    /** {@code ::}. */
    CAST,
    /** {@code :=}. */
    ASSIGN,
    /** {@code =>}. */
    ARROW,
    /** {@code ..}. */
    DOT_DOT,
    OPEN,
    CLOSE,
    OPEN_BRACKET,
    CLOSE_BRACKET,
    COMMA,
    SEMICOLON,
    COLON,
    DOT,
    /** A single character that begins no token of PostgreSQL's, such as a backslash. */
    OTHER;

    /** Whether the token is a string constant that has an unknown type. */
    boolean isString() {
        return this == STRING || this == ESCAPE_STRING || this == UNICODE_STRING || this == DOLLAR_STRING;
    }

    /** The kind of the literal that this token is, or null. */
    LiteralKind literal() {
        return switch (this) {
            case STRING, ESCAPE_STRING, UNICODE_STRING, DOLLAR_STRING -> LiteralKind.STRING;
            case BIT_STRING, HEX_STRING -> LiteralKind.BIT;
            case INTEGER -> LiteralKind.INTEGER;
            case NUMERIC -> LiteralKind.NUMERIC;
            case END, ERROR, HINT, WORD, QUOTED_NAME, UNICODE_NAME, NCHAR, PARAMETER, OPERATOR, CAST, ASSIGN, ARROW,
                    DOT_DOT, OPEN, CLOSE, OPEN_BRACKET, CLOSE_BRACKET, COMMA, SEMICOLON, COLON, DOT, OTHER ->
                null;
        };
    }
}
