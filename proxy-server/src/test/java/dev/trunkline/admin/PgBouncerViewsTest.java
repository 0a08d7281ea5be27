package dev.trunkline.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.admin.Period.Stretch;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** What dashboards made for PgBouncer read: its names, and numbers that mean what they mean there. */
@Timeout(300)
class PgBouncerViewsTest {

    /** Columns of PgBouncer 1.18 that have a meaning here. */
    private static final Map<View, String> COLUMNS = Map.of(View.CLIENTS,
            "user database state addr port local_addr local_port connect_time request_time wait wait_us tls"
                    + " application_name",
            View.SERVERS,
            "type user database state addr port local_addr local_port connect_time close_needed link remote_pid tls"
                    + " application_name",
            View.POOLS,
            "database user cl_active cl_waiting sv_active sv_idle sv_tested sv_login maxwait maxwait_us pool_mode",
            View.DATABASES, "name pool_size min_pool_size pool_mode max_connections current_connections paused",
            View.USERS, "name pool_mode", View.STATS,
            "database total_xact_count total_query_count total_received total_sent total_xact_time total_query_time"
                    + " total_wait_time avg_xact_count avg_query_count avg_recv avg_sent avg_xact_time avg_query_time"
                    + " avg_wait_time",
            View.STATS_TOTALS,
            "database xact_count query_count bytes_received bytes_sent xact_time query_time wait_time",
            View.STATS_AVERAGES,
            "database xact_count query_count bytes_received bytes_sent xact_time query_time wait_time",
            View.CONFIG, "key value default changeable", View.DNS_HOSTS, "hostname ttl addrs");

    private static AdminFixture fixture;

    @BeforeAll
    static void start() throws SQLException {
        fixture = new AdminFixture();
    }

    @AfterAll
    static void stop() throws SQLException {
        fixture.close();
    }

    private static List<Map<String, Object>> table(Connection admin, String sql) throws SQLException {
        List<Map<String, Object>> table = new ArrayList<>();
        try (Statement statement = admin.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            List<String> names = AdminFixture.columns(rows.getMetaData());
            while (rows.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                for (String name : names) {
                    row.put(name, rows.getObject(name));
                }
                table.add(row);
            }
        }
        return table;
    }

    private static Map<String, Long> numbers(Connection admin, String sql) throws SQLException {
        return table(admin, sql).stream().map(row -> List.copyOf(row.values()))
                .collect(Collectors.toMap(row -> (String) row.get(0), row -> (Long) row.get(1)));
    }

