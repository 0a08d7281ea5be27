package dev.trunkline.node;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A database of its own over some of the shared nodes, named a, b, c, and a configuration of it. */
final class NodeFixture implements AutoCloseable {

    final List<RunningNode> nodes;
    final String database;

    NodeFixture(int count) throws SQLException {
        this(TestNodes.nodes(count));
    }

    NodeFixture(List<RunningNode> nodes) throws SQLException {
        this.nodes = nodes;
        this.database = TestNodes.createDatabase("control", nodes);
    }

    static String name(int node) {
        return String.valueOf((char) ('a' + node));
    }

    /** Runs statements on all nodes. */
    NodeFixture onAll(String sql) throws SQLException {
        for (int node = 0; node < nodes.size(); node++) {
            on(node, sql);
        }
        return this;
    }

    NodeFixture on(int node, String sql) throws SQLException {
        try (Connection connection = nodes.get(node).connect(database); Statement s = connection.createStatement()) {
            s.execute(sql);
        }
        return this;
    }

    /** The file: the nodes with equal shares of 256 virtual shards, and these tables (one line each). */
    String yaml(String... tables) {
        StringBuilder text = new StringBuilder("databases:\n  " + database + ":\n    nodes:\n");
        for (int node = 0; node < nodes.size(); node++) {
            text.append("      ").append(name(node)).append(": { primary: 127.0.0.1:").append(nodes.get(node).port())
                    .append(" }\n");
        }
        text.append("    shardMap:\n");
        for (int node = 0; node < nodes.size(); node++) {
            text.append("      ").append(name(node)).append(": ").append(256 * node / nodes.size()).append('-')
                    .append(256 * (node + 1) / nodes.size() - 1).append('\n');
        }
        text.append("    tables:\n");
        for (String table : tables) {
            text.append("      ").append(table).append('\n');
        }
        return text.append("users:\n  postgres: { admin: full }\n").toString();
    }

    Configuration configuration(String... tables) throws ConfigurationException {
        return Configuration.parse("test.yaml", yaml(tables), name -> null);
    }

    /** What discovery and assembly make of it. */
    CatalogAssembly.Result discover(String... tables) throws ConfigurationException, SQLException {
        Configuration configuration = configuration(tables);
        DatabaseConfig config = configuration.databases().get(database);
        Map<Integer, NodeSchema> schemas = new TreeMap<>();
        for (int node = 0; node < nodes.size(); node++) {
            schemas.put(node, schema(node));
        }
        return CatalogAssembly.assemble(1, configuration, config, schemas);
    }

    NodeSchema schema(int node) throws SQLException {
        try (Connection connection = nodes.get(node).connect(database); Statement s = connection.createStatement()) {
            s.execute("SET search_path TO pg_catalog");
            return SchemaDiscovery.read(connection, Map.of());
        }
    }

    static Relation relation(Catalog catalog, String name) {
        RelationName full = RelationName.parse(name);
        return catalog.find(full.schema(), full.name(), List.of());
    }

    static Distribution distribution(Catalog catalog, String name) {
        return relation(catalog, name).distribution();
    }

    /** The problems without file and position. */
    static List<String> texts(List<Problem> problems) {
        List<String> texts = new ArrayList<>();
        for (Problem problem : problems) {
            texts.add(problem.severity() + " " + problem.path().replaceFirst("^databases\\.[^.]*\\.?", "") + ": "
                    + problem.text());
        }
        return texts;
    }

    @Override
    public void close() throws SQLException {
        TestNodes.dropDatabase(database, nodes);
    }
}
