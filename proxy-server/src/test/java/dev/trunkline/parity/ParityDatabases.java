package dev.trunkline.parity;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.Shop;
import dev.trunkline.demo.TestNodes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Databases for the comparison: a small shop and a table for each type of key, whole on one node or spread over several by
 * PostgreSQL's own hash functions. They are copied from a template that each shared node gets once, so that a fresh set costs
 * a tenth of a second.
 */
final class ParityDatabases {

    /** Owns everything, and logs in by trust. */
    static final String USER = "parity";
    static final int VIRTUAL_SHARDS = 256;
    static final int MAX_NODES = 4;

    private static final String TEMPLATE = "parity_template";
    private static final Shop SHOP = new Shop(200, VIRTUAL_SHARDS);
    private static final Set<Integer> HAVE_TEMPLATE = new HashSet<>();

    /** Sharded tables, children before parents, with their keys. */
    static final Map<String, List<String>> SHARDED = new LinkedHashMap<>();

    /** How PostgreSQL hashes the key of a table. */
    private static final Map<String, String> HASHES = Map.ofEntries(Map.entry("order_items", int8("customer_id")),
            Map.entry("orders", int8("customer_id")), Map.entry("customers", int8("id")),
            Map.entry("events", int8("customer_id")), Map.entry("documents", hash("text", "name")),
            Map.entry("codes", hash("text", "code::text")), Map.entry("blanks", hash("bpchar", "code")),
            Map.entry("devices", "uuid_hash_extended(id, 8816678312871386365)"), Map.entry("days", hash("date", "day")),
            Map.entry("amounts", "hash_numeric_extended(amount, 8816678312871386365)"),
            Map.entry("moments", "timestamptz_hash_extended(at, 8816678312871386365)"),
            Map.entry("blobs", hash("bytea", "k")), Map.entry("flags", hash("bool", "k")),
            Map.entry("tiny", hash("int2", "k")), Map.entry("middle", hash("int4", "k")),
            Map.entry("readings", "hash_record_extended(ROW(device, day), 8816678312871386365)"));

    static {
        SHARDED.put("order_items", List.of("customer_id"));
        SHARDED.put("orders", List.of("customer_id"));
        SHARDED.put("customers", List.of("id"));
        SHARDED.put("events", List.of("customer_id"));
        SHARDED.put("documents", List.of("name"));
        SHARDED.put("codes", List.of("code"));
        SHARDED.put("blanks", List.of("code"));
        SHARDED.put("devices", List.of("id"));
        SHARDED.put("days", List.of("day"));
        SHARDED.put("amounts", List.of("amount"));
        SHARDED.put("moments", List.of("at"));
        SHARDED.put("blobs", List.of("k"));
        SHARDED.put("flags", List.of("k"));
        SHARDED.put("tiny", List.of("k"));
        SHARDED.put("middle", List.of("k"));
        SHARDED.put("readings", List.of("device", "day"));
    }

    private ParityDatabases() {}

    private static String int8(String column) {
        return hash("int8", column);
    }

    private static String hash(String type, String expression) {
        return switch (type) {
            case "date" -> "hashdateextended(" + expression + ", 8816678312871386365)";
            case "bytea" -> "hashbyteaextended(" + expression + ", 8816678312871386365)";
            case "bool" -> "hashboolextended(" + expression + ", 8816678312871386365)";
            default -> "hash" + type + "extended(" + expression + ", 8816678312871386365)";
        };
    }

    /** A database with everything on one node; returns its name. */
    static String whole(RunningNode node) throws SQLException, IOException {
        String name = TestNodes.uniqueName("parity_whole");
        copyTemplate(node, name);
        return name;
    }

    /** A database of the same name on each node, each with its part; returns the name. */
    static String spread(List<RunningNode> nodes) throws SQLException, IOException {
        String name = TestNodes.uniqueName("parity_part");
        for (int i = 0; i < nodes.size(); i++) {
            RunningNode node = nodes.get(i);
            copyTemplate(node, name);
            if (nodes.size() == 1) {
                continue;
            }
            try (Connection connection = connect(node, name); Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                for (String table : SHARDED.keySet()) {
                    statement.execute("DELETE FROM " + table + " WHERE (" + HASHES.get(table) + " & "
                            + (VIRTUAL_SHARDS - 1) + ") * " + nodes.size() + " / " + VIRTUAL_SHARDS + " <> " + i);
                }
                if (i > 0) {
                    statement.execute("DROP TABLE audit_log, notes");
                }
                SHOP.strideIds(connection, i);
                connection.commit();
            }
        }
        return name;
    }

    static Connection connect(RunningNode node, String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + node.port() + "/" + database, USER, "");
    }

    private static synchronized void copyTemplate(RunningNode node, String name) throws SQLException, IOException {
        if (HAVE_TEMPLATE.add(node.port())) {
            createTemplate(node);
        }
        TestNodes.execute(node, "postgres", "CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE + " OWNER " + USER);
    }

    private static void createTemplate(RunningNode node) throws SQLException, IOException {
        TestNodes.execute(node, "postgres", "CREATE ROLE " + USER + " LOGIN");
        TestNodes.execute(node, "postgres", "CREATE DATABASE " + TEMPLATE + " OWNER " + USER);
        // PUBLIC may not create anything in the schema public since PostgreSQL 15; the owner of the database may.
        try (Connection connection = connect(node, TEMPLATE);
                Statement statement = connection.createStatement();
                InputStream tables = ParityDatabases.class.getResourceAsStream("/parity/tables.ddl")) {
            SHOP.createOn(connection, 0, customer -> true, n -> {
            });
            statement.execute(new String(tables.readAllBytes(), StandardCharsets.UTF_8));
            statement.execute("ANALYZE");
        }
    }
}
