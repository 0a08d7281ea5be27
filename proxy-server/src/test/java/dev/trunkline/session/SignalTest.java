package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code pg_cancel_backend} and {@code pg_terminate_backend} of the process id that a client was told, as query builders (Knex) and
 * test suites use them. They hit nobody: a node knows no such process.
 */
@Timeout(300)
class SignalTest {

    private static final String YES = "T row(t) [SELECT 1] Z:I";
    private static final String NOBODY = "T notice 01000 row(f) [SELECT 1] Z:I";
    private static final String ALICE = "signal_alice";
    private static final String BOB = "signal_bob";
    private static final String CAROL = "signal_carol";

    private static SessionFixture one;
    private static SessionFixture two;

    @BeforeAll
    static void start() throws Exception {
        for (var node : TestNodes.nodes(2)) {
            TestNodes.execute(node, "postgres", """
                    DO $$ BEGIN
                      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signal_alice') THEN
                        CREATE ROLE signal_alice LOGIN; CREATE ROLE signal_bob LOGIN; CREATE ROLE signal_carol LOGIN;
                        GRANT signal_alice TO signal_carol;
                      END IF;
                    END $$""");
        }
        String users = "users:\n  postgres: { admin: full }\n  " + ALICE + ": {}\n  " + BOB + ": {}\n  " + CAROL
                + ": {}\n";
        one = SessionFixture.start(TestNodes.nodes(1), users, "pool: { size: 2, waitTimeout: 60s }");
        two = SessionFixture.start(TestNodes.nodes(2), users, "pool: { size: 2, waitTimeout: 60s }");
        for (int node = 0; node < 2; node++) {
            two.onNode(node, "INSERT INTO items VALUES (" + two.key(node, 0) + ", 'v')");
        }
        one.onNode(0, "INSERT INTO items VALUES (1, 'v')");
    }

    @AfterAll
    static void stop() throws Exception {
        one.close();
        two.close();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        one.awaitNothingLeft();
        two.awaitNothingLeft();
    }

    private static PgClient client(SessionFixture fixture, String user) throws Exception {
        return PgClient.login("127.0.0.1", fixture.proxy.port(), user, fixture.database, null);
    }

    private static int id(PgClient client) {
        return client.key().processId();
    }

    private static String cancel(PgClient client) {
        return "SELECT pg_cancel_backend(" + id(client) + ")";
    }

    private static void sleep(SessionFixture fixture, PgClient client) throws Exception {
        client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
        for (int node = 0; node < fixture.nodes.size(); node++) {
            int at = node;
            SessionFixture.await("it sleeps", () -> fixture.backends(at, "wait_event = 'PgSleep'") == 1);
        }
    }

    @Test
    void cancelsWhatTheClientRunsAtAllNodes() throws Exception {
        for (SessionFixture fixture : List.of(one, two)) {
            try (PgClient victim = fixture.client(); PgClient other = fixture.client()) {
                sleep(fixture, victim);
                assertEquals(YES, ask(other, cancel(victim)));
                assertEquals("T error 57014 Z:I", told(victim.receiveUntilReady()));
                sleep(fixture, victim);
                assertEquals("1 t[23] T 2 T row(t) [SELECT 1] Z:I", exchange(other,
                        parse("", "SELECT pg_cancel_backend($1) AS gone"), describeStatement(""),
                        bind("", "", id(victim)), describePortal(""), execute(""), new Sync()));
                assertEquals("T error 57014 Z:I", told(victim.receiveUntilReady()));
                sleep(fixture, victim);
                byte[] binary = ByteBuffer.allocate(4).putInt(id(victim)).array();
                other.send(parse("", "SELECT pg_catalog.pg_cancel_backend($1::int)", PgOid.INT4),
                        new Bind("", "", List.of(1), List.of(Bytes.of(binary)), List.of(1)), execute(""), new Sync());
                assertTrue(other.receiveUntilReady().contains(new DataRow(List.of(Bytes.of((byte) 1)))));
                assertEquals("T error 57014 Z:I", told(victim.receiveUntilReady()));
                // Nothing runs: there is nothing to cancel, and the client goes on.
                assertEquals(YES, ask(other, "SELECT pg_cancel_backend('" + id(victim) + "')"));
                assertEquals("T row(1) [SELECT 1] Z:I", ask(victim, "SELECT 1"));
            }
        }
    }

