package dev.trunkline.sql;

/** A text that PostgreSQL's grammar refuses, with its message and the character offset that it speaks of. */
final class SyntaxError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    static final String SYNTAX = "42601";
    static final String TOO_COMPLEX = "54001";

    private final String sqlState;
    private final int position;

    SyntaxError(String sqlState, String message, int position) {
        super(message, null, false, false);
        this.sqlState = sqlState;
        this.position = position;
    }

    String sqlState() {
        return sqlState;
    }

    int position() {
        return position;
    }
}
