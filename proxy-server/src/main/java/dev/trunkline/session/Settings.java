package dev.trunkline.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The settings of a session that differ from a fresh connection's: for each name the statement that makes it so. Immutable;
 * a change makes a new one, so that a rollback just takes the old one back.
 */
final class Settings {

    static final Settings NONE = new Settings(Map.of());

    /** Names that begin so are the proxy's own: no node hears of them, and their value stands bare. */
    static final String OWN = "trunkline.";
    /** Those of a connection on which nobody knows what has been undone. */
    static final Settings UNKNOWN = new Settings(Map.of());
    static final String AUTHORIZATION = "session_authorization";
    static final String ROLE = "role";
    /** Who the session is: what RESET ALL does not reset, and what other settings depend on. */
    static final List<String> WHO = List.of(AUTHORIZATION, ROLE);
    private static final String IN_DOUBT = "";

    private static final String SET_CONFIG = "SELECT pg_catalog.set_config(";

    /** By name, the statement that sets it. */
    private final Map<String, String> statements;
    /** By name, what SET LOCAL says until the transaction's end; nodes hear of it from the transaction. */
    private final Map<String, String> locals;

    private Settings(Map<String, String> statements) {
        this(statements, Map.of());
    }

    private Settings(Map<String, String> statements, Map<String, String> locals) {
        this.statements = statements;
        this.locals = locals;
    }

    /** By name, the statement that sets it; null where something holds until the end of a transaction only. */
    Map<String, String> lasting() {
        return locals.isEmpty() && this != UNKNOWN ? statements : null;
    }

    /** SET: also ends what SET LOCAL said before it. As in PostgreSQL, SET SESSION AUTHORIZATION ends a role. */
    Settings with(String name, String statement) {
        Settings others = name.equals(AUTHORIZATION) ? without(ROLE) : this;
        return new Settings(with(others.statements, name, statement), without(others.locals, name));
    }

    Settings without(String name) {
        if (!statements.containsKey(name) && !locals.containsKey(name)) {
            return this;
        }
        return new Settings(without(statements, name), without(locals, name));
    }

    /** SET LOCAL. */
    Settings withLocal(String name, String statement) {
        Map<String, String> others = name.equals(AUTHORIZATION)
                ? with(locals, ROLE, "SET LOCAL " + quoted(ROLE) + " TO none")
                : locals;
        return new Settings(statements, with(others, name, statement));
    }

    /** After the transaction. */
    Settings withoutLocals() {
        return locals.isEmpty() ? this : new Settings(statements);
    }

    private static Map<String, String> with(Map<String, String> map, String name, String statement) {
        Map<String, String> more = new LinkedHashMap<>(map);
        more.remove(name);
        more.put(name, statement);
        return Collections.unmodifiableMap(more);
    }

    private static Map<String, String> without(Map<String, String> map, String name) {
        if (!map.containsKey(name)) {
            return map;
        }
        Map<String, String> fewer = new LinkedHashMap<>(map);
        fewer.remove(name);
        return Collections.unmodifiableMap(fewer);
    }

    /** What a connection has that has had these, and of which nobody knows how much of the way to others it has gone. */
    Settings onTheWayTo(Settings others) {
        Map<String, String> doubtful = new LinkedHashMap<>(statements);
        Set<String> names = new LinkedHashSet<>(statements.keySet());
        names.addAll(others.statements.keySet());
        for (String name : names) {
            if (!Objects.equals(statements.get(name), others.statements.get(name))) {
                if (WHO.contains(name)) {
                    return UNKNOWN;
                }
                doubtful.put(name, IN_DOUBT);
            }
        }
        return new Settings(doubtful);
    }

    /** The statement that sets a name for the session, or null. */
    String get(String name) {
        return statements.get(name);
    }

    /** The statement that counts for a name now, SET LOCAL included, or null. */
    String now(String name) {
        String local = locals.get(name);
        return local != null ? local : statements.get(name);
    }

    /** What a statement sets a name to: as written, quotes included, but for set_config, whose value is bare. */
    static String value(String statement) {
        if (isConfiguration(statement)) {
            int name = statement.indexOf('\'', SET_CONFIG.length());
            int from = statement.indexOf('\'', endOfLiteral(statement, name));
            String value = statement.substring(from + 1, endOfLiteral(statement, from) - 1).replace("''", "'");
            return statement.charAt(from - 1) == 'E' ? value.replace("\\\\", "\\") : value;
        }
        return statement.substring(statement.toLowerCase(Locale.ROOT).indexOf(" to ") + 4).strip();
    }

    /** The position after a string literal whose first quote is at {@code from}. */
    private static int endOfLiteral(String statement, int from) {
        int quote = statement.indexOf('\'', from + 1);
        while (statement.startsWith("''", quote)) {
            quote = statement.indexOf('\'', quote + 2);
        }
        return quote + 1;
    }