    @Test
    void terminatesTheClient() throws Exception {
        for (SessionFixture fixture : List.of(one, two)) {
            try (PgClient other = fixture.client()) {
                for (String call : List.of("pg_terminate_backend(%d)", "pg_terminate_backend(%d, 5000)")) {
                    try (PgClient victim = fixture.client(); PgClient idle = fixture.client()) {
                        sleep(fixture, victim);
                        for (PgClient client : List.of(victim, idle)) {
                            assertEquals(YES, ask(other, "SELECT " + call.formatted(id(client))));
                            assertTrue(endedBy57P01(client));
                            assertEquals(NOBODY, ask(other, "SELECT " + call.formatted(id(client))));
                        }
                    }
                }
                assertEquals("1 2 row(null) [SELECT 1] Z:I", exchange(other,
                        run("SELECT pg_terminate_backend($1, $2)", id(other), null), new Sync()));
                assertEquals("T error 22003 Z:I", ask(other, "SELECT pg_terminate_backend(" + id(other) + ", '-1')"));
            }
        }
    }

    private static boolean endedBy57P01(PgClient client) throws Exception {
        while (true) {
            if (client.receive() instanceof ErrorResponse error) {
                return error.fields().sqlState().equals("57P01") && client.closedByServer();
            }
        }
    }

    @Test
    void aClientMaySignalItself() throws Exception {
        for (SessionFixture fixture : List.of(one, two)) {
            for (boolean byFunction : List.of(false, true)) {
                try (PgClient client = fixture.client()) {
                    String own = byFunction ? "pg_catalog.pg_backend_pid()" : "" + id(client);
                    String cancel = "SELECT pg_cancel_backend(" + own + ")";
                    assertEquals("T error 57014 Z:I", ask(client, cancel));
                    ask(client, "BEGIN");
                    assertEquals("T error 57014 Z:E", ask(client, cancel));
                    ask(client, "ROLLBACK");
                    assertEquals("1 t[] T 2 error 57014 Z:I", exchange(client, parse("", cancel), describeStatement(""),
                            bind("", ""), execute(""), new Sync()));
                    client.send(new Query("SELECT pg_terminate_backend(" + own + ")"));
                    assertTrue(endedBy57P01(client));
                }
            }
        }
    }

    /** Those of the same role may, its members, superusers; nobody else. */
    @Test
    void whoMay() throws Exception {
        for (SessionFixture fixture : List.of(one, two)) {
            try (PgClient postgres = fixture.client();
                    PgClient alice = client(fixture, ALICE);
                    PgClient alsoAlice = client(fixture, ALICE);
                    PgClient bob = client(fixture, BOB);
                    PgClient carol = client(fixture, CAROL)) {
                for (PgClient allowed : List.of(postgres, alsoAlice, carol)) {
                    assertEquals(YES, ask(allowed, cancel(alice)));
                }
                String denied = "T error 42501 Z:I";
                assertEquals(denied, ask(bob, cancel(alice)));
                assertEquals(denied, ask(alice, cancel(carol)));
                assertEquals(denied, ask(carol, cancel(postgres)));
                assertEquals(denied, ask(bob, "SELECT pg_terminate_backend(" + id(alice) + ")"));
                assertEquals("T row(1) [SELECT 1] Z:I", ask(alice, "SELECT 1"));
                ask(postgres, "SET ROLE " + BOB);
                assertEquals(denied, ask(postgres, cancel(alice)));
                assertEquals(YES, ask(postgres, cancel(bob)));
                ask(postgres, "RESET ROLE");
                assertEquals(YES, ask(postgres, cancel(alice)));
                assertEquals("1 2 error 42501 Z:I",
                        exchange(bob, run("SELECT pg_cancel_backend($1)", id(alice)), new Sync()));
                assertEquals("1 2 row(t) [SELECT 1] Z:I",
                        exchange(carol, run("SELECT pg_cancel_backend($1)", id(alice)), new Sync()));
            }
        }
    }

