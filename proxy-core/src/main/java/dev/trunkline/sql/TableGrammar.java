package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

import dev.trunkline.sql.Statement.AlterAction;
import dev.trunkline.sql.Statement.ColumnDefinition;
import dev.trunkline.sql.Statement.ColumnDefinition.DefaultKind;
import dev.trunkline.sql.Statement.Constraint;
import dev.trunkline.sql.Statement.Ddl.Verb;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/** CREATE TABLE, CREATE INDEX and ALTER TABLE: columns, constraints and actions. */
final class TableGrammar implements PostgresParserConstants {

    private final TokenCursor at;
    private final DdlFacts facts;

    TableGrammar(TokenCursor at, DdlFacts facts) {
        this.at = at;
        this.facts = facts;
    }

    // ---- CREATE TABLE

    void createTable(String objectKind) {
        boolean foreign = objectKind.equals("foreign table");
        facts.is(foreign ? "CreateForeignTableStmt" : "CreateStmt", Verb.CREATE, objectKind);
        facts.ifNotExists = at.take("if", "not", "exists");
        facts.objects.add(at.qualifiedName());
        if (at.take("partition", "of")) {
            facts.tables.add(at.qualifiedName());
        } else if (at.take("of")) {
            at.qualifiedName();
        }
        if (!foreign && isTableAs()) {
            createTableAs();
            return;
        }
        if (at.isKind(LPAREN)) {
            elements();
        }
        if (at.take("inherits")) {
            at.expectKind(LPAREN);
            facts.tables.addAll(at.qualifiedNames());
            at.expectKind(RPAREN);
        }
        facts.rest();
    }

    /** Whether AS follows, after column names and storage clauses. */
    private boolean isTableAs() {
        int start = at.index();
        boolean as = false;
        while (!at.atEnd() && !as) {
            as = at.is("as");
            if (!as && !at.skipParentheses()) {
                at.skip();
            }
        }
        at.moveTo(start);
        return as;
    }

    private void createTableAs() {
        facts.kind = "CreateTableAsStmt";
        if (at.isKind(LPAREN)) {
            facts.columnNames(at.namesInParentheses());
        }
        facts.untilAs(at);
        facts.query = at.statement(endOfQuery(at, "with", "data"));
        facts.rest();
    }

    /** Where a query ends that WITH [NO] DATA or WITH [CASCADED|LOCAL] CHECK OPTION may follow. */
    static int endOfQuery(TokenCursor at, String... words) {
        int last = at.limit() - 1;
        boolean trailing = at.is(last - at.index(), words[words.length - 1]);
        if (!trailing) {
            return at.limit();
        }
        int with = last;
        for (int back = 0; back < 4 && with > at.index(); back++) {
            if (at.is(with - at.index(), words[0])) {
                return with;
            }
            with--;
        }
        return at.limit();
    }

    private void elements() {
        int end = at.closing();
        at.skip();
        while (at.index() < end) {
            element(end);
            if (!at.nextItem(end)) {
                break;
            }
        }
        at.moveTo(end);
        at.expectKind(RPAREN);
    }

    private void element(int end) {
        if (at.take("like")) {
            facts.tables.add(at.qualifiedName());
        } else if (isTableConstraint()) {
            tableConstraint(end);
        } else {
            column(end);
        }
    }

    private boolean isTableConstraint() {
        return at.isAny("constraint", "check", "unique", "primary", "foreign") || at.is("exclude")
                && (at.isKind(1, LPAREN) || at.is(1, "using"));
    }

    /** A column; in a typed table or a partition it has no type. */
    private void column(int end) {
        int start = at.index();
        String name = at.name();
        TypeName type = at.index() < end && at.peek().isLabel() && !isColumnClause() ? at.type() : null;
        boolean notNull = false;
        DefaultKind kind = DefaultKind.NONE;
        Expr value = null;
        Name collation = null;
        while (at.index() < end && !at.isKind(COMMA)) {
            int clause = at.index();
            String constraint = at.take("constraint") ? at.name() : null;
            if (at.take("not", "null")) {
                notNull = true;
            } else if (at.take("default")) {
                kind = DefaultKind.EXPRESSION;
                value = at.operand();
            } else if (at.take("generated")) {
                kind = generated();
                if (kind == DefaultKind.GENERATED) {
                    at.expectKind(LPAREN);
                    value = at.expression();
                    at.expectKind(RPAREN);
                }
            } else if (at.take("collate")) {
                collation = at.qualifiedName();
            } else if (at.take("primary", "key")) {
                notNull = true;
                add(Constraint.Kind.PRIMARY_KEY, constraint, name, clause);
            } else if (at.take("unique")) {
                add(Constraint.Kind.UNIQUE, constraint, name, clause);
            } else if (at.take("references")) {
                references(constraint, List.of(name), clause);
            } else if (at.take("check")) {
                facts.constraints.add(new Constraint(Constraint.Kind.CHECK, constraint, List.of(), null, List.of(),
                        at.expressionsInParentheses(), at.span(clause)));
            } else if (!at.skipParentheses()) {
                at.skip();
            }
        }
        facts.columns.add(new ColumnDefinition(name, type, notNull, kind, value, collation, at.span(start)));
    }

