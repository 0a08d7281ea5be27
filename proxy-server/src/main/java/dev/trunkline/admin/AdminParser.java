package dev.trunkline.admin;

import dev.trunkline.admin.AdminStatement.Select;
import dev.trunkline.admin.AdminStatement.Step;
import dev.trunkline.admin.AdminStatement.Transaction;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the statements of the admin database: its own commands, and what drivers send without being asked. */
final class AdminParser {

    // Possessive: matched one by one without the stack, however long a string is.
    private static final Pattern TOKEN = Pattern.compile(
            "(?<space>\\s+|--[^\\n]*|/\\*.*?\\*/)|(?<word>[A-Za-z_\\u0080-\\uffff][A-Za-z0-9_$.\\u0080-\\uffff]*)"
                    + "|\"(?<quoted>(?:[^\"]++|\"\")*+)\"|'(?<text>(?:[^']++|'')*+)'|(?<number>-?\\d+)|(?<symbol>.)",
            Pattern.DOTALL);
    private static final Set<String> FUNCTIONS = Set.of("version", "current_database", "current_catalog",
            "current_user", "session_user", "user", "current_schema", "pg_backend_pid", "pg_is_in_recovery", "now");

    private static final String ADDRESSES = "SHOW CLIENTS and SHOW SERVERS have both ends of each connection.";
    private static final String PEERS = "Processes that share the port find each other by themselves, with listen.reusePort"
            + " in the configuration file, and pass cancel requests on.";

    /** Commands of PgBouncer that there are not here, and what there is in their place. */
    private static final Map<String, String> ELSEWHERE = Map.of("shutdown",
            "Send the process SIGTERM: clients are sent away at the end of their transactions, then it ends.",
            "suspend",
            "Another process takes over the port with listen.reusePort in the configuration file.", "disable",
            "PAUSE holds a database; without it in the configuration file, it is not served from the next start on.",
            "enable", "RESUME ends the pause of a database.");

    /** The same for what PgBouncer's SHOW has. */
    private static final Map<String, String> SHOWN_ELSEWHERE = Map.of("sockets", ADDRESSES, "active_sockets", ADDRESSES,
            "fds", "Another process takes over the port with listen.reusePort in the configuration file.", "peers",
            PEERS, "peer_pools", PEERS, "dns_zones", "SHOW DNS_HOSTS has every name and its addresses.");

    private enum Kind {
        WORD,
        QUOTED,
        TEXT,
        NUMBER,
        SYMBOL,
        END
    }

    /** {@code text} is folded for a word, and without quotes. */
    private record Token(Kind kind, String text, int position) {}

    private final List<Token> tokens;
    private int next;

    private AdminParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    /** The statements of a string; of an empty one, the empty statement. */
    static List<AdminStatement> parse(String sql) {
        List<AdminStatement> statements = new ArrayList<>();
        List<Token> current = new ArrayList<>();
        Matcher m = TOKEN.matcher(sql);
        int counted = 0;
        int position = 1;
        while (m.find()) {
            position += sql.codePointCount(counted, m.start());
            counted = m.start();
            if (m.group("space") != null) {
                continue;
            }
            if (";".equals(m.group("symbol"))) {
                if (!current.isEmpty()) {
                    statements.add(new AdminParser(current).statement());
                    current = new ArrayList<>();
                }
                continue;
            }
            current.add(token(m, position));
        }
        if (!current.isEmpty()) {
            statements.add(new AdminParser(current).statement());
        }
        return statements.isEmpty() ? List.of(new AdminStatement.Empty()) : statements;
    }

    private static Token token(Matcher m, int position) {
        if (m.group("word") != null) {
            return new Token(Kind.WORD, m.group("word").toLowerCase(Locale.ROOT), position);
        }
        if (m.group("quoted") != null) {
            return new Token(Kind.QUOTED, m.group("quoted").replace("\"\"", "\""), position);
        }
        if (m.group("text") != null) {
            return new Token(Kind.TEXT, m.group("text").replace("''", "'"), position);
        }
        return m.group("number") != null
                ? new Token(Kind.NUMBER, m.group("number"), position)
                : new Token(Kind.SYMBOL, m.group("symbol"), position);
    }

