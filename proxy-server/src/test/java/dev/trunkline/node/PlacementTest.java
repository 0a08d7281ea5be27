package dev.trunkline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.RunningProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Keys placed by range, by list and by pins over three nodes: rows lie where the file says, statements see them all, the map
 * lists their virtual shards, and the checks know what is wrong with a file or with a row.
 */
@Timeout(300)
class PlacementTest {

    private static final String DDL = """
            CREATE TABLE events (day date NOT NULL, n int NOT NULL);
            CREATE TABLE visits (at date NOT NULL, n int NOT NULL);
            CREATE TABLE moments (at timestamptz NOT NULL, n int NOT NULL);
            CREATE TABLE shops (country text NOT NULL, n int NOT NULL);
            CREATE TABLE strict (code int4 NOT NULL, n int NOT NULL);
            CREATE TABLE customers (id int8 NOT NULL, n int NOT NULL);
            CREATE TABLE pairs (a int4 NOT NULL, b text NOT NULL, n int NOT NULL);
            ALTER TABLE events REPLICA IDENTITY FULL; ALTER TABLE visits REPLICA IDENTITY FULL;
            ALTER TABLE moments REPLICA IDENTITY FULL; ALTER TABLE shops REPLICA IDENTITY FULL;
            ALTER TABLE strict REPLICA IDENTITY FULL; ALTER TABLE customers REPLICA IDENTITY FULL;
            ALTER TABLE pairs REPLICA IDENTITY FULL;
            """;
    private static final String[] TABLES = {
            "events: { shardKey: day, placement: range, ranges: { a: ..2024-01-01, b: 2024-01-01..2025-01-01, "
                    + "c: 2025-01-01.. } }",
            "visits: { shardKey: at, colocatedWith: events }",
            "moments: { shardKey: at, placement: range, ranges: { a: '..2024-01-01 00:00:00+00', "
                    + "c: ['2024-01-01 00:00:00+00..2024-06-01 00:00:00.5+00', '2024-06-01 00:00:00.5+00..'] } }",
            "shops: { shardKey: country, placement: list, lists: { a: [de, at], b: fr, c: default } }",
            "strict: { shardKey: code, placement: list, lists: { a: [1, 2], b: 3 } }",
            "customers: { shardKey: id, pins: { 1: c, 2: c, 3: a } }",
            "pairs: { shardKey: [a, b], pins: { \"(7, 'x')\": c } }"};

    private static NodeFixture fixture() throws SQLException {
        return new NodeFixture(3).onAll(DDL);
    }

    private static String served(NodeFixture nodes) {
        return nodes.yaml(TABLES).replace("    nodes:\n", "    fanOut: allow\n    nodes:\n")
                + "listen: { host: 127.0.0.1, port: 0 }\nmonitoring: { host: 127.0.0.1, port: 0 }\n";
    }

    private static Connection connect(RunningProxy proxy, String database) throws SQLException {
        return DriverManager
                .getConnection("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database + "?user=postgres");
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                StringBuilder row = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.append(i == 1 ? "" : "|").append(rows.getString(i));
                }
                all.add(row.toString());
            }
            return all;
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        return rows(connection, sql).getFirst();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String onNode(NodeFixture nodes, int node, String sql) throws SQLException {
        try (Connection direct = nodes.nodes.get(node).connect(nodes.database)) {
            return one(direct, sql);
        }
    }

    private static void refused(Connection client, String state, String sql) {
        SQLException error = assertThrows(SQLException.class, () -> execute(client, sql), sql);
        assertEquals(state, error.getSQLState(), error.getMessage());
    }

