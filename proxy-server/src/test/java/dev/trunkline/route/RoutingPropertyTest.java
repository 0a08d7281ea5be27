package dev.trunkline.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.error.ProxyException;
import dev.trunkline.execute.JdbcMerge;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.value.PgHash;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Rules 3, 4, 5 and 8, by chance: rows are split over three databases by hash, a statement is run where routing says, and its
 * answer must be that of one database with all rows. {@code -Dtrunkline.routing.statements} sets how many, {@code
 * -Dtrunkline.routing.seed} where to begin; a failure names the seed of its statement.
 */
class RoutingPropertyTest {

    private static final int NODES = 3;
    private static final List<String> TABLES = List.of("customers", "orders", "items");
    private static final ShardMap MAP = ShardMap.even(1, 256, NODES);
    private static final DestinationTable DESTINATIONS = new DestinationTable(MAP, NODES, 0);
    private static final int VIEWS = 40;
    private static final CatalogBuilder TABLES_ONLY = new CatalogBuilder("shop").nodes("n0", "n1", "n2")
            .table("customers", "id int8 not null", "grp int4", "ref int8").sharded("customers", "id")
            .table("orders", "customer_id int8 not null", "oid int4", "amount int4")
            .colocated("orders", "customers", "customer_id")
            .table("items", "customer_id int8 not null", "iid int4", "qty int4")
            .colocated("items", "customers", "customer_id")
            .table("countries", "code int4", "grp int4").reference("countries")
            .table("audit", "customer_id int8", "x int4");

    private static final List<String> VIEW_NAMES = new ArrayList<>();

    private static Catalog catalog;
    private static List<RunningNode> servers;
    private static final List<String> DATABASES = new ArrayList<>();
    private static Connection whole;
    private static final List<Connection> PARTS = new ArrayList<>();

    private final Planner planner = new Planner(new SqlParser());
    private final JdbcMerge merges = new JdbcMerge();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    @BeforeAll
    static void splitRowsByHash() throws SQLException {
        servers = TestNodes.nodes(1);
        whole = database();
        for (int i = 0; i < NODES; i++) {
            PARTS.add(database());
        }
        createViews();
        SplittableRandom random = new SplittableRandom(42);
        for (int id = 1; id <= 12; id++) {
            insert(id, "customers", id + ", " + orNull(random, 4) + ", " + (1 + random.nextInt(12)));
        }
        for (int i = 0; i < 30; i++) {
            int customer = 1 + random.nextInt(12);
            insert(customer, "orders", customer + ", " + random.nextInt(8) + ", " + orNull(random, 5));
        }
        for (int i = 0; i < 36; i++) {
            int customer = 1 + random.nextInt(12);
            insert(customer, "items", customer + ", " + random.nextInt(8) + ", " + orNull(random, 5));
        }
        for (int i = 1; i <= 5; i++) {
            String row = "INSERT INTO countries VALUES (" + i + ", " + orNull(random, 3) + ")";
            execute(whole, row);
            for (Connection part : PARTS) {
                execute(part, row);
            }
        }
        for (int i = 0; i < 6; i++) {
            String row = "INSERT INTO audit VALUES (" + (1 + random.nextInt(8)) + ", " + orNull(random, 4) + ")";
            execute(whole, row);
            execute(PARTS.getFirst(), row);
        }
    }

    /** Views by chance, also over each other, known as discovery knows them: by what the server prints. */
    private static void createViews() throws SQLException {
        for (int i = 0; i < VIEWS; i++) {
            String name = "view" + i;
            String sql = "CREATE VIEW " + name + " AS " + new RandomStatement(-1 - i, List.copyOf(VIEW_NAMES)).view();
            try {
                execute(whole, sql);
            } catch (SQLException invalid) {
                continue;
            }
            for (Connection part : PARTS) {
                execute(part, sql);
            }
            try (Statement statement = whole.createStatement()) {
                statement.execute("SET search_path = pg_catalog");
                try (ResultSet result = statement
                        .executeQuery("SELECT pg_get_viewdef('public." + name + "'::regclass)")) {
                    result.next();
                    TABLES_ONLY.view(name, result.getString(1));
                }
                statement.execute("RESET search_path");
            }
            VIEW_NAMES.add(name);
        }
        assertTrue(VIEW_NAMES.size() > VIEWS / 2, VIEW_NAMES.toString());
        catalog = TABLES_ONLY.build();
    }

