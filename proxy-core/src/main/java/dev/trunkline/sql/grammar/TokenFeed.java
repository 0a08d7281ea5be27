package dev.trunkline.sql.grammar;

/** Hands a range of a list of tokens to the generated parser, then the end of the text. */
public final class TokenFeed implements TokenManager {

    private final GrammarToken[] tokens;
    private final int to;
    private final GrammarToken end;
    private int next;

    /** Feeds {@code tokens[from..to)}; the end stands at {@code endOffset}, a character offset. */
    public TokenFeed(GrammarToken[] tokens, int from, int to, int endOffset) {
        this.tokens = tokens;
        this.next = from;
        this.to = to;
        this.end = new GrammarToken(to, PostgresParserConstants.EOF, "", null, null, endOffset, endOffset);
    }

    @Override
    public Token getNextToken() {
        if (next >= to) {
            return end;
        }
        GrammarToken token = tokens[next++];
        // A token may have been read before, in another range.
        token.next = null;
        return token;
    }

    GrammarToken at(int index) {
        return index >= 0 && index < to ? tokens[index] : end;
    }
}
