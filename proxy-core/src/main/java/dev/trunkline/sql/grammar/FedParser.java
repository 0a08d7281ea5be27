package dev.trunkline.sql.grammar;

import java.io.Reader;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.parser.SqlAbstractParserImpl;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.validate.SqlConformance;

/**
 * A parser that is fed all its tokens before it starts: what JavaCC and Calcite's facade ask of one, and the places of
 * nodes. It has no lexical states, and folding is the lexer's.
 */
abstract class FedParser extends SqlAbstractParserImpl implements PostgresParserConstants {

    private TokenFeed feed;

    /** Starts on other tokens. */
    public final void start(TokenFeed tokens) {
        feed = tokens;
        ReInit(tokens);
    }

    /** The index of the next token: where an expression ended, or what a syntax error is about. */
    public final int nextIndex() {
        return ahead(1).index;
    }

    /** JavaCC's. */
    public abstract void ReInit(TokenManager tokens);

    /** JavaCC's: 0 is the token read last, 1 the next one. */
    public abstract Token getToken(int index);

    /** JavaCC's. */
    public abstract ParseException generateParseException();

    /** The {@code n}th token ahead, from 1 on. JavaCC would walk there from the first. */
    final GrammarToken ahead(int n) {
        GrammarToken next = (GrammarToken) getToken(1);
        return n == 1 ? next : feed.at(next.index + n - 1);
    }

    final int kind(int n) {
        return ahead(n).kind;
    }

    final boolean word(int n, String lowerCase) {
        return ahead(n).is(lowerCase);
    }

    /** Where the node that starts with the next token starts. */
    final int begin() {
        return getToken(1).beginColumn;
    }

    /** From there to the token read last. */
    final SqlParserPos pos(int begin) {
        int end = getToken(0).endColumn;
        return new SqlParserPos(1, begin, 1, Math.max(end, begin - 1));
    }

    /** The position of the token read last. */
    final SqlParserPos here() {
        Token last = getToken(0);
        return new SqlParserPos(1, last.beginColumn, 1, last.endColumn);
    }

    /** The token after the partner of the {@code n}th token, an opening parenthesis. */
    final GrammarToken afterMatch(int n) {
        GrammarToken open = ahead(n);
        return open.match < 0 ? feed.at(-1) : feed.at(open.match + 1);
    }

    /** The token at an index, one that ends the text where there is none. */
    final GrammarToken tokenAt(int index) {
        return feed.at(index);
    }

    @Override
    public void ReInit(Reader reader) {
        throw new UnsupportedOperationException("tokens come from a TokenFeed");
    }

    @Override
    protected SqlParserPos getPos() {
        return here();
    }

    @Override
    public Metadata getMetadata() {
        throw new UnsupportedOperationException("keywords depend on context, see Keyword");
    }

    @Override
    public SqlParseException normalizeException(Throwable e) {
        return new SqlParseException(e.getMessage(), here(), null, null, e);
    }

    @Override
    public void setTabSize(int tabSize) {
        // positions are character offsets
    }

    @Override
    public void switchTo(LexicalState state) {
        // one lexer, no states
    }

    @Override
    public SqlNode parseArray() {
        throw new UnsupportedOperationException("array literals are strings");
    }

    @Override
    public void setQuotedCasing(Casing quotedCasing) {
        // the lexer folds
    }

    @Override
    public void setUnquotedCasing(Casing unquotedCasing) {
        // the lexer folds
    }

    @Override
    public void setIdentifierMaxLength(int identifierMaxLength) {
        // the lexer cuts
    }

    @Override
    public void setConformance(SqlConformance conformance) {
        // PostgreSQL's is the only one
    }
}
