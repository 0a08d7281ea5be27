package dev.trunkline.sql;

import dev.trunkline.sql.grammar.PostgresParserConstants;

/**
 * What statements on objects hold inside: bodies of SQL functions, elements of schemas, actions of rules, conditions of
 * policies. The tables in them count as those that the statement refers to.
 */
final class DdlBodies implements PostgresParserConstants {

    private final TokenCursor at;
    private final DdlFacts facts;

    DdlBodies(TokenCursor at, DdlFacts facts) {
        this.at = at;
        this.facts = facts;
    }

    /** {@code RETURN expression}. */
    void returned() {
        at.expect("return");
        facts.tables.addAll(NamedTables.of(at.expression()));
    }

    /** {@code BEGIN ATOMIC statement; ... END}. */
    void atomic() {
        at.expect("begin", "atomic");
        while (!at.take("end")) {
            if (at.is("return")) {
                returned();
            } else if (!at.isKind(SEMICOLON)) {
                inside(endOfStatement(at.limit()));
            }
            at.expectKind(SEMICOLON);
        }
    }

    /** {@code [WHERE condition] DO [ALSO | INSTEAD] action} of a rule; an action is NOTHING, a statement, or several in parentheses. */
    void actions() {
        if (at.take("where")) {
            facts.tables.addAll(NamedTables.of(at.expression()));
        }
        at.expect("do");
        if (!at.take("also")) {
            at.take("instead");
        }
        if (at.take("nothing")) {
            return;
        }
        if (!at.isKind(LPAREN) || at.peek().query) {
            inside(at.limit());
            return;
        }
        int end = at.closing();
        at.skip();
        while (at.index() < end) {
            if (!at.takeKind(SEMICOLON)) {
                inside(endOfStatement(end));
            }
        }
        at.expectKind(RPAREN);
    }

    /** {@code USING (condition)} and {@code WITH CHECK (condition)} of a policy. */
    void conditions() {
        while (!at.atEnd()) {
            if (at.take("using") || at.take("with", "check")) {
                facts.tables.addAll(NamedTables.of(at.expression()));
            } else {
                at.skip();
            }
        }
    }

    /** The statements that make the objects of a schema, one after the other. */
    void elements() {
        while (!at.atEnd() && !isElement()) {
            at.skip();
        }
        while (!at.atEnd()) {
            int start = at.index();
            at.skip();
            while (!at.atEnd() && !isElement()) {
                if (!at.skipParentheses()) {
                    at.skip();
                }
            }
            int end = at.index();
            at.moveTo(start);
            inside(end);
        }
    }

    /** CREATE and GRANT are reserved words; the privilege CREATE and WITH GRANT OPTION are the other places for them. */
    private boolean isElement() {
        boolean privilege = at.is(-1, "grant") || at.isKind(-1, COMMA);
        return at.is("create") && !privilege || at.is("grant") && !at.is(-1, "with");
    }

    private void inside(int end) {
        facts.tables.addAll(NamedTables.of(at.statement(end)));
    }

    private int endOfStatement(int limit) {
        int start = at.index();
        while (at.index() < limit && !at.isKind(SEMICOLON)) {
            if (!at.skipParentheses()) {
                at.skip();
            }
        }
        int end = at.index();
        at.moveTo(start);
        return end;
    }
}
