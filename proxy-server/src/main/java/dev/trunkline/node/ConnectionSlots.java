package dev.trunkline.node;

import dev.trunkline.catalog.Sql;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.PoolSums;
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
 * How many connections a node's server takes, and what its database and roles are limited to.
 *
 * @param most {@code max_connections}
 * @param reserved those of {@code most} that ordinary roles don't get
 * @param ofDatabase the CONNECTION LIMIT of the node's database; -1 for none
 * @param ofRoles the CONNECTION LIMIT of each role that has one
 */
public record ConnectionSlots(int most, int reserved, int ofDatabase, Map<String, Integer> ofRoles) {

    /** The proxy's own for each database at a node: two of the control plane, one that listens for notifications. */
    private static final int OWN = 3;

    private static final String LIMITS = """
            select current_setting('max_connections')::int,
                   current_setting('superuser_reserved_connections')::int
                     + coalesce(current_setting('reserved_connections', true), '0')::int,
                   (select datconnlimit from pg_catalog.pg_database where datname = current_database())
            """;
    private static final String ROLES = """
            select rolname, rolconnlimit from pg_catalog.pg_roles where rolconnlimit >= 0 and not rolsuper
            """;

    static ConnectionSlots read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            Map<String, Integer> roles = new HashMap<>();
            try (ResultSet r = statement.executeQuery(ROLES)) {
                while (r.next()) {
                    roles.put(r.getString(1), r.getInt(2));
                }
            }
            try (ResultSet r = statement.executeQuery(LIMITS)) {
                r.next();
                return new ConnectionSlots(r.getInt(1), r.getInt(2), r.getInt(3), roles);
            }
        }
    }

    /** How many connections ordinary roles may have. */
    public int free() {
        return most - reserved;
    }

    /** Where the pools may want more than they get. */
    List<Problem> problems(Configuration configuration, DatabaseConfig database, NodeConfig node) {
        List<Problem> problems = new ArrayList<>();
        PoolSums sums = new PoolSums(configuration);
        long here = configuration.databases().values().stream().flatMap(d -> d.nodes().stream())
                .filter(other -> other.primary().equals(node.primary())).count();
        long pools = sums.atServer(node);
        long own = here * OWN;
        if (pools + own > free()) {
            problems.add(warning(configuration, database, node, "the pools may open " + pools + " connections to "
                    + node.primary() + ", beside " + own + " of the proxy's own, and the server takes " + free()
                    + " (max_connections " + most + ", " + reserved + " of them reserved): set maxConnections to "
                    + Math.max(1, free() - own) + ", lower pool.size, or raise max_connections there; every other"
                    + " proxy needs as many"));
        }
        long ofDatabaseHere = sums.ofDatabase(database, node) + OWN;
        if (ofDatabase >= 0 && ofDatabaseHere > ofDatabase) {
            problems.add(warning(configuration, database, node, "the pools may open " + (ofDatabaseHere - OWN)
                    + " connections to database " + node.database() + ", beside " + OWN
                    + " of the proxy's own, and it takes " + ofDatabase + ": lower pool.size, or run ALTER DATABASE "
                    + Sql.quote(node.database()) + " CONNECTION LIMIT " + ofDatabaseHere));
        }
        sums.byLogin(database, node).keySet().forEach(role -> {
            Integer limit = ofRoles.get(role);
            long size = sums.ofRole(node, role);
            if (limit != null && size > limit) {
                problems.add(warning(configuration, database, node, "the pools may open " + size
                        + " connections as role " + role + ", which may have " + limit
                        + ": lower pool.size, or run ALTER ROLE " + Sql.quote(role) + " CONNECTION LIMIT " + size));
            }
        });
        return problems;
    }

    private static Problem warning(Configuration configuration, DatabaseConfig database, NodeConfig node, String text) {
        return configuration.problem(Problem.Severity.WARNING, "node " + node.name() + ": " + text, "databases",
                database.name(), "nodes", node.name(), "primary");
    }
}