    private static int id(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    @Test
    void columnsHaveItsNames() {
        COLUMNS.forEach((view, names) -> {
            List<String> have = view.columns().stream().map(Column::name).toList();
            assertTrue(have.containsAll(List.of(names.split(" "))), view + " has only " + have);
        });
    }

    @Test
    void serversSayWhoHasThem() throws SQLException {
        try (Connection admin = fixture.admin(); Connection client = fixture.client()) {
            client.setAutoCommit(false);
            String[] seen = AdminFixture.rows(client, "SELECT pg_backend_pid(), inet_client_port() FROM kv WHERE k = 1")
                    .getFirst().split("\\|");
            String pid = seen[0];
            Map<String, Object> lent = server(admin, pid);
            assertEquals("active", lent.get("state"));
            assertEquals(id(client), lent.get("link"));
            assertEquals(fixture.database, lent.get("database"));
            assertEquals("127.0.0.1", lent.get("addr"));
            assertEquals(0, lent.get("close_needed"));
            assertNull(lent.get("tls"));
            assertEquals(seen[1], lent.get("local_port").toString(), "as the node sees it");

            AdminFixture.execute(admin, "RECONNECT");
            assertEquals(1, server(admin, pid).get("close_needed"), "it is held until the transaction ends");
            client.commit();
            assertNull(server(admin, pid));

            pid = AdminFixture.rows(client, "SELECT pg_backend_pid() FROM kv WHERE k = 1").getFirst();
            client.commit();
            Map<String, Object> free = server(admin, pid);
            assertEquals(free.get("connect_time"), server(admin, pid).get("connect_time"), "it came from two clocks");
            assertEquals("idle", free.get("state"));
            assertNull(free.get("link"));
        }
    }

    /** The row of a node's process, or null. */
    private static Map<String, Object> server(Connection admin, String pid) throws SQLException {
        return table(admin, "SHOW SERVERS " + fixture.database).stream()
                .filter(row -> row.get("remote_pid").toString().equals(pid)).findFirst().orElse(null);
    }

    @Test
    void aTransactionIsCountedOnce() throws SQLException {
        try (Connection admin = fixture.admin();
                Connection client = fixture.client();
                Statement statement = client.createStatement()) {
            Map<String, Object> before = stats(admin);
            statement.execute("SELECT v FROM kv WHERE k = 1");
            statement.execute("BEGIN");
            statement.execute("SELECT v FROM kv WHERE k = 1");
            statement.execute("SELECT v FROM kv WHERE k = 2");
            statement.execute("COMMIT");
            Map<String, Object> after = stats(admin);
            assertEquals(5, grown("query_count", before, after));
            assertEquals(2, grown("xact_count", before, after));
            assertTrue(grown("xact_time", before, after) > grown("query_time", before, after),
                    "the client's own time between the statements");
            assertTrue(grown("bytes_sent", before, after) > 0);

            Map<String, Long> totals = numbers(admin, "SHOW TOTALS");
            assertEquals(14, totals.size());
            assertEquals(stats(admin).get("xact_count"), totals.get("total_xact_count"));
            assertTrue(totals.get("avg_query_time") > 0, "of the time since the start");
            assertEquals("3D000", assertThrows(SQLException.class, () -> table(admin, "SHOW STATS_TOTALS nobody"))
                    .getSQLState());
            assertEquals("42601", assertThrows(SQLException.class, () -> table(admin, "SHOW TOTALS nobody"))
                    .getSQLState());
        }
    }

    private static Map<String, Object> stats(Connection admin) throws SQLException {
        return table(admin, "SHOW STATS_TOTALS " + fixture.database).getFirst();
    }

    private static long grown(String column, Map<String, Object> before, Map<String, Object> after) {
        return (Long) after.get(column) - (Long) before.get(column);
    }

    @Test
    void averagesAreOfTheLastWholeMinute() {
        AtomicReference<Totals> done = new AtomicReference<>(new Totals(10, 20, 0, 0, 0, 0, 0));
        AtomicLong clock = new AtomicLong();
        Period period = new Period(() -> Map.of("d", done.get(), "e", done.get()), clock::get);
        clock.addAndGet(10_000_000_000L);
        assertEquals(2, period.last().averages("d").queries(), "since the start");
        clock.addAndGet(50_000_000_000L);
        done.set(new Totals(60, 120, 600, 1200, 6000, 2400, 60));
        period.turn();
        clock.addAndGet(30_000_000_000L);
        done.set(new Totals(1000, 1000, 1000, 1000, 1000, 1000, 1000));
        assertEquals(new Totals(1, 2, 10, 20, 100, 20, 1), period.last().averages("d"));
        assertEquals(new Totals(2, 4, 20, 40, 100, 20, 2), period.last().averages(), "times are of one");
        clock.addAndGet(30_000_000_000L);
        done.set(new Totals(60, 120, 660, 1200, 6000, 2400, 60));
        period.turn();
        Stretch last = period.last();
        assertEquals(new Totals(0, 0, 1, 0, 0, 0, 0), last.averages("d"), "the minute before does not count");
        assertEquals(Totals.NONE, last.averages("nobody"));
    }

    @Test
    void listsMemoryAndNames() throws SQLException {
        try (Connection admin = fixture.admin(); Connection client = fixture.client()) {
            AdminFixture.rows(client, "SELECT count(*) FROM kv");
            // Those of earlier tests have said goodbye, which may not have been heard yet.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            Map<String, Long> lists = numbers(admin, "SHOW LISTS");
            while (lists.get("used_clients") > 2 && System.nanoTime() - deadline < 0) {
                lists = numbers(admin, "SHOW LISTS");
            }
            assertEquals(12, lists.size());
            assertEquals(1, lists.get("databases"));
            assertEquals(3, lists.get("users"));
            assertEquals(2, lists.get("used_clients"));
            assertEquals(2, lists.get("pools"));
            assertEquals(2, lists.get("used_servers"));
            assertEquals(1, lists.get("dns_names"));

            for (Map<String, Object> row : table(admin, "SHOW MEM")) {
                assertTrue((Long) row.get("memtotal") > 0, row::toString);
                assertTrue(row.get("used") == null
                        || (Long) row.get("used") + (Long) row.get("free") == (Long) row.get("memtotal"),
                        row::toString);
            }
            Map<String, Object> name = table(admin, "SHOW DNS_HOSTS").getFirst();
            assertEquals("localhost", name.get("hostname"));
            assertTrue(name.get("addrs").toString().contains("127.0.0.1"), name::toString);
            assertTrue((Long) name.get("ttl") >= 0);
            assertNull(name.get("failure"));
        }
    }

    @Test
    void aClientSaysSinceWhenAndThroughWhat() throws SQLException {
        try (Connection admin = fixture.admin(); Connection client = fixture.client()) {
            assertEquals(1, AdminFixture.rows(client, "SELECT v FROM kv WHERE k = 1").size());
            Map<String, Object> row = table(admin, "SHOW CLIENTS " + fixture.database).stream()
                    .filter(r -> r.get("id").equals(idOf(client))).findFirst().orElseThrow();
            assertNotNull(row.get("request_time"));
            assertTrue(row.get("request_time").toString().compareTo(row.get("connect_time").toString()) >= 0);
            assertEquals(fixture.proxy.port(), row.get("local_port"));
            assertEquals("127.0.0.1", row.get("local_addr"));
            assertNull(row.get("tls"));
        }
    }

    private static Integer idOf(Connection client) {
        try {
            return id(client);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
