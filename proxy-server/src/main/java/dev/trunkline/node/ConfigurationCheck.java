package dev.trunkline.node;

import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.Problem;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * The command {@code check}: reads the file, asks the nodes, and prints every problem in the order of the file.
 *
 * <p>
 * Differs from starting to serve in one point: every node must be reachable.
 */
public final class ConfigurationCheck {

    /** No problem; warnings don't count. */
    public static final int GOOD = 0;
    public static final int PROBLEMS = 1;
    /** The file can't be read. */
    public static final int USAGE = 2;

    /** {@code offline} asks no node; {@code rows} also counts the rows that lie on the wrong node. */
    public record Options(boolean offline, boolean rows) {}

    private final Options options;
    private final PrintStream out;
    private final PrintStream err;

    private ConfigurationCheck(Options options, PrintStream out, PrintStream err) {
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /**
     * Checks a file.
     *
     * @param variables
     *            the environment: the value of a name, or null
     * @param out
     *            gets one line with the result
     * @param err
     *            gets a line for each problem
     * @return the exit code
     */
    public static int run(Path file, Options options, UnaryOperator<String> variables, PrintStream out,
            PrintStream err) {
        return new ConfigurationCheck(options, out, err).run(file, variables);
    }

    private int run(Path file, UnaryOperator<String> variables) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            err.println("cannot read " + file + ": " + (Files.exists(file) ? e.getMessage() : "no such file"));
            return USAGE;
        }
        try {
            Configuration configuration = Configuration.parse(file.toString(), text, variables);
            List<Problem> problems = new ArrayList<>(configuration.warnings());
            if (!options.offline()) {
                for (DatabaseConfig database : configuration.databases().values()) {
                    problems.addAll(new Nodes(configuration, database).check());
                }
            }
            return print(file, problems);
        } catch (ConfigurationException e) {
            return print(file, e.problems());
        }
    }

    private int print(Path file, List<Problem> problems) {
        List<Problem> distinct = new ArrayList<>(new LinkedHashSet<>(problems));
        distinct.sort(Comparator.comparing(Problem::position));
        distinct.forEach(err::println);
        long found = distinct.stream().filter(Problem::isProblem).count();
        long warnings = distinct.size() - found;
        out.println(file + ": " + count(found, "problem") + ", " + count(warnings, "warning")
                + (options.offline() ? " (the nodes were not asked)" : ""));
        return found == 0 ? GOOD : PROBLEMS;
    }

    private static String count(long number, String word) {
        return number + " " + word + (number == 1 ? "" : "s");
    }

    /** The nodes of one database, asked side by side. */
    private final class Nodes {

        private final Configuration configuration;
        private final DatabaseConfig database;
        private final List<Problem> problems = new ArrayList<>();

        Nodes(Configuration configuration, DatabaseConfig database) {
            this.configuration = configuration;
            this.database = database;
        }

        List<Problem> check() {
            Map<NodeConfig, ControlPool> pools = new LinkedHashMap<>();
            try {
                for (NodeConfig node : database.nodes()) {
                    pools.put(node, new ControlPool(database.name(), node, configuration.controlLogin(database, node)));
                }
                Map<Integer, NodeSchema> schemas = schemas(pools);
                if (!schemas.isEmpty()) {
                    CatalogAssembly.Result result = CatalogAssembly.assemble(1, configuration, database, schemas);
                    problems.addAll(new IdStrides(database,
                            node -> pools.get(database.nodes().get(node)).freshConnection()).withAlters(result));
                    checkRows(pools, schemas, result);
                }
            } finally {
                pools.values().forEach(ControlPool::close);
            }
            return problems;
        }

        private Map<Integer, NodeSchema> schemas(Map<NodeConfig, ControlPool> pools) {
            Map<NodeConfig, CompletableFuture<NodeSchema>> asked = new LinkedHashMap<>();
            pools.forEach((node, pool) -> {
                CompletableFuture<NodeSchema> answer = new CompletableFuture<>();
                Thread.ofPlatform().daemon().name("check-" + node.name()).start(() -> {
                    try (Connection connection = pool.freshConnection()) {
                        answer.complete(SchemaDiscovery.read(connection, Map.of()));
                    } catch (SQLException | RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
                asked.put(node, answer);
            });
            Map<Integer, NodeSchema> schemas = new TreeMap<>();
            asked.forEach((node, answer) -> answer.handle((schema, failure) -> {
                if (failure == null) {
                    schemas.put(node.index(), schema);
                } else {
                    problem(node, failure instanceof Exception e ? NodeWatch.reason(e) : failure.toString());
                }
                return null;
            }).join());
            return schemas;
        }

        private void checkRows(Map<NodeConfig, ControlPool> pools, Map<Integer, NodeSchema> schemas,
                CatalogAssembly.Result result) {
            if (database.nodes().size() == 1) {
                return;
            }
            RowChecks checks = new RowChecks(configuration, database, result.catalog());
            pools.forEach((node, pool) -> {
                NodeSchema schema = schemas.get(node.index());
                if (schema == null) {
                    return;
                }
                try (Connection connection = pool.freshConnection()) {
                    checks.findCopies(node.index(), schema, connection);
                    if (options.rows()) {
                        checks.countMisplaced(node.index(), schema.server().major(), connection);
                    }
                } catch (SQLException e) {
                    problem(node, "the rows can't be checked: " + NodeWatch.reason(e));
                }
            });
            problems.addAll(checks.problems());
        }

        private void problem(NodeConfig node, String reason) {
            problems.add(configuration.problem(Problem.Severity.FAULT,
                    "node " + node.name() + " at " + node.primary() + " can't be asked: " + reason, "databases",
                    database.name(), "nodes", node.name(), "primary"));
        }
    }
}
