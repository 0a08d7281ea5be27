package dev.trunkline.load;

import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.config.Configuration;
import dev.trunkline.copy.CopyFormat;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.load.LoadOptions.Header;
import dev.trunkline.node.ConfigurationCheck;
import dev.trunkline.node.NodeSurvey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A database over some of the shared nodes, named a, b, c and d, to load into. */
final class LoadFixture implements AutoCloseable {

    /** What a load ended with and printed. */
    record Loaded(int status, String out, String err) {}

    static final CopyFormat TEXT = CopyFormat.of(false, null, null, null, null, List.of(), List.of());
    static final CopyFormat CSV = CopyFormat.of(true, null, null, null, null, List.of(), List.of());

    final List<RunningNode> nodes;
    final String database;
    private final List<Integer> ports = new ArrayList<>();
    private final List<String> tables = new ArrayList<>();
    /** Discovery takes longer than a small load, and finds the same each time. */
    private Map<Integer, NodeSchema> known;

    LoadFixture(int count) throws SQLException {
        this(TestNodes.nodes(count));
    }

    LoadFixture(List<RunningNode> nodes) throws SQLException {
        this.nodes = nodes;
        nodes.forEach(node -> ports.add(node.port()));
        database = TestNodes.createDatabase("load", nodes);
    }

    /** Reaches a node through another port from now on. */
    void port(int node, int port) {
        known = null;
        ports.set(node, port);
    }

    /** Makes a table on every node; {@code entry} is its line in the configuration file. */
    LoadFixture table(String ddl, String entry) throws SQLException {
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, ddl);
        }
        tables.add(entry);
        known = null;
        return this;
    }

    static String name(int node) {
        return String.valueOf((char) ('a' + node));
    }

    String yaml() {
        StringBuilder text = new StringBuilder("databases:\n  " + database + ":\n    nodes:\n");
        for (int node = 0; node < nodes.size(); node++) {
            text.append("      ").append(name(node)).append(": { primary: 127.0.0.1:").append(ports.get(node))
                    .append(" }\n");
        }
        text.append("    shardMap:\n");
        for (int node = 0; node < nodes.size(); node++) {
            text.append("      ").append(name(node)).append(": ").append(256 * node / nodes.size()).append('-')
                    .append(256 * (node + 1) / nodes.size() - 1).append('\n');
        }
        text.append("    tables:\n");
        tables.forEach(table -> text.append("      ").append(table).append('\n'));
        return text.append("users:\n  postgres: { admin: full }\n").toString();
    }

    static LoadOptions options(String table, CopyFormat format) {
        return new LoadOptions(null, null, table, null, format, Header.NONE, null, 1 << 20);
    }

    static LoadOptions options(String table, CopyFormat format, Header header, String... columns) {
        return new LoadOptions(null, null, table, columns.length == 0 ? null : List.of(columns), format, header, null,
                1 << 20);
    }

    static LoadOptions only(LoadOptions options, String... nodes) {
        return new LoadOptions(options.database(), options.user(), options.table(), options.columns(), options.format(),
                options.header(), Set.of(nodes), options.maxRowBytes());
    }

    Loaded load(LoadOptions options, String data) throws Exception {
        return load(options, data.getBytes(StandardCharsets.UTF_8));
    }

    Loaded load(LoadOptions options, byte[] data) throws Exception {
        return load(options, new ByteArrayInputStream(data), load -> load);
    }

    Loaded load(LoadOptions options, InputStream data, UnaryOperator<Load> prepared) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        Configuration configuration = Configuration.parse("load.yaml", yaml(), name -> null);
        Load load = new Load(configuration, options, data, new Progress(errors, Progress.Style.NONE, -1),
                new PrintStream(out, true, StandardCharsets.UTF_8), errors);
        int status = prepared.apply(known == null ? load : load.knowing(known)).run();
        if (known == null && status != Load.CANNOT_START) {
            try (NodeSurvey survey = NodeSurvey.of(configuration, configuration.databases().get(database))) {
                known = survey.schemas();
            }
        }
        return new Loaded(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The rows of a table on a node, as text and in order. */
    List<String> rows(int node, String table) throws SQLException {
        return rows(nodes.get(node), database, table);
    }

    /** The rows of a table on all nodes together. */
    List<String> rows(String table) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (int node = 0; node < nodes.size(); node++) {
            rows.addAll(rows(node, table));
        }
        rows.sort(null);
        return rows;
    }

    static List<String> rows(RunningNode node, String database, String table) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = node.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT t::text FROM " + table + " t")) {
            while (row.next()) {
                rows.add(row.getString(1));
            }
        }
        rows.sort(null);
        return rows;
    }

    /** What {@code check --rows} has against where the rows are. */
    List<String> misplaced() throws Exception {
        Path file = Files.createTempFile("load", ".yaml");
        try {
            Files.writeString(file, yaml());
            ByteArrayOutputStream found = new ByteArrayOutputStream();
            PrintStream quiet = new PrintStream(found, true, StandardCharsets.UTF_8);
            ConfigurationCheck.run(file, new ConfigurationCheck.Options(false, true), name -> null, quiet, quiet);
            return found.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains("belong")).toList();
        } finally {
            Files.delete(file);
        }
    }

    void onAll(String sql) throws SQLException {
        if (!sql.startsWith("TRUNCATE")) {
            known = null;
        }
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, sql);
        }
    }

    @Override
    public void close() throws SQLException {
        TestNodes.dropDatabase(database, nodes);
    }
}
