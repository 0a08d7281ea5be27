package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The statements of ../shared/data beside the repository (or -Dtrunkline.shared), with what PostgreSQL's own parser says of
 * them. They can't be committed, so the test is skipped where they are missing.
 */
class DataFilesTest {

    private static final Pattern ROWS = Pattern.compile("(Select|Insert|Update|Delete|Merge|Explain)Stmt");

    private final SqlParser parser = new SqlParser();
    private int rows;
    private int rowsParsed;
    private int others;
    private int othersParsed;
    private int facts;
    private final List<String> wrong = new ArrayList<>();

    @Test
    void statementsOfApplicationsAllParse() throws IOException {
        check("oltp.jsonl");
        assertEquals(rows, rowsParsed);
        assertEquals(others, othersParsed);
        assertTrue(facts > 90, "facts compared: " + facts);
    }

    @Test
    void statementsOfTheRegressionSuiteParse() throws IOException {
        check("regress-half.jsonl");
        assertTrue(rowsParsed >= 0.999 * rows, rowsParsed + " of " + rows);
        assertTrue(othersParsed >= 0.999 * others, othersParsed + " of " + others);
        assertTrue(facts > 1500, "facts compared: " + facts);
    }

    private void check(String file) throws IOException {
        Path path = Path.of(System.getProperty("trunkline.shared", "../../shared"), "data", file);
        assumeTrue(Files.exists(path), "skipped: " + path.toAbsolutePath().normalize() + " is not there");
        ObjectMapper json = new ObjectMapper();
        for (String line : Files.readAllLines(path)) {
            if (!line.isBlank()) {
                check(json.readTree(line));
            }
        }
        System.out.printf("%s: rows %d of %d, others %d of %d, facts %d, different %d%n", file, rowsParsed, rows,
                othersParsed, others, facts, wrong.size());
        wrong.forEach(System.out::println);
        assertEquals(List.of(), wrong);
    }

    private void check(JsonNode example) {
        String sql = example.get("sql").asString();
        String kind = example.get("kind").asString();
        Statement statement = parser.parse(sql);
        boolean same = statement.kind().equals(kind);
        if (ROWS.matcher(kind).matches()) {
            rows++;
            rowsParsed += same ? 1 : 0;
        } else {
            others++;
            othersParsed += same ? 1 : 0;
        }
        if (!same) {
            System.out.println(kind + " is " + statement.kind() + ": " + sql.replaceAll("\\s+", " "));
        }
        if (!same && !(statement instanceof Statement.Unknown)) {
            wrong.add(kind + " taken for " + statement.kind() + ": " + sql);
        }
        if (same && example.has("facts")) {
            facts++;
            String ours = StatementFacts.of(sql, statement);
            if (!example.get("facts").asString().equals(ours)) {
                wrong.add(example.get("facts").asString() + " but ours " + ours + ": " + sql);
            }
        }
    }
}