    @Test
    void rowsLieWhereTheFileSays() throws Exception {
        try (NodeFixture nodes = fixture();
                RunningProxy proxy = RunningProxy.start(served(nodes));
                Connection client = connect(proxy, nodes.database)) {
            LocalDate first = LocalDate.of(2023, 12, 1);
            for (int i = 0; i < 420; i += 3) {
                try (PreparedStatement insert = client.prepareStatement("INSERT INTO events VALUES (?, ?)")) {
                    insert.setObject(1, first.plusDays(i));
                    insert.setInt(2, i);
                    insert.execute();
                }
                execute(client, "INSERT INTO visits VALUES ('" + first.plusDays(i) + "', " + i + ")");
            }
            assertEquals("2023-12-31", onNode(nodes, 0, "SELECT max(day) FROM events"));
            assertEquals("2024-01-03|2024-12-31", onNode(nodes, 1, "SELECT min(day), max(day) FROM events"));
            assertTrue(onNode(nodes, 2, "SELECT min(day) FROM events").startsWith("2025-01"));
            ranges(client, nodes, first);
            lists(client, nodes);
            pins(client, nodes);
            moments(client, nodes);
            CheckRun run = CheckRun.of(nodes.yaml(TABLES), false, true);
            assertEquals(List.of(), run.err());
        }
    }

    /** Statements with ranges, compared with what the rows are known to be. */
    private static void ranges(Connection client, NodeFixture nodes, LocalDate first) throws SQLException {
        Random random = new Random(17);
        for (int i = 0; i < 60; i++) {
            LocalDate from = first.plusDays(random.nextInt(440) - 10);
            LocalDate to = from.plusDays(random.nextInt(500) - 20);
            int expected = 0;
            for (int n = 0; n < 420; n += 3) {
                LocalDate day = first.plusDays(n);
                expected += day.isBefore(from) || day.isAfter(to) ? 0 : 1;
            }
            String count = "SELECT count(*) FROM events WHERE day ";
            assertEquals(expected + "", one(client, count + "BETWEEN '" + from + "' AND '" + to + "'"));
            assertEquals(expected + "", one(client, count + ">= '" + from + "' AND '" + to + "' >= day"));
            assertEquals(expected + "", one(client,
                    count + "> '" + from.minusDays(1) + "' AND day < '" + to.plusDays(1) + "'"));
            try (PreparedStatement prepared = client.prepareStatement("SELECT v.n FROM events e JOIN visits v "
                    + "ON v.at = e.day WHERE e.day BETWEEN ? AND ?")) {
                prepared.setObject(1, from);
                prepared.setObject(2, to);
                int joined = 0;
                try (ResultSet rows = prepared.executeQuery()) {
                    while (rows.next()) {
                        joined++;
                    }
                }
                assertEquals(expected, joined);
            }
        }
        // Only the nodes that a range meets are asked.
        String ports = "SELECT DISTINCT current_setting('port') FROM events WHERE day ";
        assertEquals(List.of(port(nodes, 1)), rows(client, ports + "BETWEEN '2024-02-01' AND '2024-12-31'"));
        assertEquals(List.of(port(nodes, 0)), rows(client, ports + "< '2024-01-01'"));
        assertEquals(List.of(port(nodes, 2)), rows(client, ports + "> '2024-12-31'"));
        assertEquals("0", one(client, "SELECT count(*) FROM events WHERE day > '2024-01-01' AND day < '2023-01-01'"));
        execute(client, "UPDATE events SET n = -n WHERE day BETWEEN '2024-03-01' AND '2024-03-31'");
        refused(client, "TL002", "UPDATE events SET n = -n WHERE day > '2024-03-01'");
        // Within its range a day may be changed; into another one it moves.
        String day = first.plusDays(60).toString();
        execute(client, "UPDATE events SET day = '2024-02-02' WHERE day = '" + day + "'");
        execute(client, "UPDATE events SET day = '" + day + "' WHERE day = '2024-02-02'");
        refused(client, "TL002", "UPDATE events SET day = '2025-02-02' WHERE day = '" + day + "'");
        assertEquals(port(nodes, 1), one(client,
                "/* trunkline: key=2024-05-05 */ SELECT current_setting('port') FROM events LIMIT 1"));
    }

    private static String port(NodeFixture nodes, int node) {
        return Integer.toString(nodes.nodes.get(node).port());
    }