    private boolean isColumnClause() {
        return at.isAny("constraint", "not", "null", "default", "generated", "primary", "unique", "references",
                "check", "collate") || at.are("with", "options");
    }

    private DefaultKind generated() {
        if (!at.take("always")) {
            at.expect("by", "default");
        }
        at.expect("as");
        return at.take("identity") ? DefaultKind.IDENTITY : DefaultKind.GENERATED;
    }

    private void add(Constraint.Kind kind, String name, String column, int start) {
        facts.constraints.add(new Constraint(kind, name, List.of(column), null, List.of(), List.of(), at.span(start)));
    }

    private void references(String constraint, List<String> columns, int start) {
        Name table = at.qualifiedName();
        facts.tables.add(table);
        List<String> referenced = at.isKind(LPAREN) ? keyColumns() : List.of();
        if (at.take("match")) {
            at.label();
        }
        while (at.take("on")) {
            referentialAction();
        }
        facts.constraints.add(new Constraint(Constraint.Kind.FOREIGN_KEY, constraint, columns, table, referenced,
                List.of(), at.span(start)));
    }

    /** Passes over what happens ON DELETE or ON UPDATE, whose SET DEFAULT is not the column's default. */
    private void referentialAction() {
        at.label();
        if (!at.take("no", "action") && !at.take("restrict") && !at.take("cascade")) {
            at.expect("set");
            at.label();
            at.skipParentheses();
        }
    }

    private void tableConstraint(int end) {
        int start = at.index();
        String name = at.take("constraint") ? at.name() : null;
        if (at.take("check")) {
            facts.constraints.add(new Constraint(Constraint.Kind.CHECK, name, List.of(), null, List.of(),
                    at.expressionsInParentheses(), at.span(start)));
        } else if (at.take("foreign", "key")) {
            List<String> columns = keyColumns();
            at.expect("references");
            references(name, columns, start);
        } else if (at.take("exclude")) {
            if (at.take("using")) {
                at.name();
            }
            indexColumns(Constraint.Kind.EXCLUDE, name, List.of(), start);
        } else if (at.take("not", "null")) {
            add(Constraint.Kind.NOT_NULL, name, at.name(), start);
        } else {
            Constraint.Kind kind = at.take("primary", "key") ? Constraint.Kind.PRIMARY_KEY : Constraint.Kind.UNIQUE;
            if (kind == Constraint.Kind.UNIQUE) {
                at.expect("unique");
                if (at.take("nulls") && at.take("not")) {
                    at.expect("distinct");
                } else {
                    at.take("distinct");
                }
            }
            if (at.index() >= end || !at.isKind(LPAREN)) {
                // UNIQUE USING INDEX: the columns are the index's.
                facts.constraints.add(new Constraint(kind, name, List.of(), null, List.of(), List.of(),
                        at.span(start)));
            } else {
                facts.constraints.add(new Constraint(kind, name, keyColumns(), null, List.of(), List.of(),
                        at.span(start)));
            }
        }
    }

    /** (a, b), with PERIOD or WITHOUT OVERLAPS. */
    private List<String> keyColumns() {
        List<String> columns = new ArrayList<>();
        at.expectKind(LPAREN);
        do {
            if (at.is("period") && !at.isKind(1, COMMA) && !at.isKind(1, RPAREN)) {
                at.skip();
            }
            columns.add(at.name());
            at.take("without", "overlaps");
        } while (at.takeKind(COMMA));
        at.expectKind(RPAREN);
        return List.copyOf(columns);
    }

    // ---- CREATE INDEX

    void createIndex() {
        facts.is("IndexStmt", Verb.CREATE, "index");
        boolean unique = at.take("unique");
        at.expect("index");
        facts.concurrently = at.take("concurrently");
        facts.ifNotExists = at.take("if", "not", "exists");
        if (!at.is("on")) {
            facts.objects.add(at.qualifiedName());
        }
        at.expect("on");
        at.take("only");
        facts.tables.add(at.qualifiedName());
        if (at.take("using")) {
            at.name();
        }
        List<Expr> predicate = new ArrayList<>();
        int columns = at.index();
        at.skipParentheses();
        int after = at.index();
        while (!at.atEnd()) {
            if (at.take("where")) {
                predicate.add(at.expression());
            } else {
                at.skip();
            }
        }
        at.moveTo(columns);
        indexColumns(unique ? Constraint.Kind.UNIQUE : Constraint.Kind.INDEX, null, predicate, columns);
        at.moveTo(after);
        facts.rest();
    }

