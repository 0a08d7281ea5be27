package dev.trunkline.sql.grammar;

/**
 * A token as PostgreSQL's lexer found it. Its position is one of characters: line 1, column = offset + 1. Its image is the
 * name, the operator, the number or the string's value.
 */
public final class GrammarToken extends Token {

    /** What an unquoted word is to the grammar; null for a word that is just a name, and for other tokens. */
    public final Keyword keyword;
    /** An unquoted word, folded to lower case, or null. */
    public final String word;
    /** Its place in the list of tokens. */
    public final int index;
    /** For an opening parenthesis or bracket the place of its partner, otherwise -1. */
    public int match = -1;
    /** Whether it is an opening parenthesis around a query. */
    public boolean query;

    public GrammarToken(int index, int kind, String image, String word, Keyword keyword, int start, int end) {
        this.index = index;
        this.kind = kind;
        this.image = image;
        this.word = word;
        this.keyword = keyword;
        this.beginLine = 1;
        this.endLine = 1;
        this.beginColumn = start + 1;
        this.endColumn = end;
    }

    /** Whether it can be a name anywhere: a word or a quoted identifier. */
    public boolean isLabel() {
        return kind == PostgresParserConstants.QUOTED_IDENTIFIER || word != null;
    }

    /** Whether it can name a column, a table or an alias. */
    public boolean isName() {
        return isLabel() && (keyword == null || keyword.category() == Keyword.Category.UNRESERVED
                || keyword.category() == Keyword.Category.COLUMN_NAME);
    }

    /** Whether it can name a function or a type. */
    public boolean isFunctionName() {
        return isLabel() && (keyword == null || keyword.category() == Keyword.Category.UNRESERVED
                || keyword.category() == Keyword.Category.FUNCTION_OR_TYPE);
    }

    /** Whether it can be a column's label without AS. */
    public boolean isBareLabel() {
        return isLabel() && (keyword == null || keyword.bareLabel());
    }

    /** Whether it is this unquoted word, given in lower case. */
    public boolean is(String lowerCase) {
        return lowerCase.equals(word);
    }
}
