package dev.trunkline.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfigurationTest {

    private static Configuration parse(String text) throws ConfigurationException {
        return Configuration.parse("trunkline.yaml", text,
                Map.of("HOST", "db.example.org", "EMPTY", "", "PASSWORD", "p:{}#,")::get);
    }

    @Test
    void aSmallFileHasTheDocumentedDefaults() throws ConfigurationException {
        Configuration c = parse("""
                databases:
                  shop:
                    nodes:
                      only: { primary: localhost }
                users:
                  app: { admin: true }
                """);
        assertEquals(new ListenConfig("127.0.0.1", 6432, 0, false, null), c.listen());
        assertEquals(new MonitoringConfig("127.0.0.1", 9432), c.monitoring());
        assertEquals(TlsConfig.Mode.OFF, c.tls().mode());
        DatabaseConfig shop = c.databases().get("shop");
        assertEquals(256, shop.virtualShards());
        assertEquals(FanOutPolicy.WARN, shop.fanOut());
        assertEquals(DatabaseConfig.FanOutWarning.ONCE_PER_SESSION, shop.fanOutWarning());
        assertEquals(PoolConfig.DEFAULT, shop.pool());
        assertEquals(Collections.nCopies(256, 0), shop.shardOwners());
        NodeConfig node = shop.node("only");
        assertEquals(new HostPort("localhost", 5432), node.primary());
        assertEquals("shop", node.database());
        assertEquals(new Login("app", null), c.controlLogin(shop, node));
        assertEquals(Duration.ofSeconds(30), c.limits().authenticationTimeout());
        assertEquals(256 << 20, c.limits().messageSize());
    }

    @Test
    void theMapTakesRangesListsAndSingleShards() throws ConfigurationException {
        DatabaseConfig shop = parse("""
                databases:
                  shop:
                    virtualShards: 16
                    nodes: { a: { primary: "[::1]:5433" }, b: { primary: "h:5434" }, c: { primary: "h:5435" } }
                    shardMap: { b: "0-3, 9", a: [4-8, 10], c: 11-15 }
                users: { app: { admin: full } }
                """).databases().get("shop");
        assertEquals(List.of(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 2, 2, 2, 2, 2), shop.shardOwners());
        assertEquals(List.of("a", "b", "c"), shop.nodes().stream().map(NodeConfig::name).toList());
        assertEquals("[::1]:5433", shop.node("a").primary().toString());
    }

    @Test
    void tablesKnowTheirColocationGroup() throws ConfigurationException {
        Map<String, TableConfig> tables = parse("""
                databases:
                  shop:
                    nodes: { a: { primary: "h:1" } }
                    tables:
                      order_items: { shardKey: customer_id, colocatedWith: public.orders, fanOut: reject }
                      public.orders: { shardKey: [customer_id], colocatedWith: customers }
                      customers: { shardKey: id }
                      app.notes: { node: a }
                      events: { shardKey: [tenant, id] }
                users: { app: { admin: full } }
                """).databases().get("shop").tables();
        assertEquals(Set.of("order_items", "orders", "customers", "app.notes", "events"), tables.keySet());
        assertEquals("customers", tables.get("order_items").colocationGroup());
        assertEquals("customers", tables.get("orders").colocationGroup());
        assertEquals("customers", tables.get("customers").colocationGroup());
        assertEquals("events", tables.get("events").colocationGroup());
        assertEquals(List.of("tenant", "id"), tables.get("events").shardKey());
        assertNull(tables.get("app.notes").colocationGroup());
        assertEquals(FanOutPolicy.REJECT, tables.get("order_items").fanOut());
    }

    @Test
    void variablesAreReplacedInValuesOnly() throws ConfigurationException {
        Configuration c = parse("""
                listen: { host: "${HOST}", port: "${PORT:-7000}" }
                monitoring: { host: "${EMPTY:-10.0.0.1}" }
                databases: { shop: { nodes: { a: { primary: "${HOST}:${PORT:-5433}" } } } }
                users:
                  app: { admin: full, password: ${PASSWORD} }
                  odd: { password: "a$${HOST}$b" }
                """);
        assertEquals(new ListenConfig("db.example.org", 7000, 0, false, null), c.listen());
        assertEquals("10.0.0.1", c.monitoring().host());
        assertEquals("db.example.org:5433", c.databases().get("shop").node("a").primary().toString());
        assertEquals("p:{}#,", c.users().get("app").password().value());
        assertEquals("a${HOST}$b", c.users().get("odd").password().value());
    }

    @Test
    void valuesThatLookLikeNumbersStayAsWritten() throws ConfigurationException {
        Configuration c = parse(
                """
                        databases: { shop: { nodes: { a: { primary: h } } } }
                        users: { app: { admin: full, password: 007 }, b: { password: 0x1F }, c: { password: true }, d: { password: 1_000 }, e: { password: 1.50 } }
                        """);
        assertEquals(List.of("007", "0x1F", "true", "1_000", "1.50"),
                c.users().values().stream().map(user -> user.password().value()).toList());
    }

    @Test
    void loginsAtTheNodesFollowThePinnedOrder() throws ConfigurationException {
        Configuration c = parse("""
                databases:
                  shop:
                    nodes: { a: { primary: "h:1", user: n, password: np }, b: { primary: "h:2" } }
                    shardMap: { a: 0-127, b: 128-255 }
                  other:
                    control: { user: ctl, password: cp }
                    nodes: { a: { primary: "h:3" } }
                users:
                  plain: { password: pp }
                  mapped: { password: pp, nodeUser: mu, nodePassword: mp }
                  boss: { password: bp, admin: read }
                """);
        DatabaseConfig shop = c.databases().get("shop");
        UserConfig plain = c.users().get("plain");
        UserConfig mapped = c.users().get("mapped");
        assertEquals(new Login("n", new Secret("np")), Configuration.nodeLogin(plain, shop.node("a")));
        assertEquals(new Login("plain", new Secret("pp")), Configuration.nodeLogin(plain, shop.node("b")));
        assertEquals(new Login("mu", new Secret("mp")), Configuration.nodeLogin(mapped, shop.node("a")));
        assertEquals(new Login("n", new Secret("np")), c.controlLogin(shop, shop.node("a")));
        assertEquals(new Login("boss", new Secret("bp")), c.controlLogin(shop, shop.node("b")));
        DatabaseConfig other = c.databases().get("other");
        assertEquals(new Login("ctl", new Secret("cp")), c.controlLogin(other, other.node("a")));
    }

    @Test
    void aUsersPoolChangesWhatItNames() throws ConfigurationException {
        Configuration c = parse("""
                databases: { shop: { nodes: { a: { primary: h } }, pool: { size: 7, mode: session } } }
                users: { app: { admin: full, pool: { size: 3 } }, b: {} }
                """);
        PoolConfig shop = c.databases().get("shop").pool();
        PoolConfig mine = shop.with(c.users().get("app").pool());
        assertEquals(3, mine.size());
        assertEquals(PoolConfig.Mode.SESSION, mine.mode());
        assertEquals(PoolConfig.DEFAULT.waitNotify(), mine.waitNotify());
        assertEquals(PoolConfig.DEFAULT.checkAfterIdle(), mine.checkAfterIdle());
        assertEquals(shop, shop.with(c.users().get("b").pool()));
    }

    @Test
    void problemsFoundLaterStandAtTheirKey() throws ConfigurationException {
        Configuration c = parse("""
                databases:
                  shop:
                    nodes: { a: { primary: h } }
                    tables:
                      app.orders: { shardKey: id }
                users: { app: { admin: full } }
                """);
        assertEquals("trunkline.yaml:5:31: databases.shop.tables.app.orders.shardKey: no such column",
                c.problem(Problem.Severity.ERROR, "no such column", "databases", "shop", "tables", "app.orders",
                        "shardKey").toString());
        assertEquals("trunkline.yaml:5:7: databases.shop.tables.app.orders: warning: odd",
                c.problem(Problem.Severity.WARNING, "odd", "databases", "shop", "tables", "app.orders", "node")
                        .toString());
        assertEquals("trunkline.yaml:1:1: odd",
                c.problem(Problem.Severity.ERROR, "odd", "nowhere").toString());
    }

    @Test
    void quantitiesAreReadAndPrinted() {
        assertEquals(Duration.ofMillis(100), Quantity.duration("100ms"));
        assertEquals(Duration.ofHours(48), Quantity.duration("2d"));
        assertEquals(Duration.ZERO, Quantity.duration("0"));
        assertNull(Quantity.duration("-5s"));
        assertNull(Quantity.duration("5.5s"));
        assertNull(Quantity.duration("999999999999999999d"));
        assertEquals(64L << 10, Quantity.size("64 KB"));
        assertNull(Quantity.size("64"));
        assertEquals("90s", Quantity.format(Duration.ofSeconds(90)));
        assertEquals("1500ms", Quantity.format(Duration.ofMillis(1500)));
        assertEquals("1GB", Quantity.format(1 << 30));
    }

    @Test
    void neighboursThatChangedPlacesAreOneMistake() {
        assertEquals(1, Spelling.distance("wran", "warn"));
        assertEquals(2, Spelling.distance("abc", "ca b".replace(" ", "")));
        assertEquals(3, Spelling.distance("kitten", "sitting"));
        assertEquals(4, Spelling.distance("", "four"));
        assertNull(Spelling.nearest("x", List.of("y")));
        assertEquals("shardKey", Spelling.nearest("shard_key", List.of("node", "shardKey")));
    }

    private static Path repository(String file) {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("conf/trunkline.yaml"))) {
            here = here.getParent();
        }
        return here.resolve(file);
    }

    @Test
    void theSampleFileLoadsAndShowsEveryKeyWithItsDefault() throws IOException, ConfigurationException {
        String text = Files.readString(repository("conf/trunkline.yaml"));
        Configuration c = Configuration.parse("trunkline.yaml", text,
                Map.of("APP_PASSWORD", "x", "OPERATOR_PASSWORD", "y")::get);
        assertEquals(List.of(), c.warnings());

        Problems problems = new Problems("trunkline.yaml");
        YamlValue.Mapping all = new YamlReader(problems).read(text.replaceAll("(?m)^( *)#(?=[A-Za-z])", "$1"));
        assertEquals(List.of(), problems.all());
        Map<String, Set<String>> shown = new TreeMap<>();
        collect(all, "", Configuration.keys().stream().map(KeyFact::path).toList(), shown);
        for (KeyFact key : Configuration.keys()) {
            Set<String> values = shown.remove(key.path());
            assertTrue(values != null, key.path() + " is not in conf/trunkline.yaml");
            assertTrue(key.defaultText().isEmpty() || values.contains(key.defaultText()),
                    key.path() + " is shown as " + values + ", its default is " + key.defaultText());
        }
        assertEquals(Map.of(), shown, "conf/trunkline.yaml shows keys that don't exist");
    }

    /** The values by pattern of path; a name that the user chooses is the {@code *} of a pattern. */
    private static void collect(YamlValue.Mapping mapping, String pattern, List<String> patterns,
            Map<String, Set<String>> shown) {
        for (YamlValue.Entry entry : mapping.entries()) {
            String named = Problems.join(pattern, entry.key());
            String starred = Problems.join(pattern, "*");
            boolean chosen = patterns.stream().anyMatch(p -> p.equals(starred) || p.startsWith(starred + "."));
            String path = chosen ? starred : named;
            if (entry.value() instanceof YamlValue.Mapping below && !patterns.contains(path)) {
                collect(below, path, patterns, shown);
            } else {
                String value = entry.value() instanceof YamlValue.Scalar scalar ? scalar.text() : "";
                shown.computeIfAbsent(path, p -> new TreeSet<>()).add(value);
            }
        }
    }

    @Test
    void thePageListsEveryKeyWithTypeAndDefault() throws IOException {
        List<String> rows = Files.readAllLines(repository("docs/configuration.md")).stream()
                .filter(line -> line.startsWith("| `")).toList();
        List<String> expected = new ArrayList<>();
        for (KeyFact key : Configuration.keys()) {
            expected.add("| `" + key.path() + "` | " + key.type().replace("|", "\\|") + " | " + key.defaultText()
                    + " |");
        }
        for (int i = 0; i < expected.size(); i++) {
            String row = i < rows.size() ? rows.get(i) : "";
            String key = expected.get(i);
            assertTrue(row.startsWith(key), "expected in docs/configuration.md: " + key + "\nfound: " + row);
        }
        assertEquals(expected.size(), rows.size());
    }
}