    private static void lists(Connection client, NodeFixture nodes) throws SQLException {
        for (String country : List.of("de", "at", "fr", "pl", "it", "DE")) {
            execute(client, "INSERT INTO shops VALUES ('" + country + "', 1)");
        }
        assertEquals("at,de",
                onNode(nodes, 0, "SELECT string_agg(country, ',' ORDER BY country COLLATE \"C\") FROM shops"));
        assertEquals("fr", onNode(nodes, 1, "SELECT string_agg(country, ',') FROM shops"));
        assertEquals("DE,it,pl",
                onNode(nodes, 2, "SELECT string_agg(country, ',' ORDER BY country COLLATE \"C\") FROM shops"));
        assertEquals("4", one(client, "SELECT count(*) FROM shops WHERE country IN ('de', 'fr', 'pl', 'DE', 'xx')"));
        execute(client, "INSERT INTO strict VALUES (1, 1), (2, 1)");
        refused(client, "TL003", "INSERT INTO strict VALUES (4, 1)");
        refused(client, "TL002", "UPDATE strict SET code = 3 WHERE code = 1");
        assertEquals("0", one(client, "SELECT count(*) FROM strict WHERE code = 4"));
        assertEquals("0", one(client, "SELECT count(*) FROM strict WHERE code IN (4, 5)"));
        assertEquals("1", one(client, "SELECT count(*) FROM strict WHERE code IN (2, 3, 4)"));
    }

    private static void pins(Connection client, NodeFixture nodes) throws SQLException {
        for (int id = 1; id <= 30; id++) {
            execute(client, "INSERT INTO customers VALUES (" + id + ", 1)");
        }
        assertEquals("2", onNode(nodes, 2, "SELECT count(*) FROM customers WHERE id IN (1, 2)"));
        assertEquals("1", onNode(nodes, 0, "SELECT count(*) FROM customers WHERE id = 3"));
        assertEquals("3", one(client, "SELECT count(*) FROM customers WHERE id = ANY ('{1,2,3}')"));
        assertEquals("30", one(client, "SELECT count(*) FROM customers"));
        // A pinned key leaves its virtual shard's others alone, and is not theirs.
        refused(client, "TL002", "UPDATE customers SET id = 2 WHERE id = 1");
        execute(client, "INSERT INTO pairs VALUES (7, 'x', 1)");
        assertEquals("1", onNode(nodes, 2, "SELECT count(*) FROM pairs"));
        assertEquals("1", one(client, "SELECT n FROM pairs WHERE a = 7 AND b = 'x'"));
    }

    private static void moments(Connection client, NodeFixture nodes) throws SQLException {
        execute(client, "INSERT INTO moments VALUES ('2023-12-31 23:59:59.999999+00', 1)");
        execute(client, "INSERT INTO moments VALUES ('2024-01-01 01:00:00+01', 2)");
        execute(client, "INSERT INTO moments VALUES ('2024-06-01 00:00:00.5+00', 3)");
        assertEquals("1", onNode(nodes, 0, "SELECT count(*) FROM moments"));
        assertEquals("2", onNode(nodes, 2, "SELECT count(*) FROM moments"));
        assertEquals("2", one(client, "SELECT count(*) FROM moments WHERE at >= '2024-01-01 00:00:00+00'"));
    }

    @Test
    void theMapListsThem() throws Exception {
        try (NodeFixture nodes = fixture()) {
            Path file = Files.createTempFile("trunkline-placement", ".yaml");
            Files.writeString(file, served(nodes));
            try (RunningProxy proxy = RunningProxy.start(file); Connection admin = connect(proxy, "trunkline")) {
                List<String> shards = rows(admin, "SHOW SHARDS");
                // 3 ranges, 3 ranges, 4 listed, 3 listed, 3 pins, 1 pin.
                assertEquals(256 + 3 + 3 + 4 + 3 + 3 + 1, shards.size());
                assertTrue(shards.get(257).startsWith(nodes.database + "|default|257|b|active|1"), shards.get(257));
                Files.writeString(file, Files.readString(file).replace("b: fr,", "b: [fr, be],"));
                SQLException edit = assertThrows(SQLException.class, () -> execute(admin, "RELOAD"));
                assertTrue(edit.getMessage().contains("tables.shops.lists.b"), edit.getMessage());
                Files.writeString(file,
                        Files.readString(file).replace("b: [fr, be],", "b: fr,").replace("1: c", "1: b"));
                edit = assertThrows(SQLException.class, () -> execute(admin, "RELOAD"));
                assertTrue(edit.getMessage().contains("tables.customers.pins.1"), edit.getMessage());
            } finally {
                Files.delete(file);
            }
        }
    }

