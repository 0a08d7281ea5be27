package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/**
 * Statements of a session: settings, cursors, prepared statements, COPY, EXPLAIN, LOCK and the like. Transaction control is
 * in {@link TransactionGrammar}, statements on objects in {@link DdlGrammar}.
 */
final class UtilityGrammar implements PostgresParserConstants {

    private static final Set<String> FETCH_WORDS = Set.of("next", "prior", "first", "last", "absolute", "relative",
            "all", "forward", "backward", "from", "in");

    private final SqlParser.Grammar grammar;
    private final TokenCursor at;
    private final int from;

    UtilityGrammar(SqlParser.Grammar grammar, int from, int to) {
        this.grammar = grammar;
        this.at = new TokenCursor(grammar, from, to);
        this.from = from;
    }

    Statement statement() {
        String first = at.peek().word;
        if (first == null) {
            throw at.error();
        }
        Statement statement = switch (first) {
            case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release" ->
                new TransactionGrammar(at).statement();
            case "prepare" -> at.is(1, "transaction") ? new TransactionGrammar(at).statement() : prepare();
            case "set" -> at.is(1, "constraints") ? new DdlGrammar(at).setConstraints() : new SettingGrammar(at).set();
            case "reset" -> new SettingGrammar(at).reset();
            case "show" -> new SettingGrammar(at).show();
            case "explain" -> explain();
            case "copy" -> new CopyGrammar(at).copy();
            case "execute" -> execute();
            case "deallocate" -> deallocate();
            case "discard" -> discard();
            case "declare" -> declare();
            case "fetch", "move" -> fetch();
            case "close" -> close();
            case "listen", "unlisten", "notify" -> notification();
            case "lock" -> lock();
            case "truncate" -> truncate();
            case "do" -> doBlock();
            case "call" -> call();
            default -> new DdlGrammar(at).statement();
        };
        at.expectEnd();
        return statement;
    }

    private Span span() {
        return at.span(from);
    }

    private Statement explain() {
        at.skip();
        List<Option> options = new ArrayList<>();
        if (at.isKind(LPAREN) && !at.peek().query) {
            options.addAll(at.optionsInParentheses());
        } else {
            if (at.take("analyze") || at.take("analyse")) {
                options.add(new Option("analyze", null));
            }
            if (at.take("verbose")) {
                options.add(new Option("verbose", null));
            }
        }
        Span head = span();
        Statement inner = at.statement();
        boolean analyze = options.stream().anyMatch(o -> isOn(o, "analyze") || isOn(o, "analyse"));
        boolean route = options.stream().anyMatch(o -> isOn(o, "route"));
        return new Statement.Explain(List.copyOf(options), analyze, route, head, inner, span());
    }

    private static boolean isOn(Option option, String name) {
        if (!option.name().equals(name)) {
            return false;
        }
        String value = option.value();
        return value == null || !value.equalsIgnoreCase("false") && !value.equalsIgnoreCase("off")
                && !value.equals("0");
    }

    private Statement prepare() {
        at.skip();
        String name = at.name();
        List<TypeName> types = new ArrayList<>();
        if (at.takeKind(LPAREN)) {
            do {
                types.add(at.type());
            } while (at.takeKind(COMMA));
            at.expectKind(RPAREN);
        }
        at.expect("as");
        return new Statement.Prepare(name, List.copyOf(types), prepared(), span());
    }

    /** The statement that is prepared; one that the grammar can't read is a matter of its own, not of PREPARE. */
    private Statement prepared() {
        int start = at.index();
        try {
            return at.statement();
        } catch (SyntaxError e) {
            if (at.peek() == null) {
                throw e;
            }
            String first = at.peek().word;
            at.moveTo(at.limit());
            return new Statement.Unknown(first == null ? "" : first, grammar.tokens().names(), e.sqlState(),
                    e.getMessage(), e.position(), at.span(start));
        }
    }

    private Statement execute() {
        at.skip();
        String name = at.name();
        List<Expr> arguments = at.isKind(LPAREN) ? at.expressionsInParentheses() : List.of();
        return new Statement.Execute(name, arguments, span());
    }

    private Statement deallocate() {
        at.skip();
        if (at.is("prepare") && at.peek(1) != null) {
            at.skip();
        }
        String name = at.take("all") ? null : at.name();
        return new Statement.Deallocate(name, span());
    }

