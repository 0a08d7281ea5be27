package dev.trunkline.load;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.config.UserConfig;
import dev.trunkline.copy.CopyHeader;
import dev.trunkline.copy.CopyScanner;
import dev.trunkline.error.ProxyException;
import dev.trunkline.node.NodeSurvey;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The command {@code load}: reads COPY's text or CSV once, finds each row's node by its shard key, and hands the row's bytes to
 * the COPY into that node.
 *
 * <p>
 * The calling thread reads and splits; each node has a thread that sends ({@link NodeCopy}). Nothing is committed before
 * every node has accepted everything; until then any failure rolls back everywhere. The commits follow one after the other
 * ({@link Commits}).
 */
public final class Load {

    /** All rows are in, committed on every node. */
    public static final int GOOD = 0;
    /** Nothing was loaded, or not on every node: the report says which. */
    public static final int PROBLEMS = 1;
    /** There is no such database, user, table, column or node. */
    public static final int USAGE = 2;
    /** A node can't be reached. */
    public static final int CANNOT_START = 3;

    private static final long STOP_SECONDS = 60;
    private static final Pattern LINE = Pattern.compile("^COPY .*?, line (\\d+)");

    private final Configuration configuration;
    private final LoadOptions options;
    private final InputStream data;
    private final Progress progress;
    private final PrintStream out;
    private final PrintStream err;
    /** Held while nodes commit: a process that is told to stop does so before or after, not in between. */
    private final ReentrantLock committing = new ReentrantLock();
    private final FirstFailure failure = new FirstFailure();
    private final List<NodeCopy> copies = new ArrayList<>();
    private Consumer<NodeCopy> beforeCommit = copy -> {
    };
    private Map<Integer, NodeSchema> known;

    public Load(Configuration configuration, LoadOptions options, InputStream data, Progress progress, PrintStream out,
            PrintStream err) {
        this.configuration = configuration;
        this.options = options;
        this.data = data;
        this.progress = progress;
        this.out = out;
        this.err = err;
    }

    /** Calls this with each node just before its commit. */
    Load beforeCommit(Consumer<NodeCopy> call) {
        beforeCommit = call;
        return this;
    }

    /** Takes these for the nodes' schemas, and doesn't ask for them. */
    Load knowing(Map<Integer, NodeSchema> schemas) {
        known = schemas;
        return this;
    }

    /**
     * Loads.
     *
     * @return the exit status
     */
    public int run() throws InterruptedException {
        try {
            DatabaseConfig database = database();
            Function<NodeConfig, Login> logins = logins(database);
            Map<Integer, NodeSchema> schemas = schemas(database);
            LoadTarget target = LoadTarget.of(catalog(database, schemas), database, options);
            open(target, logins);
            long rows = copy(target, ShardMap.of(1,
                    database.shardOwners().stream().mapToInt(Integer::intValue).toArray()), marker(schemas));
            progress.end();
            requireAll(target, schemas);
            commit(logins);
            report(target, rows);
            return GOOD;
        } catch (LoadStopped stopped) {
            progress.end();
            err.println(stopped.getMessage());
            return stopped.status();
        } catch (ProxyException e) {
            err.println(LoadStopped.problem(e, null).getMessage());
            return PROBLEMS;
        } catch (ConfigurationException e) {
            e.problems().forEach(err::println);
            return PROBLEMS;
        } finally {
            progress.end();
            copies.forEach(failure.isSet() ? NodeCopy::abandon : NodeCopy::close);
        }
    }

