package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * SET CONSTRAINTS over two nodes, beside a database of PostgreSQL's own: the nodes that take part are told, and those that join
 * the transaction later. It was refused.
 */
@Timeout(300)
class SetConstraintsTest {

    private static final String PARENT = "ALTER TABLE items ADD parent int8 CONSTRAINT items_parent REFERENCES items DEFERRABLE";
    private static final String BODY = "ALTER TABLE notes ADD CONSTRAINT notes_body UNIQUE (body) DEFERRABLE";

    private static SessionFixture fixture;
    private static String plain;
    private static long a;
    private static long a2;
    private static long b;
    private static long b2;
    private PgClient client;
    private PgClient direct;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.withSchema(TestNodes.nodes(2), PARENT, BODY, "pool: { size: 1 }");
        a = fixture.key(0, 0);
        a2 = fixture.key(0, 1);
        b = fixture.key(1, 0);
        b2 = fixture.key(1, 1);
        plain = TestNodes.createDatabase("plain", fixture.nodes.subList(0, 1));
        TestNodes.execute(fixture.nodes.getFirst(), plain, "CREATE TABLE items (k int8 PRIMARY KEY, v text NOT NULL);"
                + "CREATE TABLE words (w text PRIMARY KEY, n int);" + PARENT);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
        TestNodes.dropDatabase(plain, fixture.nodes.subList(0, 1));
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        TestNodes.execute(fixture.nodes.getFirst(), plain, "TRUNCATE items");
        client = fixture.client();
        direct = PgClient.login("127.0.0.1", fixture.nodes.getFirst().port(), SessionFixture.USER, plain, null);
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        direct.close();
        fixture.awaitAllReturned();
    }

    private static String insert(long key, long parent) {
        return "INSERT INTO items VALUES (" + key + ", 'v', " + parent + ")";
    }

    private static String select(long key) {
        return "SELECT v, parent FROM items WHERE k = " + key;
    }

    /** What is said is answered as by PostgreSQL, one after the other, and leaves the same rows. */
    private void same(String... statements) throws IOException {
        for (String sql : statements) {
            assertEquals(ask(direct, sql), ask(client, sql), sql);
        }
        for (long key : new long[]{a, a2, b, b2}) {
            assertEquals(ask(direct, select(key)), ask(client, select(key)));
        }
    }

    @Test
    void whatIsDeferredIsCheckedAtCommit() throws Exception {
        same("BEGIN", "SET CONSTRAINTS ALL DEFERRED", insert(a, a2), insert(a2, a), "COMMIT");
        same("BEGIN", "SET CONSTRAINTS items_parent DEFERRED", insert(b, b2), "COMMIT");
        same("BEGIN", "set constraints public.items_parent deferred", select(a), insert(b, b2), insert(b2, b),
                "COMMIT");
    }

    @Test
    void aNodeThatJoinsLaterIsTold() throws Exception {
        same("BEGIN", select(a), "SET CONSTRAINTS ALL DEFERRED", insert(b, b2), "SET CONSTRAINTS ALL IMMEDIATE",
                "SELECT 1", "ROLLBACK");
        same("BEGIN", select(a), "SET CONSTRAINTS items_parent DEFERRED", "SET CONSTRAINTS ALL IMMEDIATE",
                insert(b, b2), "ROLLBACK");
    }

    @Test
    void whatIsNoLongerDeferredIsCheckedAtEveryNode() throws Exception {
        same("BEGIN", "SET CONSTRAINTS ALL DEFERRED", insert(b, b2), select(a),
                "SET CONSTRAINTS items_parent IMMEDIATE",
                "COMMIT");
        same("BEGIN", "SET CONSTRAINTS ALL DEFERRED", insert(b, b2), insert(b2, b), select(a),
                "SET CONSTRAINTS items_parent IMMEDIATE", "COMMIT");
    }

    @Test
    void aSavepointTakesItBack() throws Exception {
        same("BEGIN", "SAVEPOINT s", "SET CONSTRAINTS ALL DEFERRED", "ROLLBACK TO s", insert(a, a2), "ROLLBACK");
        same("BEGIN", "SET CONSTRAINTS ALL DEFERRED", "SAVEPOINT s", "SET CONSTRAINTS ALL IMMEDIATE", "ROLLBACK TO s",
                insert(a, a2), insert(a2, a), "COMMIT");
        same("BEGIN", "SAVEPOINT s", "SET CONSTRAINTS ALL DEFERRED", "RELEASE s", insert(b, b2), insert(b2, b),
                "COMMIT");
    }

    @Test
    void outsideOfATransactionItDoesNothing() throws Exception {
        same("SET CONSTRAINTS ALL DEFERRED", "SET CONSTRAINTS items_parent DEFERRED", insert(a, a2),
                "SET CONSTRAINTS items_pkey DEFERRED", "BEGIN", "SET CONSTRAINTS items_pkey DEFERRED", "ROLLBACK",
                "BEGIN", "SET CONSTRAINTS ALL DEFERRED", "COMMIT AND CHAIN", insert(a, a2), "ROLLBACK");
    }

    @Test
    void stringsAndPipelinesAreTransactions() throws Exception {
        same("BEGIN; SET CONSTRAINTS ALL DEFERRED; " + insert(a, a2) + "; " + insert(a2, a) + "; COMMIT",
                "SET CONSTRAINTS ALL DEFERRED; " + insert(b, b2) + "; " + insert(b2, b),
                "SET CONSTRAINTS ALL DEFERRED; " + select(a) + "; DELETE FROM items WHERE k = " + b + "; "
                        + insert(b, b2),
                "SET CONSTRAINTS ALL DEFERRED; DELETE FROM items WHERE k = " + b
                        + "; SET CONSTRAINTS ALL IMMEDIATE; " + select(a));
        for (String delete : new String[]{"DELETE FROM items WHERE k = " + b, "DELETE FROM items WHERE k = " + a}) {
            Object[] pipeline = {run(select(a)), run("SET CONSTRAINTS ALL DEFERRED"), run(delete), new Sync()};
            assertEquals(exchange(direct, pipeline), exchange(client, pipeline), delete);
        }
        same();
    }

    /** Another node would not know them. */
    @Test
    void namesThatNotEveryNodeHasAreRefused() throws Exception {
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("error TL002 Z:E", ask(client, "SET CONSTRAINTS notes_body DEFERRED"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("error TL002 Z:I", ask(client, "SET CONSTRAINTS nosuch IMMEDIATE"));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("[SET CONSTRAINTS] Z:T", ask(client, "SET CONSTRAINTS ALL DEFERRED"));
        assertEquals("[INSERT 0 2] Z:T", ask(client, "INSERT INTO notes VALUES (1, 'x'), (2, 'x')"));
        assertEquals("error 23505 Z:I", ask(client, "COMMIT"));
    }
}
