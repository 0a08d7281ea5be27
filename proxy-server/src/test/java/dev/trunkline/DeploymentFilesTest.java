package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.plan.OfflineExplain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The files below conf that deploy the proxy name ports, paths, commands and keys that exist. */
class DeploymentFilesTest {

    private static final Path ROOT = root();
    private static final YAMLMapper YAML = new YAMLMapper();

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("conf")) ? here : here.getParent();
    }

    private static String text(String file) throws IOException {
        return Files.readString(ROOT.resolve(file));
    }

    /** Replaces every variable, and fails for one that the deployment doesn't set. */
    private static Configuration configuration(String text, Set<String> variables) throws Exception {
        Configuration configuration = Configuration.parse("deployed.yaml", text,
                name -> variables.contains(name) ? "secret" : null);
        assertEquals(List.of(), configuration.warnings());
        return configuration;
    }

    private static void understood(List<String> command) {
        CommandLine.ParseResult parsed = Main.commandLine().parseArgs(command.toArray(String[]::new));
        assertEquals(List.of(), parsed.errors());
        assertTrue(parsed.hasSubcommand());
    }

    @Test
    void theComposeFileFits() throws Exception {
        JsonNode services = YAML.readTree(text("conf/compose/compose.yaml")).get("services");
        Configuration configuration = configuration(text("conf/compose/trunkline.yaml"),
                names(services.at("/trunkline/environment")));
        DatabaseConfig shop = configuration.databases().get("shop");
        Set<String> nodes = new TreeSet<>();
        shop.nodes().forEach(node -> {
            assertEquals(5432, node.primary().port());
            nodes.add(node.primary().host());
        });
        Set<String> expected = new TreeSet<>(nodes);
        expected.addAll(Set.of("trunkline", "prometheus", "grafana"));
        assertEquals(expected, new TreeSet<>(services.propertyNames()));
        assertEquals(nodes, names(services.at("/trunkline/depends_on")));
        assertEquals(List.of("127.0.0.1:6432:" + configuration.listen().port(),
                "127.0.0.1:9432:" + configuration.monitoring().port()), texts(services.at("/trunkline/ports")));
        assertTrue(seconds(services.at("/trunkline/stop_grace_period").asString()) > configuration.limits()
                .drainTimeout().toSeconds());
        for (JsonNode service : services) {
            for (JsonNode volume : service.path("volumes")) {
                String source = volume.asString().split(":")[0];
                assertTrue(Files.isRegularFile(ROOT.resolve("conf/compose").resolve(source)), source);
            }
        }
        // Every table of the file is in the schema that the nodes begin with, and its keys are usable.
        assertNotNull(OfflineExplain.of(configuration, shop, text("conf/compose/schema.sql")));
        JsonNode scraping = YAML.readTree(text("conf/compose/prometheus.yaml"));
        assertEquals("trunkline", scraping.at("/scrape_configs/0/job_name").asString());
        assertEquals("trunkline:" + configuration.monitoring().port(),
                scraping.at("/scrape_configs/0/static_configs/0/targets/0").asString());
        assertTrue(text("conf/prometheus/alerts.yaml").contains("up{job=\"trunkline\"}"));
        String dashboards = YAML.readTree(text("conf/compose/grafana/dashboards.yaml"))
                .at("/providers/0/options/path").asString();
        assertTrue(texts(services.at("/grafana/volumes")).stream().anyMatch(volume -> volume.contains(dashboards)));
        assertEquals("http://prometheus:9090", YAML.readTree(text("conf/compose/grafana/datasource.yaml"))
                .at("/datasources/0/url").asString());
    }

    @Test
    void theKubernetesManifestFits() throws Exception {
        List<JsonNode> documents = new ArrayList<>();
        for (String document : text("conf/kubernetes/trunkline.yaml").split("\n---\n")) {
            documents.add(YAML.readTree(document));
        }
        JsonNode map = documents.get(0);
        JsonNode pod = documents.get(1).at("/spec/template/spec");
        JsonNode container = pod.at("/containers/0");
        Set<String> variables = new TreeSet<>();
        container.get("env").forEach(variable -> {
            variables.add(variable.get("name").asString());
            assertEquals("trunkline", variable.at("/valueFrom/secretKeyRef/name").asString());
        });
        Configuration configuration = configuration(map.at("/data/trunkline.yaml").asString(), variables);
        List<String> command = texts(container.get("args"));
        understood(command);
        assertEquals(container.at("/volumeMounts/0/mountPath").asString() + "/" + "trunkline.yaml", command.getLast());
        assertEquals(map.at("/metadata/name").asString(), pod.at("/volumes/0/configMap/name").asString());
        assertEquals(configuration.listen().port(), container.at("/ports/0/containerPort").asInt());
        assertEquals(configuration.monitoring().port(), container.at("/ports/1/containerPort").asInt());
        String monitoring = container.at("/ports/1/name").asString();
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            assertEquals(monitoring, container.at("/" + probe + "/httpGet/port").asString());
            assertEquals(probe.equals("readinessProbe") ? "/ready" : "/health",
                    container.at("/" + probe + "/httpGet/path").asString());
        }
        long preStop = Long.parseLong(texts(container.at("/lifecycle/preStop/exec/command")).getLast());
        assertTrue(pod.get("terminationGracePeriodSeconds").asLong() > preStop
                + configuration.limits().drainTimeout().toSeconds());
        assertEquals(documents.get(1).at("/spec/template/metadata/labels"), documents.get(2).at("/spec/selector"));
        assertEquals(documents.get(1).at("/spec/selector/matchLabels"), documents.get(2).at("/spec/selector"));
        for (JsonNode port : documents.get(2).at("/spec/ports")) {
            assertTrue(container.get("ports").toString().contains(port.get("targetPort").toString()));
        }
        assertTrue(text("Dockerfile").contains("USER " + pod.at("/securityContext/runAsUser").asInt()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"trunkline.service", "trunkline@.service"})
    void theUnitFits(String file) throws Exception {
        String unit = text("conf/systemd/" + file);
        List<String> command = List.of(value(unit, "ExecStart").split(" "));
        assertEquals("/opt/trunkline/scripts/trunkline", command.getFirst());
        assertTrue(Files.isExecutable(ROOT.resolve("scripts/trunkline")));
        understood(command.subList(1, command.size()));
        Configuration defaults = Configuration.parse("sample.yaml", text("conf/trunkline.yaml"), name -> "x");
        assertTrue(Long.parseLong(value(unit, "TimeoutStopSec")) > defaults.limits().drainTimeout().toSeconds());
        assertEquals("SIGTERM", value(unit, "KillSignal"));
        assertEquals(Main.PROBLEMS + " " + Main.USAGE, value(unit, "RestartPreventExitStatus"));
    }

    /** The two that take over from each other differ from the single one in nothing else. */
    @Test
    void theUnitsAgree() throws Exception {
        assertEquals(keys("conf/systemd/trunkline.service"),
                keys("conf/systemd/trunkline@.service").stream().filter(line -> !line.startsWith("RuntimeDirectory"))
                        .map(line -> line.replace(" (%i)", "")).toList());
    }

    private static List<String> keys(String unit) throws Exception {
        return text(unit).lines().filter(line -> line.contains("=") && !line.startsWith("#")).toList();
    }

    @Test
    void theImageFits() throws Exception {
        String file = text("Dockerfile");
        Matcher copied = Pattern.compile("COPY --from=build (.*) /opt/trunkline/(.*)").matcher(file);
        while (copied.find()) {
            for (String source : copied.group(1).split(" ")) {
                String path = source.replaceFirst("^/src/", "");
                assertTrue(path.startsWith("proxy-server/target/") || Files.exists(ROOT.resolve(path)), path);
                assertTrue(path.startsWith(copied.group(2).replaceFirst("/$", "")), path);
            }
        }
        Matcher start = Pattern.compile("CMD \\[\"serve\", \"-c\", \"(.*)\"]").matcher(file);
        assertTrue(start.find());
        assertEquals("/etc/trunkline/trunkline.yaml", start.group(1));
        Configuration defaults = Configuration.parse("sample.yaml", text("conf/trunkline.yaml"), name -> "x");
        assertTrue(file.contains("EXPOSE " + defaults.listen().port() + " " + defaults.monitoring().port()));
        assertTrue(file.contains("/dev/tcp/127.0.0.1/" + defaults.monitoring().port() + " && printf 'GET /health "));
    }

    private static String value(String unit, String key) {
        Matcher line = Pattern.compile("^" + key + "=(.*)$", Pattern.MULTILINE).matcher(unit);
        assertTrue(line.find(), key);
        return line.group(1);
    }

    private static long seconds(String duration) {
        return Long.parseLong(duration.replaceFirst("s$", ""));
    }

    private static Set<String> names(JsonNode node) {
        return new TreeSet<>(node.propertyNames());
    }

    private static List<String> texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        node.forEach(each -> texts.add(each.asString()));
        return texts;
    }
}