    /** For a process that is told to stop: lets commits that have begun come to their end, and no others begin. */
    public void stop() {
        try {
            if (committing.tryLock(STOP_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        err.println("trunkline: stopped while nodes were committing; ask each node which rows it has");
    }

    private DatabaseConfig database() throws LoadStopped {
        DatabaseConfig database = options.database() == null
                ? configuration.databases().values().iterator().next()
                : configuration.databases().get(options.database());
        if (database == null) {
            throw new LoadStopped(USAGE, configuration.file() + ": no database " + options.database());
        }
        return database;
    }

    private Function<NodeConfig, Login> logins(DatabaseConfig database) throws LoadStopped {
        if (options.user() == null) {
            return node -> configuration.controlLogin(database, node);
        }
        UserConfig user = configuration.users().get(options.user());
        if (user == null || !user.mayUse(database.name())) {
            throw new LoadStopped(USAGE, configuration.file() + ": "
                    + (user == null ? "no user " : "database " + database.name() + " is not for user ")
                    + options.user());
        }
        return node -> Configuration.nodeLogin(user, node);
    }

    private Map<Integer, NodeSchema> schemas(DatabaseConfig database) throws LoadStopped {
        if (known != null) {
            return known;
        }
        try (NodeSurvey survey = NodeSurvey.of(configuration, database)) {
            if (!survey.unreachable().isEmpty()) {
                StringBuilder text = new StringBuilder("trunkline: every node has to be reachable for a load");
                survey.unreachable().forEach((node, reason) -> text.append(System.lineSeparator()).append("node ")
                        .append(node.name()).append(" at ").append(node.primary()).append(": ").append(reason));
                throw new LoadStopped(CANNOT_START, text.toString());
            }
            return survey.schemas();
        }
    }

    private Catalog catalog(DatabaseConfig database, Map<Integer, NodeSchema> schemas) throws ConfigurationException {
        CatalogAssembly.Result result = CatalogAssembly.assemble(1, configuration, database, schemas);
        if (result.problems().stream().anyMatch(Problem::isError)) {
            throw new ConfigurationException(result.problems());
        }
        return result.catalog();
    }

    private static CopyScanner.CsvMarker marker(Map<Integer, NodeSchema> schemas) {
        List<Boolean> value = schemas.values().stream().map(schema -> schema.server().major() >= 18).distinct()
                .toList();
        return value.size() > 1
                ? CopyScanner.CsvMarker.REFUSED
                : value.getFirst() ? CopyScanner.CsvMarker.VALUE : CopyScanner.CsvMarker.ENDS_DATA;
    }

    private void open(LoadTarget target, Function<NodeConfig, Login> logins) throws LoadStopped {
        for (NodeConfig node : target.nodes()) {
            try {
                copies.add(new NodeCopy(node, logins.apply(node), failure));
            } catch (SQLException | IOException e) {
                throw new LoadStopped(CANNOT_START,
                        "trunkline: cannot log in to node " + node.name() + ": " + e.getMessage());
            }
        }
        String sql = target.copySql(options);
        copies.forEach(copy -> copy.start(sql));
    }

    /** Sends every row and waits until all nodes have accepted theirs; the number of rows. */
    private long copy(LoadTarget target, ShardMap map, CopyScanner.CsvMarker marker)
            throws LoadStopped, InterruptedException {
        RowInput input = new RowInput(data, options.format(), target.columns().size(), marker, options.maxRowBytes());
        NodeCopy[] byNode = new NodeCopy[configuration.databases().values().stream()
                .mapToInt(each -> each.nodes().size()).max().orElseThrow()];
        copies.forEach(copy -> byNode[copy.node().index()] = copy);
        long rows = 0;
        boolean rowKnown = false;
        try {
            if (options.header() != LoadOptions.Header.NONE && input.next()
                    && options.header() == LoadOptions.Header.MATCHED) {
                CopyHeader.match(options.format(), target.columns(), input.buffer(), input.row());
            }
            while (!failure.isSet()) {
                rowKnown = false;
                if (!input.next()) {
                    break;
                }
                rowKnown = true;
                input.row().require(target.columns());
                rows += pass(target, map, input, byNode);
                if ((rows & 0xff) == 0) {
                    progress.reached(rows, input.consumed());
                }
            }
        } catch (ProxyException e) {
            throw rolledBack(LoadStopped.problem(e, place(target, input, rowKnown)).getMessage());
        } catch (IOException e) {
            throw rolledBack("trunkline: cannot read the data: " + e.getMessage());
        }
        if (!failure.isSet()) {
            copies.forEach(NodeCopy::finish);
        }
        for (NodeCopy copy : copies) {
            if (failure.isSet() || !copy.await()) {
                throw rolledBack(nodeFailed(failure.get(), target));
            }
        }
        return rows;
    }

    /** A node that has taken fewer rows than it was sent has read them otherwise than we do, unless a trigger dropped them. */
    private void requireAll(LoadTarget target, Map<Integer, NodeSchema> schemas) throws LoadStopped {
        RelationName name = target.relation().fullName();
        for (NodeCopy copy : copies) {
            boolean triggers = schemas.get(copy.node().index()).relations().stream()
                    .anyMatch(relation -> !relation.triggers().isEmpty()
                            && (relation.name().equals(name) || !relation.parents().isEmpty()));
            if (copy.accepted() != copy.rows() && !triggers) {
                throw rolledBack(LoadStopped.text("node \"" + copy.node().name() + "\" has taken " + copy.accepted()
                        + " of " + copy.rows() + " rows", null, null, null));
            }
        }
    }

    /** Hands the row to its node or nodes; how many rows of the file that is: none if its node is left out. */
    private int pass(LoadTarget target, ShardMap map, RowInput input, NodeCopy[] byNode) throws InterruptedException {
        if (target.keys() == null) {
            for (NodeCopy copy : copies) {
                send(copy, input);
            }
            return 1;
        }
        NodeCopy copy = byNode[map
                .nodeOf(target.keys().virtualShard(input.buffer(), input.row(), map.virtualShards()))];
        if (copy == null) {
            return 0;
        }
        send(copy, input);
        return 1;
    }

    private static void send(NodeCopy copy, RowInput input) throws InterruptedException {
        copy.add(input.buffer(), input.start(), input.length(), input.row().nodeLines(copy.rows() == 0),
                input.row().line());
    }

    private static String place(LoadTarget target, RowInput input, boolean rowKnown) {
        String table = target.relation().name();
        if (!rowKnown) {
            return "COPY " + table + ", line " + input.row().line();
        }
        int position = target.keys() == null ? -1 : target.keys().reading();
        return input.place(table, position < 0 ? null : target.columns().get(position), position);
    }

    private LoadStopped rolledBack(String text) {
        copies.forEach(NodeCopy::abandon);
        return new LoadStopped(PROBLEMS,
                text + System.lineSeparator() + "Nothing was loaded: every node has rolled back.");
    }

    /** A node's error as psql would print it, with the line of the file in place of that of the node's part. */
    private String nodeFailed(FirstFailure.OnNode failed, LoadTarget target) {
        ServerErrorMessage server = failed.error() instanceof PSQLException e ? e.getServerErrorMessage() : null;
        String node = failed.node().name();
        if (server == null) {
            return LoadStopped.text("node \"" + node + "\" failed: " + failed.error().getMessage(), null, null, null);
        }
        String where = server.getWhere();
        Matcher line = where == null ? null : LINE.matcher(where);
        if (line != null && line.find()) {
            NodeCopy copy = copies.stream().filter(each -> each.node() == failed.node()).findFirst().orElseThrow();
            long inFile = copy.lineInFile(Long.parseLong(line.group(1)));
            where = inFile < 0
                    ? where + " (counted in the rows for node " + node + ")"
                    : "COPY " + target.relation().name() + ", line " + inFile + where.substring(line.end());
        }
        return LoadStopped.text(server.getMessage(),
                (server.getDetail() == null ? "" : server.getDetail() + " ") + "Node: " + node + ".", server.getHint(),
                where);
    }

    private void commit(Function<NodeConfig, Login> logins) throws LoadStopped {
        committing.lock();
        try {
            new Commits(copies, new TransactionEnd(logins), beforeCommit).run();
        } finally {
            committing.unlock();
        }
    }

    private void report(LoadTarget target, long rows) {
        // As the server counts: without rows that a trigger has dropped.
        out.println("COPY " + (target.keys() == null
                ? copies.getFirst().accepted()
                : copies.stream().mapToLong(NodeCopy::accepted).sum()));
        if (target.nodes().size() > 1) {
            copies.forEach(copy -> out.println(copy.node().name() + ": " + copy.accepted()
                    + (copy.accepted() == 1 ? " row" : " rows")));
        }
        double seconds = progress.seconds();
        err.printf("%.1f s, %,.0f rows/s%n", seconds, rows / seconds);
    }
}
