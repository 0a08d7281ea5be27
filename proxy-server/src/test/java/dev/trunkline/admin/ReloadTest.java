package dev.trunkline.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PSQLException;

/** semantics.md 14: RELOAD applies what may change without dropping a client, and refuses what says where rows are. */
@Timeout(300)
class ReloadTest {

    private AdminFixture fixture;
    private Connection admin;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AdminFixture();
        admin = fixture.admin();
    }

    @AfterEach
    void stop() throws SQLException {
        admin.close();
        fixture.close();
    }

    private List<String> reload() throws SQLException {
        return AdminFixture.rows(admin, "RELOAD");
    }

    private String refusal() {
        return assertThrows(SQLException.class, this::reload).getMessage();
    }

    @Test
    void nothingChangesWhenNothingHas() throws SQLException {
        assertEquals(List.of(), reload());
    }

    @Test
    void policiesHoldAtOnceForThoseWhoAreConnected() throws Exception {
        try (Connection client = fixture.client()) {
            assertEquals(List.of("10"), AdminFixture.rows(client, "SELECT count(*) FROM kv"));
            fixture.edit(text -> text.replace("fanOut: warn", "fanOut: reject"));
            assertEquals(List.of("databases." + fixture.database + ".fanOut|warn|reject|applied"), reload());
            assertEquals("TL001", state(client, "SELECT count(*) FROM kv"));
            fixture.edit(text -> text.replace("kv: { shardKey: k }", "kv: { shardKey: k, fanOut: allow }"));
            assertEquals(List.of("databases." + fixture.database + ".tables.kv.fanOut|null|allow|applied"), reload());
            assertEquals(List.of("10"), AdminFixture.rows(client, "SELECT count(*) FROM kv"));
            fixture.edit(
                    text -> text.replace("postgres: { admin: full }", "postgres: { admin: full, fanOut: reject }"));
            reload();
            assertEquals("TL001", state(client, "SELECT count(*) FROM kv"), "the user's goes before the table's");
            AdminFixture.execute(client, "SET trunkline.fan_out = allow");
            assertEquals(List.of("10"), AdminFixture.rows(client, "SELECT count(*) FROM kv"));
        }
    }

    private static String state(Connection connection, String sql) {
        return assertThrows(SQLException.class, () -> AdminFixture.rows(connection, sql)).getSQLState();
    }

    @Test
    void usersComeAndGoAndNobodyIsDropped() throws Exception {
        try (Connection reader = fixture.connect(fixture.database, "plain", "p")) {
            fixture.edit(text -> text.replace("plain: { password: p }", "newcomer: { password: n }")
                    .replace("password: r,", "password: changed,"));
            assertEquals(List.of("users.reader.password|***|***|applied", "users.plain.password|***|null|applied",
                    "users.plain.admin|none|null|applied", "users.newcomer.password|null|***|applied",
                    "users.newcomer.admin|null|none|applied"), reload());
            fixture.connect(fixture.database, "newcomer", "n").close();
            fixture.connect("trunkline", "reader", "changed").close();
            assertEquals("28P01", assertThrows(SQLException.class, () -> fixture.connect("trunkline", "reader", "r"))
                    .getSQLState());
            assertEquals("28P01", assertThrows(SQLException.class,
                    () -> fixture.connect(fixture.database, "plain", "p")).getSQLState());
            assertEquals(List.of("v1"), AdminFixture.rows(reader, "SELECT v FROM kv WHERE k = 1"));
        }
    }

    @Test
    void aLargerPoolServesThoseWhoWait() throws Exception {
        try (Connection holder = fixture.client(); Connection waiter = fixture.client()) {
            holder.setAutoCommit(false);
            AdminFixture.rows(holder, "SELECT v FROM kv WHERE k = 1");
            CompletableFuture<List<String>> waits = CompletableFuture.supplyAsync(() -> {
                try {
                    return AdminFixture.rows(waiter, "SELECT v FROM kv WHERE k = 1");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            AdminFixture.await(admin, "SHOW CLIENTS", "|waiting|");
            fixture.edit(text -> text.replace("size: 1,", "size: 2,"));
            assertEquals(List.of("databases." + fixture.database + ".pool.size|1|2|applied"), reload());
            assertEquals(List.of("v1"), waits.get(60, TimeUnit.SECONDS));
            fixture.edit(text -> text.replace("size: 2,", "size: 1,"));
            reload();
            AdminFixture.rows(waiter, "SHOW server_version");
            holder.rollback();
            // One of the two connections to the node is too much now.
            AdminFixture.await(admin, "SHOW POOLS", "|postgres|a|0|0|0|");
            for (String row : AdminFixture.rows(admin, "SHOW POOLS")) {
                String[] f = row.split("\\|");
                assertTrue(Integer.parseInt(f[5]) + Integer.parseInt(f[6]) <= 1, row);
            }
        }
    }

    @Test
    void functionsHoldAtOnce() throws Exception {
        for (RunningNode node : fixture.nodes) {
            TestNodes.execute(node, fixture.database,
                    "CREATE FUNCTION touch() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 7; END'");
        }
        try (Connection client = fixture.client()) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!"TL002".equals(state(client, "SELECT touch()")) && System.nanoTime() < deadline) {
                // What a node doesn't know has the proxy look at its catalog now, and not some seconds later.
                state(client, "SELECT * FROM no_such_table");
                TimeUnit.MILLISECONDS.sleep(50);
            }
            assertEquals("TL002", state(client, "SELECT touch()"));
            fixture.edit(text -> text.replace("    tables:", "    functions: { touch: home }\n    tables:"));
            assertEquals(List.of("databases." + fixture.database + ".functions.touch|null|home|applied"), reload());
            assertEquals(List.of("7"), AdminFixture.rows(client, "SELECT touch()"));
        }
    }

    @Test
    void whatSaysWhereRowsAreIsRefused() throws Exception {
        // What is written in the file, what is written instead, and what is told of it.
        String[][] edits = {{"a: 0-127, b: 128-255", "a: 0-63, b: 64-255", "shardMap.a: 0-127 -> 0-63"},
                {"a: 0-127, b: 128-255", "a: 0-127, b: 128-511", "virtualShards: 256 -> 512"},
                {"shardKey: k", "shardKey: v", "tables.kv.shardKey: k -> v"},
                {"{ shardKey: k }", "{ reference: true }", "tables.kv.reference: (nothing) -> true"},
                {"kv: { shardKey: k }", "", "tables.kv.shardKey: k -> (nothing)"},
                {"{ shardKey: k }", "{ shardKey: k }, other: { shardKey: k, colocatedWith: kv }",
                        "tables.other.colocatedWith: (nothing) -> kv"}};
        String original = Files.readString(fixture.file);
        for (String[] edit : edits) {
            fixture.edit(text -> text.replace(edit[0], edit[1]));
            if (edit[2].startsWith("virtualShards")) {
                fixture.edit(text -> text.replace("    fanOut: warn", "    virtualShards: 512\n    fanOut: warn"));
            }
            PSQLException e = assertThrows(PSQLException.class, this::reload, edit[2]);
            assertEquals("55P02", e.getSQLState(), e.getMessage());
            String detail = e.getServerErrorMessage().getDetail();
            assertTrue(detail.contains("databases." + fixture.database + "." + edit[2]), detail);
            Files.writeString(fixture.file, original);
        }
        assertEquals(List.of(), reload());
        try (Connection client = fixture.client()) {
            assertEquals(List.of("v7"), AdminFixture.rows(client, "SELECT v FROM kv WHERE k = 7"));
        }
    }

    @Test
    void aNodesIdentityIsRefusedAndNothingElseApplied() throws Exception {
        String port = Integer.toString(fixture.nodes.get(1).port());
        fixture.edit(text -> text.replace("localhost:" + port, "127.0.0.1:" + port).replace("fanOut: warn",
                "fanOut: reject"));
        String text = refusal();
        assertTrue(text.contains(".nodes.b.primary: localhost:" + port + " -> 127.0.0.1:" + port), text);
        assertFalse(text.contains("fanOut"), "only what is refused is told: " + text);
        fixture.edit(t -> t.replace("shardMap: { a: 0-127, b: 128-255 }", "shardMap: { a: 0-127, z: 128-255 }")
                .replace("b: { primary", "z: { primary"));
        assertTrue(refusal().contains(".nodes: a, b -> a, z"));
        try (Connection client = fixture.client()) {
            assertEquals(List.of("10"), AdminFixture.rows(client, "SELECT count(*) FROM kv"));
        }
    }

    @Test
    void errorsAreToldWithTheirPositions() throws Exception {
        fixture.edit(text -> text.replace("fanOut: warn", "fanOUt: warn").replace("size: 1,", "size: many,"));
        PSQLException e = assertThrows(PSQLException.class, this::reload);
        assertEquals("F0000", e.getSQLState());
        String detail = e.getServerErrorMessage().getDetail();
        assertTrue(detail.contains(fixture.file + ":6:5: databases." + fixture.database
                + ".fanOUt: unknown key; did you mean fanOut?"), detail);
        assertTrue(detail.contains(fixture.file + ":7:19: "), detail);
    }

    @Test
    void whatTheNodesHaveAgainstItIsAnErrorToo() throws Exception {
        fixture.edit(text -> text.replace("kv: { shardKey: k }", "kv: { shardKey: k }, nothing: { fanOut: allow }"));
        assertTrue(refusal().contains("no node has a table nothing"));
    }

    @Test
    void whatNeedsARestartIsTold() throws Exception {
        fixture.edit(text -> text + "limits: { eventLoops: 3, clients: 77 }\n");
        assertEquals(List.of("limits.clients|1000|77|applied", "limits.eventLoops|0|3|needs a restart"), reload());
    }

    @Test
    void aFileThatIsGoneChangesNothing() throws Exception {
        String text = Files.readString(fixture.file);
        Files.delete(fixture.file);
        try {
            assertTrue(refusal().contains("can't be read"));
        } finally {
            Files.writeString(fixture.file, text);
        }
    }
}
