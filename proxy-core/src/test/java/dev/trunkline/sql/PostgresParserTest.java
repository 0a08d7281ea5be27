package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Our parser against PostgreSQL's own (libpg_query): what statements refer to, and the trees of random operator chains.
 * Needs node and the npm package: {@code npm install --prefix proxy-core/target/libpg-query libpg-query}.
 */
class PostgresParserTest {

    private static final Path MODULES = Path.of(System.getProperty("trunkline.libpg-query", "target/libpg-query"),
            "node_modules");
    private static final Pattern ROWS = Pattern.compile("(Select|SelectInto|Insert|Update|Delete|Merge|Explain)Stmt");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SqlParser parser = new SqlParser();

    @Test
    void statementsReferToTheSameThings() throws IOException, InterruptedException {
        List<String> statements = new ArrayList<>();
        try (var corpus = getClass().getResourceAsStream("/dev/trunkline/sql/applications.sql")) {
            assertTrue(corpus != null);
            statements.addAll(Corpus.statements(new String(corpus.readAllBytes(), StandardCharsets.UTF_8)));
        }
        for (String file : List.of("oltp.jsonl", "regress-half.jsonl")) {
            Path path = Path.of(System.getProperty("trunkline.shared", "../../shared"), "data", file);
            if (Files.exists(path)) {
                for (String line : Files.readAllLines(path)) {
                    JsonNode example = JSON.readTree(line);
                    if (ROWS.matcher(example.get("kind").asString()).matches()) {
                        statements.add(example.get("sql").asString());
                    }
                }
            }
        }
        List<JsonNode> theirs = ask(statements.stream().map(s -> Map.of("sql", s)).toList());
        List<String> different = new ArrayList<>();
        int compared = 0;
        for (int i = 0; i < statements.size(); i++) {
            Statement statement = parser.parse(statements.get(i));
            if (theirs.get(i).has("error") || !ROWS.matcher(statement.kind()).matches()) {
                continue;
            }
            compared++;
            String difference = References.of(statements.get(i), statement).difference(theirs.get(i));
            if (difference != null) {
                different.add(difference + " in " + statements.get(i).replaceAll("\\s+", " "));
            }
        }
        System.out.println("compared " + compared + ", different " + different.size());
        different.forEach(System.out::println);
        assertEquals(List.of(), different);
    }

    @Test
    void operatorsBindAsInPostgres() throws IOException, InterruptedException {
        Random random = new Random(20260101);
        List<String> expressions = new ArrayList<>();
        for (int i = 0; i < 8000; i++) {
            expressions.add(RandomExpression.next(random));
        }
        List<JsonNode> theirs = ask(expressions.stream().map(e -> Map.of("expression", e)).toList());
        List<String> different = new ArrayList<>();
        int same = 0;
        int refused = 0;
        for (int i = 0; i < expressions.size(); i++) {
            String ours = RandomExpression.tree(parser, expressions.get(i));
            boolean invalid = theirs.get(i).has("error");
            if (invalid) {
                refused++;
            } else if (theirs.get(i).get("tree").asString().equals(ours)) {
                same++;
            } else {
                different.add(expressions.get(i) + ": " + theirs.get(i).get("tree").asString() + " ours " + ours);
            }
        }
        System.out.println("same " + same + ", refused by PostgreSQL " + refused + ", different " + different.size());
        different.stream().limit(50).forEach(System.out::println);
        assertEquals(List.of(), different);
        assertTrue(same > 4000);
    }

    private static List<JsonNode> ask(List<? extends Map<String, String>> requests)
            throws IOException, InterruptedException {
        assumeTrue(Files.isDirectory(MODULES.resolve("libpg-query")),
                "skipped: no libpg-query in " + MODULES.toAbsolutePath());
        ProcessBuilder builder = new ProcessBuilder("node",
                Path.of("src/test/node/facts.cjs").toAbsolutePath().toString());
        builder.environment().put("NODE_PATH", MODULES.toAbsolutePath().toString());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process node;
        try {
            node = builder.start();
        } catch (IOException e) {
            assumeTrue(false, "skipped: no node");
            throw e;
        }
        Thread writer = Thread.ofPlatform().start(() -> {
            try (BufferedWriter out = new BufferedWriter(
                    new OutputStreamWriter(node.getOutputStream(), StandardCharsets.UTF_8))) {
                for (Map<String, String> request : requests) {
                    out.write(JSON.writeValueAsString(request));
                    out.newLine();
                }
            } catch (IOException e) {
                node.destroy();
            }
        });
        List<JsonNode> answers = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                answers.add(JSON.readTree(line));
            }
        }
        writer.join();
        assertEquals(0, node.waitFor());
        assertEquals(requests.size(), answers.size());
        return answers;
    }
}