    @Test
    void whatIsWrongStandsAtItsKey() throws Exception {
        try (NodeFixture nodes = fixture()) {
            String path = "databases." + nodes.database + ".tables.";
            assertEquals(List.of(
                    "FILE:12:80: " + path
                            + "events.ranges.b: the ranges ..2024-01-01 of node a and 2023-12-31..2025-01-01 of "
                            + "node b overlap",
                    "FILE:12:107: " + path
                            + "events.ranges.c: the ranges 2023-12-31..2025-01-01 of node b and 2025-01-02.. of "
                            + "node c leave a gap: keys from 2025-01-01 up to 2025-01-02 have no node"),
                    CheckRun.problems(
                            nodes.yaml("events: { shardKey: day, placement: range, ranges: { a: ..2024-01-01, "
                                    + "b: 2023-12-31..2025-01-01, c: 2025-01-02.. } }")));
            assertEquals(List.of(
                    "FILE:12:63: " + path + "events.ranges.a: \"tomorrow\" is no value of day, of type date",
                    "FILE:13:46: " + path + "shops.placement: range needs a key of an integer type, date, timestamp or "
                            + "timestamptz, not text: use list or hash",
                    "FILE:14:62: " + path + "strict.lists.a: \"x\" is no value of code, of type int4",
                    "FILE:14:73: " + path + "strict.lists.b: \"01\" is listed twice, first as \"1\"",
                    "FILE:15:47: " + path + "customers.pins.abc: \"abc\" is no value of id, of type int8",
                    "FILE:16:45: " + path + "pairs.pins.7: \"7\" is no key of 2 columns: write it as (42, 'eu')"),
                    CheckRun.problems(nodes.yaml(
                            "events: { shardKey: day, placement: range, ranges: { a: ..tomorrow } }",
                            "shops: { shardKey: country, placement: range, ranges: { a: ..b, b: b.. } }",
                            "strict: { shardKey: code, placement: list, lists: { a: [1, x], b: 01 } }",
                            "customers: { shardKey: id, pins: { abc: a } }",
                            "pairs: { shardKey: [a, b], pins: { 7: c } }")));
            CheckRun open = CheckRun.of(nodes.yaml("events: { shardKey: day, placement: range, "
                    + "ranges: { a: 2024-01-01..2025-01-01 } }"), false, false);
            assertEquals(0, open.exitCode());
            assertEquals(2, open.err().size(), open.err()::toString);
            assertTrue(open.err().getLast().endsWith("keys from 2025-01-01 have no node: an INSERT of one is refused"),
                    open.err().getLast());
        }
    }

    @Test
    void misplacedRowsAreFound() throws Exception {
        try (NodeFixture nodes = fixture()) {
            nodes.on(0, "INSERT INTO events VALUES ('2024-05-05', 1), ('-infinity', 1), ('infinity', 1)");
            nodes.on(1, "INSERT INTO moments VALUES ('2024-05-05 00:00+00', 1)");
            nodes.on(1, "INSERT INTO shops VALUES ('de', 1), ('fr', 1)");
            nodes.on(2, "INSERT INTO strict VALUES (9, 1), (1, 1)");
            nodes.on(0, "INSERT INTO customers VALUES (1, 1), (3, 1)");
            nodes.on(0, "INSERT INTO pairs VALUES (7, 'x', 1)");
            List<String> found = CheckRun.of(nodes.yaml(TABLES), false, true).err().stream()
                    .map(line -> line.replaceFirst("^.*shardKey: ", "")).sorted().toList();
            assertEquals(List.of("1 row of customers on node a belongs to node c",
                    "1 row of events on node a belongs to node b", "1 row of events on node a belongs to node c",
                    "1 row of moments on node b belongs to node c", "1 row of pairs on node a belongs to node c",
                    "1 row of shops on node b belongs to node a", "1 row of strict on node c belongs to no node, "
                            + "because the key is NULL or has no place",
                    "1 row of strict on node c belongs to node a"), found);
        }
    }
}
