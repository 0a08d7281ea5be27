package dev.trunkline.sql;

import java.util.Locale;

import dev.trunkline.sql.Statement.Setting;
import dev.trunkline.sql.Statement.Setting.Scope;
import dev.trunkline.sql.Statement.Setting.Verb;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/** SET, RESET and SHOW with their special spellings. */
final class SettingGrammar implements PostgresParserConstants {

    private final TokenCursor at;
    private final int from;

    SettingGrammar(TokenCursor at) {
        this.at = at;
        this.from = at.index();
    }

    Statement set() {
        at.skip();
        if (at.take("session", "characteristics", "as", "transaction")) {
            String modes = new TransactionGrammar(at).modes();
            return of(Scope.SESSION, "session_characteristics", modes);
        }
        Scope scope = Scope.SESSION;
        if (at.is("local") && !isAssignment(1)) {
            at.skip();
            scope = Scope.LOCAL;
        } else if (at.is("session") && !at.is(1, "authorization") && !isAssignment(1)) {
            at.skip();
        }
        return assignment(scope);
    }

    private boolean isAssignment(int ahead) {
        return at.is(ahead, "to") || at.isKind(ahead, EQ) || at.isKind(ahead, DOT);
    }

    private Statement assignment(Scope scope) {
        if (at.take("transaction")) {
            if (at.is("snapshot")) {
                return rest(scope, "transaction");
            }
            return of(scope, "transaction", new TransactionGrammar(at).modes());
        }
        if (at.take("time", "zone")) {
            boolean none = at.atEnd();
            boolean standard = at.is("default") || at.is("local");
            Statement zone = rest(scope, "timezone");
            return standard && !none ? of(scope, "timezone", null) : zone;
        }
        if (at.take("session", "authorization")) {
            return rest(scope, "session_authorization");
        }
        if (at.is("role") && !isAssignment(1)) {
            at.skip();
            return rest(scope, "role");
        }
        if (at.is("names") && !isAssignment(1)) {
            at.skip();
            return at.atEnd() ? of(scope, "client_encoding", null) : rest(scope, "client_encoding");
        }
        if (at.is("schema") && at.isKind(1, QUOTED_STRING)) {
            at.skip();
            return rest(scope, "search_path");
        }
        if (at.take("xml", "option")) {
            return rest(scope, "xmloption");
        }
        String name = variable();
        if (!at.take("to") && !at.takeKind(EQ)) {
            throw at.error();
        }
        return rest(scope, name);
    }

    /** The values to the end: words, strings, numbers, with commas. */
    private Statement rest(Scope scope, String name) {
        int start = at.index();
        if (at.atEnd()) {
            throw at.error();
        }
        if (at.is("default") && at.index() == at.limit() - 1) {
            at.skip();
            return of(scope, name, null);
        }
        while (!at.atEnd()) {
            boolean value = at.peek().isLabel() || at.isKind(QUOTED_STRING) || at.isKind(UNSIGNED_INTEGER_LITERAL)
                    || at.isKind(DECIMAL_NUMERIC_LITERAL) || at.isKind(COMMA) || at.isOperator("-")
                    || at.isOperator("+") || at.isKind(LPAREN) || at.isKind(RPAREN);
            if (!value) {
                throw at.error();
            }
            at.skip();
        }
        return of(scope, name, at.text(start, at.index()));
    }

    private Statement of(Scope scope, String name, String value) {
        return new Setting(Verb.SET, scope, name, value, at.span(from));
    }

    private String variable() {
        String name = at.name();
        while (at.takeKind(DOT)) {
            name += "." + at.name();
        }
        return name.toLowerCase(Locale.ROOT);
    }

    Statement reset() {
        at.skip();
        String name = name();
        return new Setting(Verb.RESET, Scope.SESSION, name, null, at.span(from));
    }

    Statement show() {
        at.skip();
        String name = name();
        return new Statement.Show(name, at.span(from));
    }

    private String name() {
        if (at.take("all")) {
            return "all";
        }
        if (at.take("time", "zone")) {
            return "timezone";
        }
        if (at.take("transaction", "isolation", "level")) {
            return "transaction_isolation";
        }
        if (at.take("session", "authorization")) {
            return "session_authorization";
        }
        return variable();
    }
}
