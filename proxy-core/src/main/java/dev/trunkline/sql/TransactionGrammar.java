package dev.trunkline.sql;

import dev.trunkline.sql.Statement.Transaction;
import dev.trunkline.sql.Statement.Transaction.Isolation;
import dev.trunkline.sql.Statement.Transaction.Verb;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/** Transaction control. */
final class TransactionGrammar implements PostgresParserConstants {

    private final TokenCursor at;
    private final int from;
    private Isolation isolation;
    private Boolean readOnly;

    TransactionGrammar(TokenCursor at) {
        this.at = at;
        this.from = at.index();
    }

    Statement statement() {
        if (at.take("begin")) {
            work();
            return begin();
        }
        if (at.take("start")) {
            at.expect("transaction");
            return begin();
        }
        if (at.take("prepare", "transaction")) {
            return of(Verb.PREPARE, at.string());
        }
        if (at.take("savepoint")) {
            return of(Verb.SAVEPOINT, at.name());
        }
        if (at.take("release")) {
            at.take("savepoint");
            return of(Verb.RELEASE, at.name());
        }
        if (at.take("commit", "prepared")) {
            return of(Verb.COMMIT_PREPARED, at.string());
        }
        if (at.take("rollback", "prepared")) {
            return of(Verb.ROLLBACK_PREPARED, at.string());
        }
        boolean rollback = at.isAny("rollback", "abort");
        boolean savepoint = at.is("rollback");
        at.skip();
        work();
        if (savepoint && at.take("to")) {
            at.take("savepoint");
            return of(Verb.ROLLBACK_TO, at.name());
        }
        boolean chain = at.take("and", "chain");
        if (!chain) {
            at.take("and", "no", "chain");
        }
        return new Transaction(rollback ? Verb.ROLLBACK : Verb.COMMIT, null, null, null, chain, "", at.span(from));
    }

    private void work() {
        if (!at.take("work")) {
            at.take("transaction");
        }
    }

    private Statement begin() {
        String modes = modes();
        return new Transaction(Verb.BEGIN, null, isolation, readOnly, false, modes, at.span(from));
    }

    private Statement of(Verb verb, String name) {
        return new Transaction(verb, name, null, null, false, "", at.span(from));
    }

    /** Transaction modes to the end, with or without commas between them; returns their text. */
    String modes() {
        int start = at.index();
        while (!at.atEnd()) {
            mode();
            at.takeKind(COMMA);
        }
        return at.text(start, at.index());
    }

    private void mode() {
        if (at.take("isolation", "level")) {
            if (at.take("read", "uncommitted")) {
                isolation = Isolation.READ_UNCOMMITTED;
            } else if (at.take("read", "committed")) {
                isolation = Isolation.READ_COMMITTED;
            } else if (at.take("repeatable", "read")) {
                isolation = Isolation.REPEATABLE_READ;
            } else {
                at.expect("serializable");
                isolation = Isolation.SERIALIZABLE;
            }
        } else if (at.take("read", "only")) {
            readOnly = true;
        } else if (at.take("read", "write")) {
            readOnly = false;
        } else {
            at.take("not");
            at.expect("deferrable");
        }
    }
}
