package dev.trunkline.catalog;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.Problem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what the nodes have against the file, each at the key of the file that it concerns. */
final class Findings {

    private final Configuration configuration;
    private final String database;
    private final Set<Problem> problems = new LinkedHashSet<>();

    Findings(Configuration configuration, String database) {
        this.configuration = configuration;
        this.database = database;
    }

    /** Something about a table; {@code key} is the key of its entry that is meant, or null. */
    Problem table(Problem.Severity severity, RelationName table, String key, String text) {
        return add(severity, text, key == null
                ? new String[]{"databases", database, "tables", written(table)}
                : path(written(table), key));
    }

    /** {@code ranges.b}: the key below comes after the first dot, whatever it is made of. */
    private String[] path(String table, String key) {
        int dot = key.indexOf('.');
        return dot < 0
                ? new String[]{"databases", database, "tables", table, key}
                : new String[]{"databases", database, "tables", table, key.substring(0, dot), key.substring(dot + 1)};
    }

    void node(Problem.Severity severity, String node, String text) {
        add(severity, text, "databases", database, "nodes", node);
    }

    void database(Problem.Severity severity, String text) {
        add(severity, text, "databases", database);
    }

    private Problem add(Problem.Severity severity, String text, String... path) {
        Problem problem = configuration.problem(severity, text, path);
        problems.add(problem);
        return problem;
    }

    /** The table's name as the file may have written it. */
    private String written(RelationName table) {
        String qualified = table.schema() + "." + table.name();
        return configuration.has("databases", database, "tables", qualified) ? qualified : table.toString();
    }

    List<Problem> all() {
        return new ArrayList<>(problems);
    }
}
