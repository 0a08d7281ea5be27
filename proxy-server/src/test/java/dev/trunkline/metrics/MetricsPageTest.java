package dev.trunkline.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.admin.AdminFixture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** docs/metrics.md, the dashboard and the alert rules speak of what a running proxy exports, and leave nothing out. */
@Timeout(300)
class MetricsPageTest {

    private static final Path CONF = Path.of("..", "conf");
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_0-9]+)(?:\\{(.*)})? ");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=(\"[^\"]*\")");
    /** A metric in PromQL, with what it is restricted to. */
    private static final Pattern USE = Pattern
            .compile("\\b((?:trunkline|jvm|process|system)_[a-z_0-9]+)(?:\\{([^}]*)})?");
    private static final Pattern GROUPING = Pattern.compile("by \\(([^)]*)\\)");

    private static AdminFixture fixture;
    private static String scrape;
    /** By name as it is queried, the labels. */
    private static final Map<String, Set<String>> EXPORTED = new TreeMap<>();

    @BeforeAll
    static void scrapeAfterSomeStatements() throws Exception {
        fixture = new AdminFixture();
        try (Connection client = fixture.client()) {
            AdminFixture.rows(client, "SELECT count(*) FROM kv");
            AdminFixture.rows(client, "SELECT v FROM kv WHERE k = 1");
            scrape = get("/metrics");
        }
        scrape.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            Matcher sample = SAMPLE.matcher(line);
            assertTrue(sample.find(), line);
            Set<String> labels = EXPORTED.computeIfAbsent(sample.group(1), name -> new TreeSet<>());
            if (sample.group(2) != null) {
                LABEL.matcher(sample.group(2)).results().forEach(label -> labels.add(label.group(1)));
            }
        });
    }

    private static String get(String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + fixture.proxy.monitoringPort() + path);
            return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        fixture.close();
    }

    /** A metric's family: a histogram has three names. */
    private static String family(String name) {
        return name.replaceFirst("(_seconds)_(bucket|count|sum)$", "$1");
    }

    @Test
    void thePageListsEveryMetricWithItsLabels() throws IOException {
        Map<String, Set<String>> families = new TreeMap<>();
        EXPORTED.forEach((name, labels) -> {
            if (name.startsWith("trunkline_")) {
                families.computeIfAbsent(family(name), f -> new TreeSet<>()).addAll(labels);
            }
        });
        Map<String, Set<String>> listed = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "metrics.md"))) {
            String[] cells = line.split("\\|");
            if (line.startsWith("| `trunkline_")) {
                Set<String> labels = new TreeSet<>();
                Pattern.compile("`([^`]+)`").matcher(cells[3]).results().forEach(label -> labels.add(label.group(1)));
                listed.put(cells[1].strip().replace("`", ""), labels);
                assertTrue(scrape.contains("# TYPE " + cells[1].strip().replace("`", "") + " " + cells[2].strip()),
                        line);
            }
        }
        assertEquals(families, listed);
        Set<String> others = new TreeSet<>();
        EXPORTED.keySet().stream().filter(name -> !name.matches("(trunkline|jvm|process|system)_.*"))
                .forEach(others::add);
        assertEquals(Set.of(), others);
    }

    @Test
    void theNamesThatOthersRelyOnAreThere() {
        Map<String, String> pinned = Map.of("trunkline_statements_total", "database,routing,outcome",
                "trunkline_statement_seconds_bucket", "database,routing", "trunkline_fanout_total", "database,reason",
                "trunkline_pool_connections", "database,node,user,state", "trunkline_clients", "database,state",
                "trunkline_plan_cache_total", "result", "trunkline_node_bytes_total", "node,direction",
                "trunkline_node_up", "database,node", "trunkline_build_info", "");
        pinned.forEach((name, labels) -> {
            assertTrue(EXPORTED.containsKey(name), name);
            assertTrue(labels.isEmpty() || EXPORTED.get(name).containsAll(Arrays.asList(labels.split(","))), name);
        });
    }

    @Test
    void noLabelIsUnbounded() throws Exception {
        long before = scrape.lines().count();
        try (Connection client = fixture.client()) {
            for (int i = 0; i < 50; i++) {
                AdminFixture.rows(client, "SELECT v AS c" + i + " FROM kv WHERE v > 'x" + i + "'");
            }
            String after = get("/metrics");
            assertFalse(after.contains("select"), "no statement's text");
            assertTrue(after.lines().count() < before + 30, "as many series as before, whatever clients send");
        }
        for (String line : scrape.lines().filter(l -> l.startsWith("trunkline_fanout_total")).toList()) {
            assertEquals("trunkline_fanout_total{database=\"" + fixture.database + "\",reason=\"missing_key\"} 1.0",
                    line);
        }
    }

    @Test
    void whatIsCountedIsCounted() {
        String database = "database=\"" + fixture.database + "\"";
        assertTrue(value("trunkline_node_bytes_total{" + database + ",direction=\"from_node\",node=\"b\"}") > 0);
        assertTrue(value("trunkline_plan_cache_total{" + database + ",result=\"miss\"}") >= 2);
        assertEquals(1, value("trunkline_statements_total{" + database + ",outcome=\"ok\",routing=\"fan-out\"}"));
        assertEquals(1, value("trunkline_statement_seconds_count{" + database + ",routing=\"one-node\"}"));
        assertEquals(1, value("trunkline_clients{" + database + ",state=\"idle\"}"));
        assertEquals(1,
                value("trunkline_pool_connections{" + database + ",node=\"b\",state=\"idle\",user=\"postgres\"}"));
    }

    private static double value(String series) {
        return scrape.lines().filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1))).findFirst()
                .orElseThrow(() -> new AssertionError("no " + series + " in\n" + scrape));
    }

    @Test
    void theDashboardAsksForWhatIsThere() throws IOException {
        JsonNode dashboard = new ObjectMapper().readTree(Files.readString(CONF.resolve("grafana/trunkline.json")));
        Set<String> used = new LinkedHashSet<>();
        int panels = 0;
        for (JsonNode panel : dashboard.get("panels")) {
            panels++;
            assertFalse(panel.get("title").asString().isBlank());
            for (JsonNode target : panel.get("targets")) {
                used.addAll(check(target.get("expr").asString()));
                Matcher legend = Pattern.compile("\\{\\{(\\w+)}}").matcher(target.get("legendFormat").asString());
                while (legend.find()) {
                    String label = legend.group(1);
                    assertTrue(EXPORTED.values().stream().anyMatch(labels -> labels.contains(label)), label);
                }
            }
        }
        assertTrue(panels >= 10);
        Set<String> ours = new TreeSet<>();
        EXPORTED.keySet().stream().filter(name -> name.startsWith("trunkline_")).map(MetricsPageTest::family)
                .forEach(ours::add);
        used.stream().map(MetricsPageTest::family).forEach(ours::remove);
        assertEquals(Set.of(), ours, "metrics that the dashboard leaves out");
    }

    @Test
    void theAlertsAskForWhatIsThere() throws IOException {
        String rules = Files.readString(CONF.resolve("prometheus/alerts.yaml"));
        List<String> expressions = Pattern.compile("expr: (?:\\|\\n((?: {10,}.*\\n)+)|(.*)\\n)").matcher(rules)
                .results()
                .map(m -> m.group(1) != null ? m.group(1) : m.group(2)).toList();
        assertEquals(Pattern.compile("- alert: Trunkline").matcher(rules).results().count(), expressions.size());
        expressions.stream().filter(e -> !e.startsWith("up{")).forEach(e -> assertFalse(check(e).isEmpty(), e));
    }

    /** Every metric and label of an expression exists; gives the metrics. */
    private static Set<String> check(String expression) {
        Set<String> metrics = new LinkedHashSet<>();
        Set<String> labels = new TreeSet<>();
        Matcher use = USE.matcher(expression);
        while (use.find()) {
            String name = use.group(1);
            assertTrue(EXPORTED.containsKey(name), name + " is not exported: " + expression);
            metrics.add(name);
            labels.addAll(EXPORTED.get(name));
            if (use.group(2) != null) {
                Matcher label = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"").matcher(use.group(2));
                while (label.find()) {
                    String key = label.group(1);
                    assertTrue(EXPORTED.get(name).contains(key), name + " has no label " + key);
                    for (String value : label.group(2).split("\\|")) {
                        String series = key + "=\"" + value + "\"";
                        assertTrue(value.equals("$database") || scrape.contains(series), series + ": " + expression);
                    }
                }
            }
        }
        Matcher grouping = GROUPING.matcher(expression);
        while (grouping.find()) {
            for (String label : grouping.group(1).split(",")) {
                assertTrue(labels.contains(label.strip()), "no label " + label + ": " + expression);
            }
        }
        return metrics;
    }
}