    private AdminStatement statement() {
        Token first = take();
        if (first.kind != Kind.WORD) {
            throw unexpected(first);
        }
        AdminStatement statement = switch (first.text) {
            case "show" -> show();
            case "set" -> set();
            case "reset" -> reset();
            case "select" -> select();
            case "pause" -> new AdminStatement.Pause(optionalName());
            case "resume" -> new AdminStatement.Resume(optionalName());
            case "wait_close" -> new AdminStatement.WaitClose(optionalName());
            case "reconnect" -> new AdminStatement.Reconnect(optionalName());
            case "kill" -> kill();
            case "kill_client" -> killClient(take());
            case "reload" -> new AdminStatement.Reload();
            case "begin", "start" ->
                transaction(Step.BEGIN, first.text.equals("start") ? "START TRANSACTION" : "BEGIN");
            case "commit", "end" -> transaction(Step.COMMIT, "COMMIT");
            case "abort" -> transaction(Step.ROLLBACK, "ROLLBACK");
            case "rollback" -> transaction(at("to") || rest().contains("to") ? Step.ROLLBACK_TO : Step.ROLLBACK,
                    "ROLLBACK");
            case "savepoint", "release" -> transaction(Step.SAVEPOINT, first.text.toUpperCase(Locale.ROOT));
            case "deallocate" -> deallocate();
            case "discard" ->
                new AdminStatement.Forget("DISCARD " + String.join(" ", takeRest()).toUpperCase(Locale.ROOT),
                        null);
            case "close" -> forget("CLOSE CURSOR");
            case "unlisten" -> forget("UNLISTEN");
            default -> throw ELSEWHERE.containsKey(first.text)
                    ? missing(first.text, first).withHint(ELSEWHERE.get(first.text))
                    : unexpected(first);
        };
        if (next < tokens.size()) {
            throw unexpected(tokens.get(next));
        }
        return statement;
    }

    // ---- commands

    private AdminStatement show() {
        Token name = take();
        if (name.kind != Kind.WORD && name.kind != Kind.QUOTED) {
            throw unexpected(name);
        }
        View view = View.of(name.text);
        if (view != null) {
            return new AdminStatement.Show(view, view.isByDatabase() ? optionalName() : null);
        }
        if (SHOWN_ELSEWHERE.containsKey(name.text)) {
            throw missing("SHOW " + name.text, name).withHint(SHOWN_ELSEWHERE.get(name.text));
        }
        List<String> words = new ArrayList<>(List.of(name.text));
        words.addAll(takeRest());
        return new AdminStatement.ShowSetting(String.join(" ", words));
    }

    private AdminStatement set() {
        if (at("session") || at("local")) {
            next++;
        }
        Token name = take();
        if (name.kind != Kind.WORD && name.kind != Kind.QUOTED) {
            throw unexpected(name);
        }
        switch (name.text) {
            case "transaction", "characteristics", "constraints" -> {
                takeRest();
                return new AdminStatement.SetSetting(name.text, null);
            }
            case "time" -> {
                return new AdminStatement.SetSetting("timezone",
                        String.join(" ", takeRest()).replaceFirst("^zone ", ""));
            }
            case "names" -> {
                return new AdminStatement.SetSetting("client_encoding", String.join(" ", takeRest()));
            }
            default -> {
                // name = value, name TO value
            }
        }
        Token sign = take();
        if (!sign.text.equals("=") && !sign.text.equals("to")) {
            throw unexpected(sign);
        }
        Token value = peek();
        if (value.kind == Kind.END) {
            throw unexpected(value);
        }
        String text = String.join(" ", takeRest()).replace(" , ", ", ");
        if (name.text.equals("log_level")) {
            return new AdminStatement.SetLogLevel(text);
        }
        return new AdminStatement.SetSetting(name.text,
                value.kind == Kind.WORD && text.equals("default") ? null : text);
    }

    private AdminStatement reset() {
        Token name = take();
        if (name.kind != Kind.WORD && name.kind != Kind.QUOTED) {
            throw unexpected(name);
        }
        takeRest();
        return name.text.equals("all")
                ? new AdminStatement.Forget("RESET", null)
                : new AdminStatement.SetSetting(name.text, null);
    }

    private AdminStatement kill() {
        Token whom = take();
        return whom.kind == Kind.WORD || whom.kind == Kind.QUOTED
                ? new AdminStatement.KillDatabase(whom.text)
                : killClient(whom);
    }

