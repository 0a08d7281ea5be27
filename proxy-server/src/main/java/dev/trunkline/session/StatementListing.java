package dev.trunkline.session;

import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.Field;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The session's prepared statements as the rows of pg_prepared_statements, for a query that a node runs. What only nodes know of them,
 * the types of their parameters and columns, is asked before; the counts of plans are those of the connection that runs the query, as
 * all counts of a server's processes are.
 *
 * <pre>
 *   WITH pg_prepared_statements AS (SELECT the view's columns FROM (VALUES the session's) LEFT JOIN the connection's)
 *   the client's text
 * </pre>
 */
final class StatementListing {

    /** The versions of PostgreSQL whose columns of the view are known, and the first that tells the columns' types. */
    private static final int NEWEST = 18;
    private static final int TELLS_RESULTS = 16;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSSX")
            .withZone(ZoneOffset.UTC);

    private StatementListing() {}

    /** Whether all is known; if not, a node is asked, and {@code next} goes on. */
    static boolean know(Session session, Runnable next) {
        return know(session, session.statements().named(), 0, next);
    }

    private static boolean know(Session session, List<ClientStatement> statements, int from, Runnable next) {
        for (int i = from; i < statements.size(); i++) {
            ClientStatement statement = statements.get(i);
            // What has been described once stays.
            if (isNodes(statement) && (types(session, statement) == null || columns(session, statement) == null)) {
                int at = i;
                ask(session, statement, () -> {
                    if (know(session, statements, at, next)) {
                        next.run();
                    }
                });
                return false;
            }
        }
        return true;
    }

    private static void ask(Session session, ClientStatement statement, Runnable next) {
        if (session.plans().makeCurrent(statement, next)) {
            if (statement.plan().refusal() != null) {
                throw ProxyError.STATEMENTS_ELSEWHERE.with();
            }
            DescriptionQuestion.ask(session, statement, next);
        }
    }

    private static boolean isNodes(ClientStatement statement) {
        return !(statement.plan().root() instanceof Plan.LocalReply);
    }

    private static int[] types(Session session, ClientStatement statement) {
        return session.preparing().describedTypes(statement);
    }

    private static int[] columns(Session session, ClientStatement statement) {
        return session.preparing().describedColumns(statement);
    }

    /** What stands before the client's text, in UTF-8. */
    static byte[] with(Session session) {
        int version = version(session);
        boolean results = version >= TELLS_RESULTS;
        if (version > NEWEST) {
            throw ProxyError.STATEMENTS_ELSEWHERE.with();
        }
        List<String> rows = new ArrayList<>();
        rows.add("(NULL::text, NULL::text, NULL::text, NULL::timestamptz, NULL::oid[], NULL::oid[], NULL::bool)");
        for (ClientStatement statement : session.statements().named()) {
            rows.add(row(session, statement, results));
        }
        return ("WITH pg_prepared_statements AS (SELECT c.name, c.statement, c.prepare_time,"
                + " c.parameter_types::pg_catalog.regtype[] AS parameter_types, "
                + (results ? "c.result_types::pg_catalog.regtype[] AS result_types, " : "")
                + "c.from_sql, pg_catalog.int8(coalesce(p.generic_plans, 0)) AS generic_plans,"
                + " pg_catalog.int8(coalesce(p.custom_plans, 0)) AS custom_plans FROM (VALUES "
                + String.join(", ", rows)
                + ") c (node_name, name, statement, prepare_time, parameter_types, result_types, from_sql)"
                + " LEFT JOIN pg_catalog.pg_prepared_statements p ON p.name OPERATOR(pg_catalog.=) c.node_name"
                + " WHERE c.name IS NOT NULL) ").getBytes(StandardCharsets.UTF_8);
    }

    private static int version(Session session) {
        String text = session.database().startupParameters().getOrDefault("server_version", "");
        String major = text.split("[^0-9]", 2)[0];
        return major.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(major);
    }

    private static String row(Session session, ClientStatement statement, boolean results) {
        ServerStatement server = statement.server();
        int[] types = isNodes(statement) ? types(session, statement) : server.parameterTypes();
        byte[] text = statement.prepare() != null ? statement.prepare() : statement.sql();
        return "(" + literal(server.name()) + ", " + literal(statement.name()) + ", "
                + literal(new String(text, StandardCharsets.UTF_8)) + ", '" + TIME.format(statement.since()) + "', "
                + oids(session, types) + ", " + (results ? results(session, statement) : "NULL") + ", "
                + (statement.prepare() != null) + ")";
    }

    /** The types of the columns, NULL for what returns none. */
    private static String results(Session session, ClientStatement statement) {
        if (!(statement.plan().root() instanceof Plan.LocalReply local)) {
            int[] columns = columns(session, statement);
            return columns == ClientStatement.NO_ROWS ? "NULL" : oids(session, columns);
        }
        if (SessionActions.hasNoRows(local.action())) {
            return "NULL";
        }
        if (local.action() instanceof SessionAction.ShowTrunkline show) {
            return oids(session, SettingActions.columns(show.name()).stream().mapToInt(Field::typeOid).toArray());
        }
        throw ProxyError.STATEMENTS_ELSEWHERE.with();
    }

    private static String oids(Session session, int[] types) {
        boolean own = Arrays.stream(types).anyMatch(PgOid::isUserDefined);
        if (own && session.database().nodes().size() > 1) {
            // Another node's number of it may be another one.
            throw ProxyError.STATEMENTS_ELSEWHERE.with();
        }
        return Arrays.stream(types).mapToObj(Integer::toUnsignedString).collect(Collectors.joining(",", "'{", "}'"));
    }

    /** A constant, whatever standard_conforming_strings says. */
    private static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