    private Statement discard() {
        at.skip();
        String what = at.take("all")
                ? "ALL"
                : at.take("plans")
                        ? "PLANS"
                        : at.take("sequences")
                                ? "SEQUENCES"
                                : at.take("temp") || at.take("temporary") ? "TEMP" : null;
        if (what == null) {
            throw at.error();
        }
        return new Statement.Discard(what, span());
    }

    private Statement declare() {
        at.skip();
        String name = at.name();
        boolean scroll = false;
        boolean binary = false;
        while (!at.take("cursor")) {
            if (at.take("binary")) {
                binary = true;
            } else if (at.take("scroll")) {
                scroll = true;
            } else if (!at.take("no", "scroll") && !at.take("insensitive") && !at.take("asensitive")) {
                throw at.error();
            }
        }
        boolean hold = at.take("with", "hold");
        if (!hold) {
            at.take("without", "hold");
        }
        at.expect("for");
        int query = at.index();
        if (at.statement() instanceof Statement.Select select) {
            return new Statement.DeclareCursor(name, hold, scroll, binary, select.query(), span());
        }
        at.moveTo(query);
        throw at.error();
    }

    /** The cursor comes last, whatever the direction. */
    private Statement fetch() {
        boolean move = at.is("move");
        at.skip();
        while (at.index() < at.limit() - 1) {
            boolean direction = at.peek().word != null && FETCH_WORDS.contains(at.peek().word);
            if (!direction && !at.isKind(UNSIGNED_INTEGER_LITERAL) && !at.isOperator("-") && !at.isOperator("+")) {
                throw at.error();
            }
            at.skip();
        }
        return new Statement.Fetch(at.name(), move, span());
    }

    private Statement close() {
        at.skip();
        String cursor = at.take("all") ? null : at.name();
        return new Statement.ClosePortal(cursor, span());
    }

    private Statement notification() {
        Statement.Notification.Verb verb = at.is("listen")
                ? Statement.Notification.Verb.LISTEN
                : at.is("unlisten") ? Statement.Notification.Verb.UNLISTEN : Statement.Notification.Verb.NOTIFY;
        at.skip();
        String channel = null;
        if (verb != Statement.Notification.Verb.UNLISTEN || !at.takeKind(STAR)) {
            channel = at.name();
        }
        if (verb == Statement.Notification.Verb.NOTIFY && at.takeKind(COMMA)) {
            at.string();
        }
        return new Statement.Notification(verb, channel, span());
    }

    private Statement lock() {
        at.skip();
        at.take("table");
        List<FromItem.Table> tables = tables();
        String mode = "ACCESS EXCLUSIVE";
        if (at.take("in")) {
            int start = at.index();
            while (!at.atEnd() && !at.is("mode")) {
                at.label();
            }
            mode = at.text(start, at.index()).toUpperCase(java.util.Locale.ROOT);
            at.expect("mode");
        }
        boolean nowait = at.take("nowait");
        return new Statement.LockTable(tables, mode, nowait, span());
    }

    private Statement truncate() {
        at.skip();
        at.take("table");
        List<FromItem.Table> tables = tables();
        boolean restart = at.take("restart", "identity");
        if (!restart) {
            at.take("continue", "identity");
        }
        boolean cascade = at.take("cascade");
        if (!cascade) {
            at.take("restrict");
        }
        return new Statement.Truncate(tables, cascade, restart, span());
    }

    /** [ONLY] name [*], ... */
    private List<FromItem.Table> tables() {
        List<FromItem.Table> tables = new ArrayList<>();
        do {
            int start = at.index();
            boolean only = at.take("only");
            boolean parentheses = only && at.takeKind(LPAREN);
            Name name = at.qualifiedName();
            if (parentheses) {
                at.expectKind(RPAREN);
            }
            at.takeKind(STAR);
            tables.add(new FromItem.Table(name, null, List.of(), only, null, at.span(start)));
        } while (at.takeKind(COMMA));
        return List.copyOf(tables);
    }

    private Statement doBlock() {
        at.skip();
        boolean body = false;
        while (!at.atEnd()) {
            if (at.take("language")) {
                if (at.isKind(QUOTED_STRING)) {
                    at.string();
                } else {
                    at.label();
                }
            } else {
                at.string();
                body = true;
            }
        }
        if (!body) {
            throw at.error();
        }
        return new Statement.Do(span());
    }

    private Statement call() {
        at.skip();
        int start = at.index();
        if (at.expression() instanceof Expr.Function function) {
            return new Statement.Call(function, span());
        }
        at.moveTo(start);
        throw at.error();
    }
}
