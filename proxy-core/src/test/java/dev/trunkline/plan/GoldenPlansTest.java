package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.route.RoutingHint;
import dev.trunkline.sql.SqlParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Plans as text files by topic, {@code src/test/resources/plans/*.txt}. A case is
 *
 * <pre>
 * # what it shows, naming the rule
 * &#64;one-node
 * select * from customers where id = 7
 * =>
 * the plan, written by the test
 * </pre>
 *
 * The {@code @} line is what a human expects: the routing, and for a refusal its SQLSTATE. It is checked by itself, so that
 * accepting a new plan can't hide a wrong one. Further directives before a case's SQL: {@code @temp a, b} (the session's temp
 * tables), {@code @search_path a, b}, {@code @hint key} (what the session's routing hint names), {@code @single} (the database with one node). A failing file is written anew under
 * target/plans, with the command that accepts it.
 */
class GoldenPlansTest {

    private static final Path FOLDER = Path.of("src/test/resources/plans");
    private static final Set<String> ROUTINGS = Set.of("one-node", "multi-key", "fan-out", "any-node", "home", "local",
            "no-node", "refused");

    private static final Catalog SHOP = TestCatalogs.shop();
    private static final Catalog SINGLE = TestCatalogs.single();

    /** One case as written. */
    private record Case(List<String> head, String expected, String sqlState, PlanKey key, boolean single, String sql) {}

    @TestFactory
    Stream<DynamicTest> plansByTopic() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<Path> sorted = files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
            return sorted.stream().map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)));
        }
    }

    @Test
    void everyTopicTogetherIsAtLeastThreeHundredCases() throws IOException {
        int cases = 0;
        Set<String> statements = new HashSet<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.toList()) {
                for (Case c : read(file)) {
                    cases++;
                    assertTrue(statements.add(c.key() + (c.single() ? "1" : "4") + c.sql()), "twice: " + c.sql());
                }
            }
        }
        assertTrue(cases >= 300, cases + " cases");
    }

    private static void check(Path file) throws IOException {
        List<Case> cases = read(file);
        StringBuilder written = new StringBuilder();
        List<String> wrong = new ArrayList<>();
        Planner planner = new Planner(new SqlParser());
        for (Case c : cases) {
            StatementPlan plan = planner.plan(c.sql(), c.key(), c.single() ? SINGLE : SHOP);
            c.head().forEach(line -> written.append(line).append('\n'));
            written.append(c.sql()).append("\n=>\n").append(print(plan)).append("\n");
            String got = plan.routing().text() + (plan.refusal() == null ? "" : " " + plan.refusal().sqlState());
            String expected = c.expected() + (c.sqlState() == null ? "" : " " + c.sqlState());
            if (!got.equals(expected)) {
                wrong.add("expected " + expected + ", got " + got + ": " + c.sql() + "\n" + print(plan));
            }
        }
        String old = Files.readString(file);
        if (!wrong.isEmpty()) {
            fail(wrong.size() + " of " + cases.size() + " in " + file + "\n" + String.join("\n", wrong));
        }
        if (!written.toString().equals(old)) {
            Path target = Path.of("target/plans").resolve(file.getFileName());
            Files.createDirectories(target.getParent());
            Files.writeString(target, written);
            fail("other plans; to accept: cp " + target.toAbsolutePath() + " " + file.toAbsolutePath());
        }
    }

    private static String print(StatementPlan plan) {
        StringBuilder text = new StringBuilder();
        text.append(plan.access().mode().name().toLowerCase().replace('_', ' ')).append(": ")
                .append(plan.access().reason())
                .append('\n');
        if (!plan.effects().isEmpty()) {
            text.append("effects: ").append(new TreeSet<>(plan.effects())).append('\n');
        }
        if (plan.sequences() != SequenceUse.NONE) {
            text.append("sequences: ").append(plan.sequences()).append('\n');
        }
        if (plan.action() != null && !(plan.root() instanceof Plan.LocalReply)) {
            text.append("action: ").append(plan.action()).append('\n');
        }
        if (!plan.guards().isEmpty()) {
            text.append("guards: ").append(plan.guards()).append('\n');
        }
        return text.append(plan.root().describe()).append('\n').toString();
    }

    private static List<Case> read(Path file) throws IOException {
        List<Case> cases = new ArrayList<>();
        List<String> head = new ArrayList<>();
        List<String> sql = new ArrayList<>();
        String expected = null;
        String sqlState = null;
        List<String> searchPath = List.of("public");
        Set<String> temp = Set.of();
        boolean single = false;
        RoutingHint.Kind hints = RoutingHint.Kind.NONE;
        boolean plan = false;
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.add("");
        for (String line : lines) {
            if (plan) {
                if (line.isEmpty()) {
                    cases.add(new Case(head, expected, sqlState, new PlanKey(searchPath, temp, true, hints), single,
                            String.join("\n", sql)));
                    head = new ArrayList<>();
                    sql = new ArrayList<>();
                    expected = null;
                    sqlState = null;
                    searchPath = List.of("public");
                    temp = Set.of();
                    single = false;
                    hints = RoutingHint.Kind.NONE;
                    plan = false;
                }
            } else if (line.equals("=>")) {
                assertTrue(expected != null && !sql.isEmpty(), file + ": a case without expectation or SQL: " + sql);
                plan = true;
            } else if (sql.isEmpty() && (line.isEmpty() || line.startsWith("#"))) {
                head.add(line);
            } else if (sql.isEmpty() && line.startsWith("@")) {
                head.add(line);
                String[] words = line.substring(1).split("\\s+", 2);
                if (ROUTINGS.contains(words[0])) {
                    expected = words[0];
                    sqlState = words.length > 1 ? words[1] : null;
                } else {
                    switch (words[0]) {
                        case "temp" -> temp = Set.copyOf(list(words[1]));
                        case "search_path" -> searchPath = list(words[1]);
                        case "single" -> single = true;
                        case "hint" -> hints = RoutingHint.Kind.valueOf(words[1].toUpperCase());
                        default -> fail(file + ": unknown directive " + line);
                    }
                }
            } else {
                sql.add(line);
            }
        }
        assertTrue(sql.isEmpty(), file + ": a case without plan: " + sql);
        return cases;
    }

    private static List<String> list(String text) {
        return Arrays.stream(text.split(",")).map(String::strip).toList();
    }
}
