package dev.trunkline.plan;

import dev.trunkline.catalog.RelationName;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.RowSource;
import dev.trunkline.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A SELECT from pg_prepared_statements: a node's connection has those of all clients under names of the proxy's, the session knows its
 * own. The node gets the client's text behind a common table expression of the view's name and columns, with the session's rows; so
 * what the query makes of them stays PostgreSQL's affair.
 */
final class PreparedStatementsQuery {

    private static final RelationName VIEW = new RelationName("pg_catalog", "pg_prepared_statements");
    /** The view's name where a FROM item begins, and what qualifies it. */
    private static final Pattern NAME = Pattern.compile(
            "(?i)((?:pg_catalog|\"pg_catalog\")\\s*\\.\\s*)?(?:pg_prepared_statements\\b|\"pg_prepared_statements\")");
    /** What only a connection can count, for all clients that use it. */
    private static final Pattern COUNTS = Pattern.compile("(?i)\\b(generic|custom)_plans\\b");
    private static final Pattern WITH = Pattern.compile("(?i)\\bwith\\b");

    private PreparedStatementsQuery() {}

    static boolean reads(RowSource table) {
        return table.relation() != null && table.relation().fullName().equals(VIEW);
    }

    /** Null for what reads something else, or in a way in which the name can't be given another meaning. */
    static Decision decide(Statement.Select select, StatementPlanner planner) {
        if (!planner.text().toLowerCase(Locale.ROOT).contains(VIEW.name())) {
            return null;
        }
        List<RowSource> tables = planner.read(select).tables();
        if (tables.stream().noneMatch(PreparedStatementsQuery::reads) || planner.hasHints()
                || !select.query().with().isEmpty() || COUNTS.matcher(planner.text()).find()) {
            return null;
        }
        String nodeSql = unqualified(tables, planner.text());
        if (nodeSql == null) {
            return null;
        }
        Decision decision = planner.query(select, true);
        boolean served = decision.root() instanceof Plan.OneNode
                && (decision.rule() instanceof NodeRule.Home || decision.rule() instanceof NodeRule.OnNode)
                && planner.footprint().access().readOnly() && planner.footprint().effects().isEmpty();
        return served
                ? Decision.fanOut(Plan.FanOut.listing(decision.rule(), nodeSql), decision.routing())
                : null;
    }

    /** The text in which all uses of the view are by its bare name, which means nothing else there; null if there is none. */
    private static String unqualified(List<RowSource> tables, String text) {
        StringBuilder sql = new StringBuilder(text);
        List<RowSource> fromTheEnd = tables.stream()
                .sorted((a, b) -> Integer.compare(b.span().start(), a.span().start())).toList();
        boolean qualified = false;
        for (RowSource table : fromTheEnd) {
            Matcher name = NAME.matcher(text).region(table.span().start(), text.length());
            if (name.lookingAt() != reads(table)) {
                // Another table of the name, or the view inside of another one.
                return null;
            }
            if (reads(table) && name.group(1) != null) {
                qualified = true;
                sql.delete(name.start(1), name.end(1));
            }
        }
        boolean misled = qualified && (WITH.matcher(text).find() || columnsAreQualified(sql));
        return misled ? null : sql.toString();
    }

    private static boolean columnsAreQualified(CharSequence sql) {
        Matcher name = NAME.matcher(sql);
        while (name.find()) {
            if (name.group(1) != null) {
                return true;
            }
        }
        return false;
    }
}