    private static Connection database() throws SQLException {
        String name = TestNodes.createDatabase("routing", servers);
        DATABASES.add(name);
        Connection connection = servers.getFirst().connect(name);
        execute(connection, "CREATE TABLE customers (id int8 NOT NULL, grp int4, ref int8);"
                + "CREATE TABLE orders (customer_id int8 NOT NULL, oid int4, amount int4);"
                + "CREATE TABLE items (customer_id int8 NOT NULL, iid int4, qty int4);"
                + "CREATE TABLE countries (code int4, grp int4); CREATE TABLE audit (customer_id int8, x int4);"
                + "SET statement_timeout = '20s'; SET jit = off");
        return connection;
    }

    private static void insert(long key, String table, String row) throws SQLException {
        execute(whole, "INSERT INTO " + table + " VALUES (" + row + ")");
        execute(PARTS.get(nodeOf(key)), "INSERT INTO " + table + " VALUES (" + row + ")");
    }

    private static int nodeOf(long key) {
        return MAP.nodeOf(PgHash.virtualShard(PgHash.int8(key), 256));
    }

    private static String orNull(SplittableRandom random, int bound) {
        return random.nextInt(6) == 0 ? "NULL" : Integer.toString(random.nextInt(bound));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @AfterAll
    static void drop() throws SQLException {
        for (Connection part : PARTS) {
            part.close();
        }
        if (whole != null) {
            whole.close();
        }
        for (String database : DATABASES) {
            TestNodes.dropDatabase(database, servers);
        }
    }

    @Test
    void whatIsRoutedAnswersAsOneDatabase() throws SQLException {
        int statements = Integer.getInteger("trunkline.routing.statements", 2000);
        long first = Long.getLong("trunkline.routing.seed", 1);
        List<String> wrong = new ArrayList<>();
        for (long seed = first; seed < first + statements && wrong.size() < 5; seed++) {
            String sql = new RandomStatement(seed, VIEW_NAMES).statement();
            String difference = check(sql, seed);
            if (difference != null) {
                wrong.add("seed " + seed + ": " + sql + "\n" + difference);
            }
        }
        System.out.println(statements + " statements: " + outcomes);
        assertEquals(List.of(), wrong, String.join("\n\n", wrong));
        // A generator that makes only what is refused would prove nothing.
        assertTrue(outcomes.getOrDefault("one-node", 0) > statements / 8, outcomes.toString());
        assertTrue(outcomes.getOrDefault("fan-out", 0) > statements / 50, outcomes.toString());
        assertTrue(outcomes.getOrDefault("with a view", 0) > statements / 50, outcomes.toString());
        for (String merge : List.of("Concat", "OrderedMerge", "Aggregate", "GroupedAggregate", "Distinct", "Sorted",
                "Limit", "Project")) {
            assertTrue(outcomes.getOrDefault("merge " + merge, 0) > statements / 1000,
                    "no " + merge + ": " + outcomes);
        }
    }

    /** What differs, or null. */
    private String check(String sql, long seed) throws SQLException {
        StatementPlan plan = planner.plan(sql, PlanKey.DEFAULT, catalog);
        if (plan.refusal() != null) {
            count("refused");
            return null;
        }
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        Destination destination;
        try {
            destination = plan.bind(new BoundValues().statement(bytes, lexed.fingerprint(0), true), DESTINATIONS);
        } catch (ProxyException refusal) {
            count("refused when bound");
            return null;
        }
        Answer expected = answer(whole, sql);
        if (expected.error() != null) {
            count("PostgreSQL's error");
            return null;
        }
        if (destination instanceof Destination.Many) {
            countMerges(plan.fanOut().merge());
        }
        Answer actual = run(plan, sql, destination, seed);
        if (sql.contains("view")) {
            count("with a view");
        }
        count(plan.routing(destination).text() + (sql.startsWith("SELECT") || sql.startsWith("WITH") ? "" : " write"));
        String where = plan.root().describe() + "\n" + destination + "\nexpected " + expected + "\nactual   " + actual;
        if (!plan.access().readOnly()) {
            return expected.equals(actual) ? null : where;
        }
        return expected.rows().equals(actual.rows()) ? null : where;
    }

    private void countMerges(Merge merge) {
        count("merge " + merge.getClass().getSimpleName());
        switch (merge) {
            case Merge.GroupedAggregate grouped -> countMerges(grouped.source());
            case Merge.Distinct distinct -> countMerges(distinct.source());
            case Merge.Sorted sorted -> countMerges(sorted.source());
            case Merge.Limit limit -> countMerges(limit.source());
            case Merge.Project project -> countMerges(project.source());
            case Merge.Concat concat -> {
            }
            case Merge.Explained explained -> {
            }
            case Merge.OrderedMerge ordered -> {
            }
            case Merge.Aggregate aggregate -> {
            }
        }
    }

    private void count(String outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    /**
     * Rows, sorted unless the statement says their order, and what the tables hold afterwards, sorted; {@code error} is the
     * server's message.
     */
    private record Answer(List<String> rows, List<String> tables, String error) {}

    private Answer run(StatementPlan plan, String sql, Destination destination, long seed) throws SQLException {
        return switch (destination) {
            case Destination.One one -> onOne(plan, sql, one.node());
            case Destination.Many many -> merged(plan.fanOut(), sql, many, seed);
            // Whichever node is asked must give the exact answer.
            case Destination.None none -> onOne(plan, sql, (int) (seed % NODES));
            case Destination.Any any -> onOne(plan, sql, (int) (seed % NODES));
            case Destination.Transaction transaction -> onOne(plan, sql, (int) (seed % NODES));
            case Destination.Pinned pinned -> throw new IllegalStateException("no temp tables here");
            case Destination.Cursor cursor -> throw new IllegalStateException("no cursors here");
        };
    }

    private Answer onOne(StatementPlan plan, String sql, int node) throws SQLException {
        Answer answer = answer(PARTS.get(node), sql);
        if (plan.access().readOnly() || answer.error() != null) {
            return answer;
        }
        List<String> tables = new ArrayList<>(answer.tables());
        for (String row : answer.tables()) {
            String[] fields = row.split(" ", 3);
            if (TABLES.contains(fields[0]) && nodeOf(Long.parseLong(fields[1])) != node) {
                tables.add("misplaced: " + row);
            }
        }
        for (int other = 0; other < NODES; other++) {
            if (other != node) {
                tables.addAll(contents(PARTS.get(other)));
            }
        }
        tables.sort(null);
        return new Answer(answer.rows(), tables, null);
    }

    /** Runs a statement; a write is rolled back after what it did has been read. */
    private static Answer answer(Connection connection, String sql) throws SQLException {
        boolean write = !(sql.startsWith("SELECT") || sql.startsWith("WITH"));
        connection.setAutoCommit(!write);
        try (Statement statement = connection.createStatement()) {
            List<String> rows = new ArrayList<>();
            if (statement.execute(sql)) {
                rows(statement.getResultSet()).forEach(row -> rows.add(row.toString()));
            } else {
                rows.add(statement.getUpdateCount() + " rows");
            }
            sortUnlessOrdered(rows, sql);
            return new Answer(rows, write ? contents(connection) : List.of(), null);
        } catch (SQLException e) {
            return new Answer(List.of(), List.of(), e.getMessage());
        } finally {
            if (write) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        }
    }

    private static List<List<String>> rows(ResultSet result) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        while (result.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                row.add(result.getString(i));
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<String> contents(Connection connection) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (String table : TABLES) {
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT * FROM " + table)) {
                rows(result).forEach(row -> rows.add(table + " " + String.join(" ", row.stream().map(String::valueOf)
                        .toList())));
            }
        }
        rows.sort(null);
        return rows;
    }

    private Answer merged(Plan.FanOut fanOut, String sql, Destination.Many many, long seed) {
        try {
            List<Connection> nodes = IntStream.of(many.nodes()).mapToObj(PARTS::get).toList();
            List<String> rows = new ArrayList<>();
            merges.run(fanOut.merge(), nodes, fanOut.nodeSql() == null ? sql : fanOut.nodeSql(),
                    new SplittableRandom(seed)).forEach(row -> rows.add(row.toString()));
            sortUnlessOrdered(rows, sql);
            return new Answer(rows, List.of(), null);
        } catch (SQLException | ProxyException e) {
            return new Answer(List.of(), List.of(), e.getMessage());
        }
    }

    private static void sortUnlessOrdered(List<String> rows, String sql) {
        if (sql.lastIndexOf(" ORDER BY 1") <= sql.lastIndexOf(')')) {
            rows.sort(null);
        }
    }
}
