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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
            try (NodeSurvey survey = NodeSurvey.of(configuration, database)) {
                survey.unreachable().forEach(this::problem);
                Map<Integer, NodeSchema> schemas = survey.schemas();
                if (!schemas.isEmpty()) {
                    CatalogAssembly.Result result = CatalogAssembly.assemble(1, configuration, database, schemas);
                    problems.addAll(
                            new IdStrides(database, node -> survey.pool(node).freshConnection()).withAlters(result));
                    checkRows(survey, schemas, result);
                    checkSlots(survey, schemas);
                }
            }
            return problems;
        }

        private void checkRows(NodeSurvey survey, Map<Integer, NodeSchema> schemas, CatalogAssembly.Result result) {
            if (database.nodes().size() == 1) {
                return;
            }
            RowChecks checks = new RowChecks(configuration, database, result.catalog());
            schemas.forEach((node, schema) -> {
                try (Connection connection = survey.pool(node).freshConnection()) {
                    checks.findCopies(node, schema, connection);
                    if (options.rows()) {
                        checks.countMisplaced(node, schema.server().major(), connection);
                    }
                } catch (SQLException e) {
                    problem(database.nodes().get(node), "the rows can't be checked: " + NodeWatch.reason(e));
                }
            });
            problems.addAll(checks.problems());
        }

        private void checkSlots(NodeSurvey survey, Map<Integer, NodeSchema> schemas) {
            for (int index : schemas.keySet()) {
                NodeConfig node = database.nodes().get(index);
                try (Connection connection = survey.pool(index).freshConnection()) {
                    problems.addAll(ConnectionSlots.read(connection).problems(configuration, database, node));
                } catch (SQLException e) {
                    problem(node, "its limits of connections can't be read: " + NodeWatch.reason(e));
                }
            }
        }

        private void problem(NodeConfig node, String reason) {
            problems.add(configuration.problem(Problem.Severity.FAULT,
                    "node " + node.name() + " at " + node.primary() + " can't be asked: " + reason, "databases",
                    database.name(), "nodes", node.name(), "primary"));
        }
    }
}