    /** Whether a statement is one of {@link #configuration}. */
    static boolean isConfiguration(String statement) {
        return statement.startsWith(SET_CONFIG);
    }

    /** A value that keeps its spelling, such as a list in one string, which SET would take for one element. */
    static String configuration(String name, String value, boolean local) {
        return "SELECT pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", " + local + ")";
    }

    /** A string literal that means the same whatever standard_conforming_strings is. */
    static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }

    /** What nodes have to be told for the whole of them. */
    List<String> statements() {
        return statements.entrySet().stream().filter(s -> !isOurs(s.getKey())).map(Map.Entry::getValue)
                .toList();
    }

    /** Whether these decide what a node reports as the value of a parameter. */
    boolean shows(String parameter) {
        return switch (parameter) {
            case "is_superuser" -> statements.containsKey("role") || statements.containsKey("session_authorization");
            default -> statements.containsKey(parameter.toLowerCase(Locale.ROOT));
        };
    }

    boolean isEmpty() {
        return statements.isEmpty();
    }

    /**
     * What has to be sent to a connection that has {@code applied} so that it has these: null when nothing.
     *
     * @param applied the settings of whoever had the connection before; null for a fresh one
     */
    String difference(Object applied) {
        if (applied == this || applied == null && statements.isEmpty()) {
            return null;
        }
        Settings before = applied == null ? NONE : (Settings) applied;
        if (before != UNKNOWN && before.statements.equals(statements)) {
            return null;
        }
        StringBuilder sql = new StringBuilder();
        // What the login may change, a role may not; and a role ends with SET SESSION AUTHORIZATION. So who it is is said anew.
        boolean anew = before == UNKNOWN || WHO.stream().anyMatch(before.statements::containsKey);
        if (anew) {
            append(sql, "SET SESSION AUTHORIZATION DEFAULT;RESET ROLE");
        }
        if (before == UNKNOWN) {
            append(sql, "RESET ALL");
        }
        before.statements.forEach((name, statement) -> {
            if (!statements.containsKey(name) && !isOurs(name) && !WHO.contains(name)) {
                append(sql, statement.equals(IN_DOUBT) ? resetIfSet(name) : "RESET " + quoted(name));
            }
        });
        statements.forEach((name, statement) -> {
            boolean said = statement.equals(before.statements.get(name)) && !(anew && WHO.contains(name));
            if (!said && name.equals(DateStyle.SETTING) && before.statements.containsKey(name)) {
                // What the startup message leaves open is as a fresh connection has it.
                append(sql, "RESET " + quoted(name));
            }
            if (!said && !isOurs(name)) {
                append(sql, statement);
            }
        });
        return sql.isEmpty() ? null : sql.toString();
    }

    /** RESET of what may have been refused: a node refuses it for what it doesn't know, or nobody can set, as well. */
    private static String resetIfSet(String name) {
        return "SELECT pg_catalog.set_config(s.name, s.reset_val, false) FROM pg_catalog.pg_settings s"
                + " WHERE pg_catalog.lower(s.name) = " + literal(name) + " AND s.setting <> s.reset_val";
    }

    /** Whether no connection is to have a setting, since it is the session's and not that of a connection that is lent. */
    private static boolean isOurs(String name) {
        return name.startsWith(OWN) || name.equals(Timeouts.IDLE_SESSION);
    }

    /** What has to be said to a connection that speaks another encoding: what is beyond ASCII, after that is over. */
    List<String> spokenFrom(String difference) {
        if (difference.chars().allMatch(c -> c < 128)) {
            return List.of(difference);
        }
        String encoding = now(SessionSettings.ENCODING);
        return List.of("SET client_encoding TO 'UTF8'", encoding == null ? difference : difference + ";" + encoding);
    }

    private static void append(StringBuilder sql, String statement) {
        if (!sql.isEmpty()) {
            sql.append(';');
        }
        sql.append(statement);
    }

    /** A name as a quoted identifier. */
    static String quotedName(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A setting's name as an identifier; the parts of {@code a.b} are quoted each. */
    static String quoted(String name) {
        StringBuilder out = new StringBuilder();
        for (String part : name.split("\\.", -1)) {
            out.append(out.isEmpty() ? "" : ".").append(quotedName(part));
        }
        return out.toString();
    }

    /** The value of a string literal without escapes. */
    static String unquoted(String literal) {
        return literal.substring(1, literal.length() - 1).replace("''", "'");
    }

    /** SET name TO 'value'. */
    static String assignment(String name, String value) {
        return "SET " + quoted(name) + " TO " + literal(value);
    }
}