    /** (column | expression [COLLATE c] [class] [ASC] [WITH operator], ...); expressions end with the predicate. */
    private void indexColumns(Constraint.Kind kind, String name, List<Expr> predicate, int start) {
        int end = at.closing();
        at.skip();
        List<String> columns = new ArrayList<>();
        List<Expr> expressions = new ArrayList<>();
        while (at.index() < end) {
            Expr expression = at.expression();
            String column = column(expression);
            columns.add(column);
            if (column == null) {
                expressions.add(expression);
            }
            if (!at.nextItem(end)) {
                break;
            }
        }
        at.moveTo(end);
        at.expectKind(RPAREN);
        expressions.addAll(predicate);
        facts.constraints.add(new Constraint(kind, name, Collections.unmodifiableList(columns), null, List.of(),
                List.copyOf(expressions), at.span(start)));
    }

    private static String column(Expr expression) {
        return switch (expression) {
            case Expr.Column column -> column.name().last();
            case Expr.Opaque collated when collated.shape().equals("COLLATE") -> column(collated.operands().getFirst());
            default -> null;
        };
    }

    // ---- ALTER TABLE

    /** The actions to the end. */
    void actions() {
        boolean more = true;
        while (more && !at.atEnd()) {
            action();
            more = at.nextItem(at.limit());
        }
    }

    private void action() {
        int start = at.index();
        if (at.take("add")) {
            add(start);
        } else if (at.take("drop")) {
            boolean constraint = at.take("constraint");
            if (!constraint) {
                at.take("column");
            }
            at.take("if", "exists");
            done(constraint ? "DROP CONSTRAINT" : "DROP COLUMN", at.name(), null, start);
        } else if (at.take("alter")) {
            alterColumn(start);
        } else if (at.take("rename")) {
            rename(start);
        } else if (at.take("attach", "partition") || at.take("detach", "partition")) {
            partition(start);
        } else if (at.take("inherit") || at.take("no", "inherit")) {
            String words = at.text(start, at.index()).toUpperCase(Locale.ROOT);
            facts.tables.add(at.qualifiedName());
            done(words, facts.tables.getLast().last(), null, start);
        } else {
            other(start);
        }
    }

    private void add(int start) {
        if (isTableConstraint() || at.are("not", "null")) {
            tableConstraint(at.limit());
            done("ADD CONSTRAINT", facts.constraints.getLast().name(), null, start);
            return;
        }
        at.take("column");
        if (at.take("if", "not", "exists")) {
            facts.ifNotExists = true;
        }
        column(at.limit());
        ColumnDefinition column = facts.columns.getLast();
        done("ADD COLUMN", column.name(), column.type(), start);
    }

    private void alterColumn(int start) {
        if (at.take("constraint")) {
            done("ALTER CONSTRAINT", at.name(), null, start);
            return;
        }
        at.take("column");
        String column = at.isKind(UNSIGNED_INTEGER_LITERAL) ? number() : at.name();
        if (at.take("set", "data", "type") || at.take("type")) {
            done("ALTER COLUMN TYPE", column, at.type(), start);
            return;
        }
        int words = at.index();
        while (!at.atEnd() && at.isAny("set", "drop", "add", "reset", "not", "null", "default", "generated", "identity",
                "expression", "statistics", "storage", "compression", "restart") && at.index() < words + 3) {
            at.skip();
        }
        done("ALTER COLUMN " + at.text(words, at.index()).toUpperCase(Locale.ROOT), column, null, start);
    }

    private String number() {
        int start = at.index();
        at.skip();
        return at.text(start, at.index());
    }

    private void rename(int start) {
        if (at.take("to")) {
            done("RENAME", at.name(), null, start);
            return;
        }
        boolean constraint = at.take("constraint");
        if (!constraint && !at.take("column")) {
            at.take("attribute");
        }
        String name = at.name();
        at.expect("to");
        at.name();
        done(constraint ? "RENAME CONSTRAINT" : "RENAME COLUMN", name, null, start);
    }

    private void partition(int start) {
        String words = at.text(start, at.index()).toUpperCase(Locale.ROOT);
        facts.tables.add(at.qualifiedName());
        if (at.is("concurrently")) {
            facts.concurrently = true;
        }
        done(words, facts.tables.getLast().last(), null, start);
    }

    /** OWNER TO, SET SCHEMA, ENABLE TRIGGER and so on: the words themselves. */
    private void other(int start) {
        while (!at.atEnd() && at.index() < start + 2 && at.peek().word != null) {
            at.skip();
        }
        if (at.index() == start) {
            throw at.error();
        }
        done(at.text(start, at.index()).toUpperCase(Locale.ROOT), null, null, start);
    }

    private void done(String action, String name, TypeName type, int start) {
        facts.actions.add(new AlterAction(action, name, type, at.span(start)));
    }
}
