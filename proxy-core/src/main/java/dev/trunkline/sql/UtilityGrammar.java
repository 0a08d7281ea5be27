package dev.trunkline.sql;

/** Stub. */
final class UtilityGrammar {
    private final int from;
    private final SqlParser.Grammar g;

    UtilityGrammar(SqlParser.Grammar grammar, int from, int to) {
        this.g = grammar;
        this.from = from;
    }

    Statement statement() {
        throw g.tokens().errorAt(from);
    }
}