    /** The proxy knows who is who: a runaway that holds all connections can be got rid of. */
    @Test
    void noConnectionIsNeeded() throws Exception {
        List<PgClient> holders = two.clients(2);
        try (PgClient other = two.client()) {
            for (PgClient holder : holders) {
                ask(holder, "BEGIN");
                assertEquals("T row(2) [SELECT 1] Z:T", ask(holder, "SELECT count(*) FROM items"));
            }
            for (PgClient holder : holders) {
                assertEquals(YES, ask(other, "SELECT pg_terminate_backend(" + id(holder) + ")"));
                assertTrue(endedBy57P01(holder));
            }
        }
    }

    /** A node would say that there is no such process, and the client would believe it. */
    @Test
    void whatCannotBeServedIsRefused() throws Exception {
        for (SessionFixture fixture : List.of(one, two)) {
            try (PgClient client = fixture.client()) {
                int id = id(client);
                int elsewhere = id ^ 1 << 20;
                for (String sql : List.of("SELECT 1, pg_cancel_backend(" + id + ")",
                        "SELECT pg_terminate_backend(" + id + ") FROM countries",
                        "SELECT count(*) WHERE pg_cancel_backend('" + id + "'::int)",
                        "WITH c AS (SELECT pg_cancel_backend(" + id + ")) SELECT * FROM c")) {
                    assertEquals("error TL002 Z:I", ask(client, sql), sql);
                }
                assertEquals("T error TL002 Z:I", ask(client, "SELECT pg_cancel_backend(" + elsewhere + ")"));
                assertEquals("error TL002 Z:I", exchange(client,
                        parse("", "SELECT pg_cancel_backend($1) FROM countries"), new Sync()));
                assertEquals("1 2 error 22P02 Z:I",
                        exchange(client, run("SELECT pg_cancel_backend($1)", "me"), new Sync()));
                assertEquals("1 2 error 42883 Z:I", exchange(client,
                        parse("", "SELECT pg_cancel_backend($1)", PgOid.TEXT), bind("", "", id), execute(""),
                        new Sync()));
                assertEquals("error 42P02 Z:I", ask(client, "SELECT pg_cancel_backend($1)"));
                // It was an internal error.
                assertEquals("error TL002 Z:I", ask(client, "PREPARE s AS SELECT pg_cancel_backend($1)"));
                exchange(client, parse("p", "SELECT pg_cancel_backend($1)"), new Sync());
                assertEquals("error TL002 Z:I", ask(client, "EXECUTE p(" + id + ")"));
                ask(client, "BEGIN");
                assertEquals("error TL002 Z:E", ask(client, "DECLARE c CURSOR FOR " + cancel(client)));
                ask(client, "ROLLBACK");
            }
        }
    }

    /** A database with one node takes its process ids as ever. */
    @Test
    void processIdsOfTheNodeAreTheNodes() throws Exception {
        try (PgClient victim = one.client(); PgClient other = one.client()) {
            sleep(one, victim);
            String pid = one.ask(0, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
            assertEquals("1 2 row(t) [SELECT 1] Z:I",
                    exchange(other, run("SELECT pg_cancel_backend($1)", pid), new Sync()));
            assertEquals("T error 57014 Z:I", told(victim.receiveUntilReady()));
            sleep(one, victim);
            assertEquals(YES, ask(other, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                    + " WHERE wait_event = 'PgSleep'"));
            assertEquals("T error 57014 Z:I", told(victim.receiveUntilReady()));
            assertEquals("1 2 notice 01000 row(f) [SELECT 1] Z:I",
                    exchange(other, run("SELECT pg_terminate_backend($1)", 1), new Sync()));
            ask(other, "BEGIN");
            assertEquals("1 2 notice 01000 row(f) [SELECT 1] Z:T",
                    exchange(other, run("SELECT pg_cancel_backend($1)", 1), new Sync()));
            ask(other, "COMMIT");
        }
        try (PgClient client = two.client()) {
            assertEquals("1 2 error TL002 Z:I",
                    exchange(client, run("SELECT pg_cancel_backend($1)", 1), new Sync()));
        }
    }
}
