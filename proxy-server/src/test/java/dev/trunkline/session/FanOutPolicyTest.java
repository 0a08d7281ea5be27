package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.admin.AdminFixture;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PSQLWarning;

/**
 * Whose word counts on a statement without a key (comment, SET LOCAL, SET, startup, user, table, database), and what the client
 * is told. The database's policy is warn.
 */
@Timeout(300)
class FanOutPolicyTest {

    private static final String COUNT = "SELECT count(*) FROM kv";

    private static AdminFixture fixture;

    @BeforeAll
    static void start() throws SQLException {
        fixture = new AdminFixture();
    }

    @AfterAll
    static void stop() throws SQLException {
        fixture.close();
    }

    /** What a statement meets with: {@code reject}, or the severity of what comes before its rows, or {@code allow}. */
    private static String policy(Connection client, String sql) throws SQLException {
        try (Statement statement = client.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            assertTrue(rows.next());
            PSQLWarning warning = (PSQLWarning) statement.getWarnings();
            return warning == null ? "allow" : warning.getServerErrorMessage().getSeverity().toLowerCase();
        } catch (SQLException e) {
            assertEquals("TL001", e.getSQLState(), e.getMessage());
            return "reject";
        }
    }

    @Test
    void theNearestWordCounts() throws SQLException {
        try (Connection client = fixture.connect(fixture.database, "postgres", null, "options",
                "-c trunkline.fan_out=notice")) {
            assertEquals("notice", policy(client, COUNT), "startup before database");
            AdminFixture.execute(client, "SET trunkline.fan_out = 'allow'");
            assertEquals("allow", policy(client, COUNT), "SET before startup");
            client.setAutoCommit(false);
            AdminFixture.execute(client, "SET LOCAL trunkline.fan_out TO reject");
            assertEquals("reject", policy(client, COUNT), "SET LOCAL before SET");
            client.rollback();
            AdminFixture.execute(client, "SET LOCAL trunkline.fan_out TO reject");
            assertEquals("allow", policy(client, "/* trunkline: fan_out=allow */ SELECT count(*) FROM kv"),
                    "comment before SET LOCAL");
            client.commit();
            assertEquals("allow", policy(client, COUNT), "SET LOCAL ends with its transaction");
            client.commit();
            client.setAutoCommit(true);
            AdminFixture.execute(client, "RESET trunkline.fan_out");
            assertEquals(List.of("notice"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
            AdminFixture.execute(client, "SET trunkline.fan_out = reject");
            assertEquals("reject", policy(client, COUNT));
            AdminFixture.execute(client, "DISCARD ALL");
            assertEquals(List.of("notice"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
        }
    }

    @Test
    void aRollbackTakesTheSettingBack() throws SQLException {
        try (Connection client = fixture.client()) {
            client.setAutoCommit(false);
            AdminFixture.execute(client, "SET LOCAL trunkline.fan_out = allow");
            Savepoint before = client.setSavepoint();
            AdminFixture.execute(client, "SET trunkline.fan_out = reject");
            assertEquals(List.of("reject"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
            client.rollback(before);
            assertEquals(List.of("allow"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
            AdminFixture.execute(client, "SET trunkline.fan_out = reject");
            client.rollback();
            assertEquals(List.of("warn"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
            AdminFixture.execute(client, "SET trunkline.fan_out = reject");
            client.commit();
            assertEquals(List.of("reject"), AdminFixture.rows(client, "SHOW trunkline.fan_out"));
        }
    }

    @Test
    void noNodeHearsOfIt() throws SQLException {
        try (Connection client = fixture.client()) {
            AdminFixture.execute(client, "SET trunkline.fan_out = allow");
            client.setAutoCommit(false);
            AdminFixture.execute(client, "SET LOCAL trunkline.fan_out = notice");
            assertEquals(List.of("null"), AdminFixture.rows(client,
                    "SELECT current_setting('trunkline.fan_' || v, true) FROM (VALUES ('out')) x(v)"));
        }
    }

    @Test
    void otherWordsAndOtherNamesAreRefused() throws SQLException {
        try (Connection client = fixture.client()) {
            assertEquals("22023", state(client, "SET trunkline.fan_out = maybe"));
            assertEquals("42704", state(client, "SET trunkline.nothing = 1"));
            assertEquals("42704", state(client, "SHOW trunkline.nothing"));
            assertEquals("22023", state(client, "SELECT /* trunkline: fan_out=maybe */ count(*) FROM kv"));
            assertEquals("22023", assertThrows(SQLException.class, () -> fixture.connect(fixture.database, "postgres",
                    null, "options", "-c trunkline.fan_out=maybe")).getSQLState());
        }
    }

    private static String state(Connection client, String sql) {
        return assertThrows(SQLException.class, () -> AdminFixture.execute(client, sql), sql).getSQLState();
    }

    @Test
    void aSessionIsWarnedOnceOfEachStatementWithWhatItCosts() throws SQLException {
        String sql = "SELECT max(k) FROM kv";
        try (Connection client = fixture.client(); Statement statement = client.createStatement()) {
            AdminFixture.rows(client, "SELECT v FROM kv WHERE k = 1");
            statement.executeQuery(sql).close();
            PSQLWarning first = (PSQLWarning) statement.getWarnings();
            assertEquals("01TL1", first.getSQLState());
            assertEquals("statement goes to all 2 nodes (256 virtual shards): nothing restricts kv.k, the shard key",
                    first.getServerErrorMessage().getMessage());
            String detail = first.getServerErrorMessage().getDetail();
            assertTrue(detail.matches("Nodes: a, b\\. One-node statements: p50 [0-9.]+ ms, p99 [0-9.]+ ms\\."), detail);
            assertTrue(first.getServerErrorMessage().getHint().startsWith("Add kv.k = ... to the statement"));
            statement.executeQuery(sql).close();
            assertNull(statement.getWarnings(), "once for each session");
        }
        try (Connection client = fixture.client(); Statement statement = client.createStatement()) {
            statement.executeQuery(sql).close();
            String detail = ((PSQLWarning) statement.getWarnings()).getServerErrorMessage().getDetail();
            assertTrue(detail.matches("Nodes: a, b\\. This statement so far: 2 times, p50 [0-9.]+ ms, p99 [0-9.]+ ms, "
                    + "[0-9.]+ % of all statements\\. One-node statements: p50 .*"), detail);
        }
        try (Connection admin = fixture.admin()) {
            List<String> rows = AdminFixture.rows(admin, "SHOW FANOUT").stream()
                    .filter(row -> row.endsWith("|select max(k) from kv")).toList();
            assertEquals(1, rows.size());
            assertTrue(rows.getFirst().startsWith(fixture.database + "|3|"), rows.getFirst());
        }
    }

    @Test
    void alwaysMeansEveryTime() throws Exception {
        try (AdminFixture own = new AdminFixture();
                Connection client = own.client();
                Connection admin = own.admin();
                Statement statement = client.createStatement()) {
            own.edit(text -> text.replace("fanOut: warn", "fanOut: warn\n    fanOutWarning: always"));
            AdminFixture.rows(admin, "RELOAD");
            for (int i = 0; i < 3; i++) {
                statement.executeQuery(COUNT).close();
                assertEquals("01TL1", statement.getWarnings().getSQLState());
            }
            AdminFixture.execute(client, "SET trunkline.fan_out = reject");
            assertEquals("TL001", state(client, COUNT));
            String row = AdminFixture.rows(admin, "SHOW FANOUT").getFirst();
            assertTrue(row.startsWith(own.database + "|3|") && row.contains("|0|1|select count(*) from kv"), row);
        }
    }

    @Test
    void aRoutingCommentIsReadAmongOtherHints() {
        assertEquals(FanOutPolicy.ALLOW, FanOutRules.ofComment("select /* trunkline: fan_out=allow */ 1"));
        assertEquals(FanOutPolicy.REJECT,
                FanOutRules.ofComment("/* trunkline: key=42, fan_out = 'reject' */ select 1"));
        assertNull(FanOutRules.ofComment("/* trunkline: key=42 */ select 1"));
        assertNull(FanOutRules.ofComment("select 1"));
        assertNull(FanOutRules.ofComment("/* trunkline: no_fan_out=allow */ select 1"));
        assertThrows(ProxyException.class, () -> FanOutRules.ofComment("/* trunkline: fan_out=x */ select 1"));
    }
}
