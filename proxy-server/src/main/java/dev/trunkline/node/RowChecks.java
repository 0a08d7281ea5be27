package dev.trunkline.node;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.Placement;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.catalog.Sql;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.value.KeyType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What only the rows can tell: rows of a sharded table on a node that doesn't own their virtual shard (semantics.md 14), and
 * rows in a copy of an unsharded table that nobody reads (13).
 */
final class RowChecks {

    private final Configuration configuration;
    private final DatabaseConfig database;
    private final Catalog catalog;
    private final ShardMap map;
    private final List<Problem> problems = new ArrayList<>();

    RowChecks(Configuration configuration, DatabaseConfig database, Catalog catalog) {
        this.configuration = configuration;
        this.database = database;
        this.catalog = catalog;
        this.map = NodeControl.initialMap(database);
    }

    List<Problem> problems() {
        return problems;
    }

    /** Warns of copies, on this node, of tables that live whole on another, if they have rows. */
    void findCopies(int node, NodeSchema schema, Connection connection) throws SQLException {
        for (Relation relation : catalog.relations()) {
            boolean elsewhere = relation.distribution() instanceof Distribution.Unsharded unsharded
                    && unsharded.node() != node;
            if (elsewhere && relation.kind() == RelationKind.TABLE && schema.relation(relation.fullName()) != null) {
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery(
                                "SELECT EXISTS (SELECT FROM " + Sql.quote(relation.fullName()) + ")")) {
                    row.next();
                    if (row.getBoolean(1)) {
                        int home = ((Distribution.Unsharded) relation.distribution()).node();
                        add(Problem.Severity.WARNING, relation, null,
                                "table " + relation.fullName() + " lives on node " + name(home)
                                        + "; its copy on node " + name(node) + " has rows that nobody reads");
                    }
                }
            }
        }
    }

    /** Counts the rows on this node whose virtual shards other nodes own. */
    void countMisplaced(int node, int serverMajor, Connection connection) throws SQLException {
        for (Relation relation : catalog.relations()) {
            if (relation.distribution() instanceof Distribution.Sharded sharded && relation.kind() != RelationKind.VIEW
                    && relation.parent() == null) {
                count(node, relation, sharded, serverMajor, connection);
            }
        }
    }

    private void count(int node, Relation relation, Distribution.Sharded sharded, int serverMajor,
            Connection connection) throws SQLException {
        String shard = virtualShard(sharded, serverMajor);
        String sql = "SELECT v, count(*) FROM (SELECT " + shard + " AS v FROM " + Sql.quote(relation.fullName())
                + ") s WHERE (" + owned(node) + ") IS NOT TRUE GROUP BY v";
        boolean everyKey = sharded.placement() instanceof Placement.Hash;
        String nowhere = "no node, because the key is NULL" + (everyKey ? "" : " or has no place");
        Map<String, Long> owners = new TreeMap<>();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET statement_timeout TO 0");
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    int virtualShard = rows.getInt(1);
                    int owner = rows.wasNull() ? -1 : map.nodeOf(virtualShard);
                    String where = rows.wasNull()
                            ? nowhere
                            : "node " + name(owner);
                    owners.merge(where, rows.getLong(2), Long::sum);
                }
            } finally {
                statement.execute("SET statement_timeout TO '30s'");
            }
        }
        owners.forEach((where, rows) -> add(Problem.Severity.FAULT, relation, "shardKey",
                rows + (rows == 1 ? " row of " : " rows of ") + relation.fullName() + " on node " + name(node)
                        + (rows == 1 ? " belongs to " : " belong to ") + where));
    }

    /** The virtual shard of a row in SQL, NULL for one that has no place. */
    private String virtualShard(Distribution.Sharded sharded, int serverMajor) {
        String column = Sql.quote(sharded.key().getFirst().name());
        return switch (sharded.placement()) {
            case Placement.Hash hash -> hash.pins().isEmpty()
                    ? hashed(sharded.key(), serverMajor)
                    : byHash(sharded.key(), serverMajor, hash.pins(), hashed(sharded.key(), serverMajor));
            case Placement.Listed listed -> byHash(sharded.key(), serverMajor, listed.keys(),
                    "CASE WHEN " + column + " IS NOT NULL THEN "
                            + (listed.otherwise() < 0 ? "NULL::int" : Integer.toString(listed.otherwise())) + " END");
            case Placement.Ranges ranges -> {
                StringBuilder sql = new StringBuilder("CASE");
                String ordinal = ordinal(column, sharded.key().getFirst().type().type());
                for (Placement.Range range : ranges.ranges()) {
                    sql.append(" WHEN ").append(ordinal).append(" BETWEEN ").append(literal(range.first()))
                            .append(" AND ").append(literal(range.last())).append(" THEN ")
                            .append(range.virtualShard());
                }
                yield ranges.ranges().isEmpty() ? "NULL::int" : sql.append(" END").toString();
            }
        };
    }

    /** The virtual shards of single keys, told apart by their hashes, and of all others. */
    private static String byHash(List<KeyColumn> key, int serverMajor, Map<Long, Integer> shards, String otherwise) {
        String hash = key.size() == 1
                ? key.getFirst().type().type().sqlHash(Sql.quote(key.getFirst().name()), serverMajor)
                : KeyType.sqlHash(key.stream().map(column -> Sql.quote(column.name())).toList());
        StringBuilder sql = new StringBuilder("CASE ").append(hash);
        new TreeMap<>(shards).forEach(
                (value, shard) -> sql.append(" WHEN ").append(literal(value)).append(" THEN ").append(shard));
        return shards.isEmpty() ? otherwise : sql.append(" ELSE ").append(otherwise).append(" END").toString();
    }

    /** A number that PostgreSQL takes for int8, the smallest included. */
    private static String literal(long value) {
        return "'" + value + "'::int8";
    }

    /** The place of a key in the order of its type, as an int8: that of {@code KeyResult.Hashed}. */
    private static String ordinal(String column, KeyType type) {
        String days = "(" + column + " - '2000-01-01'::date)::int8";
        String micros = "(extract(epoch from " + column + " - '2000-01-01%s'::" + type.sqlName() + ") * 1000000)::int8";
        return switch (type) {
            case INT2, INT4, INT8 -> column + "::int8";
            case DATE -> infinite(column, days, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case TIMESTAMP -> infinite(column, micros.formatted(""), Long.MIN_VALUE, Long.MAX_VALUE);
            case TIMESTAMPTZ -> infinite(column, micros.formatted(" 00:00+00"), Long.MIN_VALUE, Long.MAX_VALUE);
            case NUMERIC, TEXT, VARCHAR, BPCHAR, UUID, BYTEA, BOOL -> throw new IllegalStateException(
                    "no range of " + type);
        };
    }

    private static String infinite(String column, String finite, long least, long most) {
        return "CASE " + column + " WHEN '-infinity' THEN " + literal(least) + " WHEN 'infinity' THEN " + literal(most)
                + " ELSE " + finite + " END";
    }

    private String hashed(List<KeyColumn> key, int serverMajor) {
        if (key.size() == 1) {
            KeyType type = key.getFirst().type().type();
            return type.sqlVirtualShard(Sql.quote(key.getFirst().name()), serverMajor, map.virtualShards());
        }
        return KeyType.sqlVirtualShard(key.stream().map(column -> Sql.quote(column.name())).toList(),
                map.virtualShards());
    }

    /** The condition that {@code v} is one of the node's virtual shards. */
    private String owned(int node) {
        StringBuilder condition = new StringBuilder("false");
        BitSet shards = map.shardsOf(node);
        for (int first = shards.nextSetBit(0); first >= 0;) {
            int end = shards.nextClearBit(first);
            condition.append(" OR v BETWEEN ").append(first).append(" AND ").append(end - 1);
            first = shards.nextSetBit(end);
        }
        return condition.toString();
    }

    private String name(int node) {
        return database.nodes().get(node).name();
    }

    private void add(Problem.Severity severity, Relation relation, String key, String text) {
        String written = relation.schema() + "." + relation.name();
        String table = configuration.has("databases", database.name(), "tables", written)
                ? written
                : relation.fullName().toString();
        problems.add(key == null
                ? configuration.problem(severity, text, "databases", database.name(), "tables", table)
                : configuration.problem(severity, text, "databases", database.name(), "tables", table, key));
    }
}