    private AdminStatement killClient(Token id) {
        try {
            return new AdminStatement.Kill(Integer.parseInt(id.text));
        } catch (NumberFormatException e) {
            throw unexpected(id)
                    .withHint("KILL takes a client's id, which SHOW CLIENTS has, or the name of a database.");
        }
    }

    private AdminStatement deallocate() {
        if (at("prepare")) {
            next++;
        }
        Token name = take();
        boolean all = name.kind == Kind.WORD && name.text.equals("all");
        return new AdminStatement.Forget(all ? "DEALLOCATE ALL" : "DEALLOCATE", all ? null : name.text);
    }

    private AdminStatement forget(String tag) {
        takeRest();
        return new AdminStatement.Forget(tag, "");
    }

    private Transaction transaction(Step step, String tag) {
        takeRest();
        return new Transaction(step, tag);
    }

    // ---- SELECT

    private AdminStatement select() {
        List<Select.Item> items = new ArrayList<>();
        do {
            items.add(named(item()));
        } while (skip(","));
        return new Select(items);
    }

    private Select.Item item() {
        Token token = take();
        switch (token.kind) {
            case NUMBER -> {
                return new Select.Item("?column?", Column.Type.INT8, null, Long.parseLong(token.text));
            }
            case TEXT -> {
                return new Select.Item("?column?", Column.Type.TEXT, null, token.text);
            }
            case WORD -> {
                if (token.text.equals("true") || token.text.equals("false")) {
                    return new Select.Item("bool", Column.Type.BOOL, null, token.text.equals("true"));
                }
                if (token.text.equals("null")) {
                    return new Select.Item("?column?", Column.Type.TEXT, null, null);
                }
                String function = token.text.replaceFirst("^pg_catalog\\.", "");
                if (!FUNCTIONS.contains(function)) {
                    throw unexpected(token);
                }
                if (skip("(") && !skip(")")) {
                    throw unexpected(peek());
                }
                return new Select.Item(function, type(function), function, null);
            }
            case QUOTED, SYMBOL, END -> throw unexpected(token);
        }
        throw unexpected(token);
    }

    private static Column.Type type(String function) {
        return switch (function) {
            case "pg_backend_pid" -> Column.Type.INT4;
            case "pg_is_in_recovery" -> Column.Type.BOOL;
            case "now" -> Column.Type.TIMESTAMPTZ;
            default -> Column.Type.TEXT;
        };
    }

    private Select.Item named(Select.Item item) {
        boolean as = at("as");
        if (as) {
            next++;
        }
        Token name = peek();
        if (name.kind == Kind.WORD || name.kind == Kind.QUOTED) {
            next++;
            return new Select.Item(name.text, item.type(), item.function(), item.value());
        }
        if (as) {
            throw unexpected(name);
        }
        return item;
    }

    // ---- tokens

    private Token peek() {
        return next < tokens.size()
                ? tokens.get(next)
                : new Token(Kind.END, "", tokens.getLast().position + tokens.getLast().text.length());
    }

    private Token take() {
        Token token = peek();
        next++;
        return token;
    }

    private boolean at(String word) {
        return peek().kind == Kind.WORD && peek().text.equals(word);
    }

    private boolean skip(String symbol) {
        if (peek().kind == Kind.SYMBOL && peek().text.equals(symbol)) {
            next++;
            return true;
        }
        return false;
    }

    private String optionalName() {
        Token token = peek();
        if (token.kind == Kind.END) {
            return null;
        }
        if (token.kind == Kind.SYMBOL) {
            throw unexpected(token);
        }
        next++;
        return token.text;
    }

    private List<String> rest() {
        return tokens.subList(Math.min(next, tokens.size()), tokens.size()).stream().map(Token::text).toList();
    }

    private List<String> takeRest() {
        List<String> rest = rest();
        next = tokens.size();
        return rest;
    }

    /** What PgBouncer has. */
    private static ProxyException missing(String command, Token at) {
        return ProxyError.SYNTAX_ERROR.with("the admin database has no " + command.toUpperCase(Locale.ROOT))
                .withPosition(at.position);
    }

    private static ProxyException unexpected(Token token) {
        return ProxyError.SYNTAX_ERROR.with(token.kind == Kind.END
                ? "syntax error at end of input"
                : "syntax error at or near \"" + token.text + "\"").withPosition(token.position)
                .withHint("This is the admin database; SHOW HELP lists its commands.");
    }
}
