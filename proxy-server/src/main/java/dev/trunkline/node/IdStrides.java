package dev.trunkline.node;

import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.CollidingIds;
import dev.trunkline.catalog.Sql;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Says how to give every node ids of its own (semantics.md 10): a common increment, a residue for each node, and a start
 * above every id that any node has. Sequences that start lower would run into rows that are already there.
 */
final class IdStrides {

    /** The increment that is advised: room for that many nodes. */
    private static final int STRIDE = 64;

    /** Gives a connection to a node, by index. */
    interface Connections {
        Connection to(int node) throws SQLException;
    }

    private final DatabaseConfig database;
    private final Connections connections;

    IdStrides(DatabaseConfig database, Connections connections) {
        this.database = database;
        this.connections = connections;
    }

    /** The problems of a result, those about colliding ids with the ALTERs that end them. */
    List<Problem> withAlters(CatalogAssembly.Result result) {
        Map<Problem, Problem> longer = new HashMap<>();
        for (CollidingIds ids : result.collidingIds()) {
            Problem p = ids.problem();
            longer.put(p, new Problem(p.severity(), p.file(), p.position(), p.path(), p.text() + ". " + advice(ids),
                    p.suggestion()));
        }
        List<Problem> problems = new ArrayList<>();
        result.problems().forEach(problem -> problems.add(longer.getOrDefault(problem, problem)));
        return problems;
    }

    private String advice(CollidingIds ids) {
        long highest = 0;
        for (int node = 0; node < database.nodes().size(); node++) {
            try (Connection connection = connections.to(node); Statement statement = connection.createStatement()) {
                highest = Math.max(highest, highest(statement, ids));
            } catch (SQLException e) {
                return "How to fix it can't be said, because the highest id on node "
                        + database.nodes().get(node).name()
                        + " is not known: " + NodeWatch.reason(e);
            }
        }
        return "To fix it, run " + alters(ids, highest);
    }

    private static long highest(Statement statement, CollidingIds ids) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT greatest((SELECT max(" + Sql.quote(ids.column()) + ") FROM "
                + Sql.quote(ids.table()) + "), (SELECT last_value FROM " + Sql.quote(ids.sequence().name()) + "))")) {
            row.next();
            return row.getLong(1);
        }
    }

    private String alters(CollidingIds ids, long highest) {
        int nodes = database.nodes().size();
        int stride = Math.max(STRIDE, Integer.highestOneBit(nodes) * 2);
        long base = (highest / stride + 1) * stride;
        StringBuilder text = new StringBuilder();
        for (int node = 0; node < nodes; node++) {
            String how = "INCREMENT BY " + stride + " RESTART WITH " + (base + node + 1) + ";";
            text.append(node == 0 ? "on " : " on ").append(database.nodes().get(node).name()).append(": ")
                    .append(ids.sequence().identity()
                            ? "ALTER TABLE " + Sql.quote(ids.table()) + " ALTER COLUMN " + Sql.quote(ids.column())
                                    + " SET " + how
                            : "ALTER SEQUENCE " + Sql.quote(ids.sequence().name()) + " " + how);
        }
        return text.toString();
    }
}
