package dev.trunkline.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Placement;
import dev.trunkline.error.ProxyException;
import dev.trunkline.execute.JdbcMerge;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
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
 * Rules 3, 4, 5 and 8, by chance: rows are divided over three databases by hash, by range or by list, a statement is run where
 * routing says, and its answer must be that of one database with all rows; what goes to one node must find nothing on the others. {@code -Dtrunkline.routing.statements} sets how many, {@code
 * -Dtrunkline.routing.seed} where to begin; a failure names the seed of its statement.
 */
class RoutingPropertyTest {

    private static final List<DividedShop> SHOPS = new ArrayList<>();

    private final Planner planner = new Planner(new SqlParser());
    private final JdbcMerge merges = new JdbcMerge();
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private DividedShop shop;

    @BeforeAll
    static void divideRows() throws SQLException {
        for (Placement placement : List.of(DividedShop.BY_HASH, DividedShop.BY_RANGE, DividedShop.BY_LIST)) {
            SHOPS.add(new DividedShop(placement));
        }
    }

    @AfterAll
    static void drop() throws SQLException {
        for (DividedShop shop : SHOPS) {
            shop.close();
        }
    }

    @Test
    void whatIsRoutedAnswersAsOneDatabase() throws SQLException {
        int statements = Integer.getInteger("trunkline.routing.statements", 2000);
        long first = Long.getLong("trunkline.routing.seed", 1);
        List<String> wrong = new ArrayList<>();
        for (long seed = first; seed < first + statements && wrong.size() < 5; seed++) {
            shop = SHOPS.get((int) (seed % SHOPS.size()));
            String sql = new RandomStatement(seed, shop.views).statement();
            String difference = check(sql, seed);
            if (difference != null) {
                wrong.add("seed " + seed + ": " + sql + "\n" + difference);
            }
        }
        System.out.println(statements + " statements: " + outcomes);
        assertEquals(List.of(), wrong, String.join("\n\n", wrong));
        // A generator that makes only what is refused would prove nothing.
        assertTrue(outcomes.getOrDefault("one-node", 0) > statements / 10, outcomes.toString());
        assertTrue(outcomes.getOrDefault("fan-out", 0) > statements / 50, outcomes.toString());
        assertTrue(outcomes.getOrDefault("with a view", 0) > statements / 50, outcomes.toString());
        for (String outcome : List.of("multi-key", "list cut", "nothing elsewhere")) {
            assertTrue(outcomes.getOrDefault(outcome, 0) > statements / 200, "no " + outcome + ": " + outcomes);
        }
        for (String merge : List.of("Concat", "OrderedMerge", "Aggregate", "GroupedAggregate", "Distinct", "Sorted",
                "Limit", "Project")) {
            assertTrue(outcomes.getOrDefault("merge " + merge, 0) > statements / 1000,
                    "no " + merge + ": " + outcomes);
        }
    }

    /** What differs, or null. */
    private String check(String sql, long seed) throws SQLException {
        StatementPlan plan = planner.plan(sql, PlanKey.DEFAULT, shop.catalog);
        if (plan.refusal() != null) {
            count("refused");
            return null;
        }
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        Destination destination;
        try {
            destination = plan.bind(new BoundValues().statement(bytes, lexed.fingerprint(0), true),
                    shop.destinations);
        } catch (ProxyException refusal) {
            count("refused when bound");
            return null;
        }
        Answer expected = answer(shop.whole, sql);
        if (expected.error() != null) {
            count("PostgreSQL's error");
            return null;
        }
        if (destination instanceof Destination.Many) {
            countMerges(plan.fanOut().merge());
        }
        if (destination instanceof Destination.One one && !(plan.rule() instanceof NodeRule.Hinted)) {
            String elsewhere = elsewhere(plan, sql, one.node());
            if (elsewhere != null) {
                return plan.root().describe() + "\n" + destination + "\nbut elsewhere " + elsewhere;
            }
        }
        if (plan.rule() instanceof NodeRule.Hinted hinted && !hinted.open().isEmpty()) {
            // The client's word counts for what the statement leaves open: the answer is the node's.
            count("hint for an open key");
            return null;
        }
        Answer actual = run(plan, sql, destination, seed);
        if (sql.contains("view")) {
            count("with a view");
        }
        count(plan.routing(destination).text() + (isRead(sql) ? "" : " write"));
        String where = plan.root().describe() + "\n" + destination + "\nexpected " + expected + "\nactual   " + actual;
        if (!plan.access().readOnly()) {
            return expected.equals(actual) ? null : where;
        }
        return expected.rows().equals(actual.rows()) ? null : where;
    }

