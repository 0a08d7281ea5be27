package dev.trunkline.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of a session that differ from a fresh connection's: for each name the statement that makes it so. Immutable;
 * a change makes a new one, so that a rollback just takes the old one back.
 */
final class Settings {

    private static final Pattern DURATION = Pattern.compile(" TO '?\\s*([0-9.]+)\\s*(us|ms|s|min|h|d|)\\s*'?$");

    static final Settings NONE = new Settings(Map.of());

    /** Names that begin so are the proxy's own: no node hears of them, and their value stands bare. */
    static final String OWN = "trunkline.";
    /** Those of a connection on which nobody knows what has been undone. */
    static final Settings UNKNOWN = new Settings(Map.of());

    /** By name, the SET statement. */
    private final Map<String, String> statements;

    private Settings(Map<String, String> statements) {
        this.statements = statements;
    }

    Settings with(String name, String statement) {
        Map<String, String> more = new LinkedHashMap<>(statements);
        more.remove(name);
        more.put(name, statement);
        return new Settings(Collections.unmodifiableMap(more));
    }

    Settings without(String name) {
        if (!statements.containsKey(name)) {
            return this;
        }
        Map<String, String> fewer = new LinkedHashMap<>(statements);
        fewer.remove(name);
        return new Settings(Collections.unmodifiableMap(fewer));
    }

    /** The SET statement of a name, or null. */
    String get(String name) {
        return statements.get(name);
    }

    boolean isEmpty() {
        return statements.isEmpty();
    }

    /** The SET statements that a fresh connection has to be told. */
    List<String> statements() {
        return statements.entrySet().stream().filter(s -> !s.getKey().startsWith(OWN)).map(Map.Entry::getValue)
                .toList();
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
        StringBuilder sql = new StringBuilder(before == UNKNOWN ? "RESET ALL" : "");
        for (String name : before.statements.keySet()) {
            if (!statements.containsKey(name) && !name.startsWith(OWN)) {
                append(sql, "RESET " + quoted(name));
            }
        }
        statements.forEach((name, statement) -> {
            if (!statement.equals(before.statements.get(name)) && !name.startsWith(OWN)) {
                append(sql, statement);
            }
        });
        return sql.isEmpty() ? null : sql.toString();
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

    /** The duration that a SET statement names, in nanoseconds: a number of milliseconds, or one with a unit. 0 if none. */
    static long nanos(String statement) {
        Matcher value = DURATION.matcher(statement);
        if (!value.find()) {
            return 0;
        }
        double number = Double.parseDouble(value.group(1));
        double unit = switch (value.group(2)) {
            case "us" -> 1e3;
            case "s" -> 1e9;
            case "min" -> 60e9;
            case "h" -> 3600e9;
            case "d" -> 86_400e9;
            default -> 1e6;
        };
        return (long) (number * unit);
    }

    /** The value of a string literal without escapes. */
    static String unquoted(String literal) {
        return literal.substring(1, literal.length() - 1).replace("''", "'");
    }

    /** SET name TO 'value'. */
    static String assignment(String name, String value) {
        return "SET " + quoted(name) + " TO '" + value.replace("'", "''") + "'";
    }
}
