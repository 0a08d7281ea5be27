package dev.trunkline.sql.grammar;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.calcite.sql.SqlBinaryOperator;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlPrefixOperator;
import org.apache.calcite.sql.SqlSpecialOperator;

/**
 * The operators of the nodes that our productions build. Calcite's own table is left alone: it knows neither PostgreSQL's
 * operators nor their precedence, and initialising it costs more than parsing a thousand statements.
 */
public final class PgOperators {

    private static final int CACHED = 512;
    private static final Map<String, SqlOperator> BINARY = new ConcurrentHashMap<>();
    private static final Map<String, SqlOperator> SPECIAL = new ConcurrentHashMap<>();
    private static final Map<String, SqlKind> KINDS = Map.ofEntries(Map.entry("=", SqlKind.EQUALS),
            Map.entry("<>", SqlKind.NOT_EQUALS), Map.entry("<", SqlKind.LESS_THAN),
            Map.entry(">", SqlKind.GREATER_THAN), Map.entry("<=", SqlKind.LESS_THAN_OR_EQUAL),
            Map.entry(">=", SqlKind.GREATER_THAN_OR_EQUAL), Map.entry("+", SqlKind.PLUS),
            Map.entry("-", SqlKind.MINUS), Map.entry("*", SqlKind.TIMES), Map.entry("/", SqlKind.DIVIDE),
            Map.entry("AND", SqlKind.AND), Map.entry("OR", SqlKind.OR), Map.entry("IN", SqlKind.IN),
            Map.entry("NOT IN", SqlKind.NOT_IN), Map.entry("UNION", SqlKind.UNION),
            Map.entry("INTERSECT", SqlKind.INTERSECT), Map.entry("EXCEPT", SqlKind.EXCEPT));

    private PgOperators() {}

    /** A binary operator by its name. */
    static SqlOperator binary(String name) {
        return cached(BINARY, name, () -> new SqlBinaryOperator(name, KINDS.getOrDefault(name, SqlKind.OTHER), 50, true,
                null, null, null));
    }

    /** A prefix operator by its name. */
    static SqlOperator prefix(String name) {
        SqlKind kind = switch (name) {
            case "-" -> SqlKind.MINUS_PREFIX;
            case "+" -> SqlKind.PLUS_PREFIX;
            case "NOT" -> SqlKind.NOT;
            default -> SqlKind.OTHER;
        };
        return new SqlPrefixOperator(name, kind, 60, null, null, null);
    }

    /** The operator of a construct that has a syntax of its own. */
    static SqlOperator special(String name) {
        return cached(SPECIAL, name, () -> new SqlSpecialOperator(name, SqlKind.OTHER, 100, true, null, null, null));
    }

    /** Names come from clients, so the cache is bounded. */
    private static SqlOperator cached(Map<String, SqlOperator> cache, String name,
            java.util.function.Supplier<SqlOperator> make) {
        SqlOperator known = cache.get(name);
        if (known != null) {
            return known;
        }
        SqlOperator made = make.get();
        if (cache.size() < CACHED) {
            cache.put(name, made);
        }
        return made;
    }
}