    private static boolean isRead(String sql) {
        String statement = sql.substring(sql.indexOf("*/") + (sql.contains("*/") ? 2 : 1)).strip();
        return statement.startsWith("SELECT") || statement.startsWith("WITH");
    }

    private void countMerges(Merge merge) {
        count("merge " + merge.getClass().getSimpleName());
        switch (merge) {
            case Merge.GroupedAggregate grouped -> countMerges(grouped.source());
            case Merge.Distinct distinct -> countMerges(distinct.source());
            case Merge.Having having -> countMerges(having.source());
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
            case Destination.None none -> onOne(plan, sql, (int) (seed % DividedShop.NODES));
            case Destination.Any any -> onOne(plan, sql, (int) (seed % DividedShop.NODES));
            case Destination.Transaction transaction -> onOne(plan, sql, (int) (seed % DividedShop.NODES));
            case Destination.Pinned pinned -> throw new IllegalStateException("no temp tables here");
            case Destination.Cursor cursor -> throw new IllegalStateException("no cursors here");
        };
    }

    /**
     * What the same statement finds on the other nodes that a node without any row of its tables does not, or null: a
     * statement is one-node only when all rows that mean anything to it are on that node.
     */
    private String elsewhere(StatementPlan plan, String sql, int node) throws SQLException {
        // The home node has a table that the others don't.
        if (plan.tables().stream().anyMatch(use -> use.relation().name().equals("audit"))) {
            return null;
        }
        Answer nothing = null;
        for (int other = 0; other < DividedShop.NODES; other++) {
            if (other == node) {
                continue;
            }
            nothing = nothing == null ? answer(shop.empty, sql) : nothing;
            Answer there = answer(shop.parts.get(other), sql);
            if (!there.rows().equals(nothing.rows())) {
                return "(node " + other + ") " + there.rows() + ", where nothing is " + nothing.rows();
            }
        }
        count("nothing elsewhere");
        return null;
    }

    private Answer onOne(StatementPlan plan, String sql, int node) throws SQLException {
        Answer answer = answer(shop.parts.get(node), sql);
        if (plan.access().readOnly() || answer.error() != null) {
            return answer;
        }
        List<String> tables = new ArrayList<>(answer.tables());
        for (String row : answer.tables()) {
            String[] fields = row.split(" ", 3);
            if (DividedShop.TABLES.contains(fields[0]) && shop.nodeOf(Long.parseLong(fields[1])) != node) {
                tables.add("misplaced: " + row);
            }
        }
        for (int other = 0; other < DividedShop.NODES; other++) {
            if (other != node) {
                tables.addAll(contents(shop.parts.get(other)));
            }
        }
        tables.sort(null);
        return new Answer(answer.rows(), tables, null);
    }

    /** Runs a statement; a write is rolled back after what it did has been read. */
    private static Answer answer(Connection connection, String sql) throws SQLException {
        boolean write = !isRead(sql);
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
        for (String table : DividedShop.TABLES) {
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
            List<Connection> nodes = IntStream.of(many.nodes()).mapToObj(shop.parts::get).toList();
            List<String> rows = new ArrayList<>();
            merges.run(fanOut.merge(), nodes, texts(fanOut, sql, many), new SplittableRandom(seed))
                    .forEach(row -> rows.add(row.toString()));
            sortUnlessOrdered(rows, sql);
            return new Answer(rows, List.of(), null);
        } catch (SQLException | ProxyException e) {
            return new Answer(List.of(), List.of(), e.getMessage());
        }
    }

    /** Each node's text, with its own part of a list of keys. */
    private List<String> texts(Plan.FanOut fanOut, String sql, Destination.Many many) {
        byte[] text = (fanOut.nodeSql() == null ? sql : fanOut.nodeSql()).getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(text, 0, text.length, true);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < many.nodes().length; i++) {
            boolean cut = many.parts() != null && many.parts().changesText(i) && fanOut.cutsText();
            if (cut) {
                count("list cut");
            }
            texts.add(new String(cut
                    ? many.parts().text(i, text, lexed.fingerprint(0), fanOut.nodeSql() == null
                            ? 0
                            : fanOut
                                    .literalShift())
                    : text, StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static void sortUnlessOrdered(List<String> rows, String sql) {
        if (sql.lastIndexOf(" ORDER BY 1") <= sql.lastIndexOf(')')) {
            rows.sort(null);
        }
    }
}
