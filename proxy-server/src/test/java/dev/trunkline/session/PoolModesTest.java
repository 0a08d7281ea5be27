package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pools of every mode and of few connections, each with a proxy of its own: what a session keeps, and what another one may meet of it. */
@Timeout(300)
class PoolModesTest {

    @Test
    void sessionModeKeepsConnections() throws Exception {
        try (SessionFixture kept = SessionFixture.start(2, "pool: { mode: session, size: 2 }")) {
            PgClient client = kept.client();
            String backend = value(client, "SELECT pg_backend_pid() FROM (VALUES (1)) one LEFT JOIN notes ON false");
            for (int i = 0; i < 5; i++) {
                assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
                assertEquals(backend,
                        value(client, "SELECT pg_backend_pid() FROM (VALUES (1)) one LEFT JOIN notes ON false"));
            }
            assertEquals(2, kept.connections("active"));
            long onA = kept.key(0, 0);
            ask(client, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO items VALUES (" + onA + ", 'v')"));
            assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
            assertEquals("1 2 row(v) [SELECT 1] Z:I",
                    exchange(client, run("SELECT v FROM items WHERE k = $1", onA), new Sync()));
            client.close();
            kept.awaitAllReturned();
        }
    }

    @Test
    void statementModeRefusesTransactions() throws Exception {
        try (SessionFixture loose = SessionFixture.start(2, "pool: { mode: statement, size: 2 }")) {
            PgClient client = loose.client();
            assertEquals("error TL002 Z:I", ask(client, "BEGIN"));
            assertEquals("error TL002 Z:I", ask(client, "BEGIN; SELECT 1; COMMIT"));
            assertEquals("1 2 error TL002 Z:I", exchange(client, run("BEGIN"), new Sync()));
            assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
            client.close();
        }
    }

    @Test
    void aUserHasItsOwnPool() throws Exception {
        try (SessionFixture own = SessionFixture.start(TestNodes.nodes(1),
                "users:\n  postgres: { admin: full, pool: { mode: statement } }\n", "pool: { size: 2 }")) {
            PgClient client = own.client();
            assertEquals("error TL002 Z:I", ask(client, "BEGIN"));
            client.close();
        }
    }

    /** What another client has set on the connection is undone, and nobody hears of it. */
    @Test
    void settingsOfOthersAreNotReported() throws Exception {
        try (SessionFixture one = SessionFixture.start(1, "pool: { size: 1 }");
                PgClient first = one.client();
                PgClient second = one.client()) {
            ask(first, "SET application_name = 'first'");
            second.send(new Query("SELECT count(*) FROM items"));
            List<BackendMessage> replies = second.receiveUntilReady();
            assertEquals("T row(0) [SELECT 1] Z:I", told(replies));
            assertTrue(replies.stream().noneMatch(BackendMessage.ParameterStatus.class::isInstance),
                    () -> "told: " + replies);
        }
    }

    /** A changed table makes the nodes refuse prepared statements, whose names all sessions share. */
    @Test
    void preparedStatementsSurviveAChangeOfTheirTable() throws Exception {
        try (SessionFixture one = SessionFixture.start(1, "pool: { size: 1 }");
                Connection connection = DriverManager
                        .getConnection(one.jdbcUrl() + "&prepareThreshold=1");
                PreparedStatement all = connection.prepareStatement("SELECT * FROM notes WHERE id = ?")) {
            for (int i = 0; i < 3; i++) {
                all.setInt(1, i);
                all.executeQuery().close();
            }
            one.onNode(0, "ALTER TABLE notes ADD COLUMN more int");
            SessionFixture.await("it works again", () -> {
                try {
                    all.setInt(1, 1);
                    try (ResultSet rows = all.executeQuery()) {
                        return rows.getMetaData().getColumnCount() == 3;
                    }
                } catch (SQLException e) {
                    return false;
                }
            });
        }
    }

    /** More statements than a connection holds, in pipelines that fail in the middle. */
    @Test
    void statementsAreEvictedAndComeBack() throws Exception {
        try (SessionFixture few = SessionFixture.start(TestNodes.nodes(1),
                "limits: { preparedStatements: 2 }\n", "pool: { size: 1 }")) {
            PgClient client = few.client();
            for (int i = 0; i < 6; i++) {
                assertEquals("1 Z:I",
                        exchange(client, parse("s" + i, "SELECT " + i + " / (SELECT $1::int)"), new Sync()));
            }
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 6; i++) {
                    assertEquals("2 row(" + i + ") [SELECT 1] Z:I",
                            exchange(client, bind("", "s" + i, 1), execute(""), new Sync()));
                    assertEquals("2 error 22012 Z:I", exchange(client, bind("", "s" + i, 0), execute(""),
                            bind("", "s" + (i + 3) % 6, 1), execute(""), new Sync()));
                }
            }
            client.close();
        }
    }
}
