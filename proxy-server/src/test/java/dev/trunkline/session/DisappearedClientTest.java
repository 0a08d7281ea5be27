package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that goes away in the middle: what runs for it is cancelled, and its connections are soon somebody else's. */
class DisappearedClientTest {

    private static final String SLEEP = "SELECT pg_sleep(60)";
    private static final String RUNS = "query LIKE '%pg_sleep%' AND state = 'active'";

    private static SessionFixture shop;

    @BeforeAll
    static void start() throws Exception {
        // A connection that is not given back leaves none for the next client.
        shop = SessionFixture.start(2, "pool: { size: 1 }", "functions: { pg_sleep: any }");
        for (int node = 0; node < 2; node++) {
            shop.onNode(node, "INSERT INTO items VALUES (" + shop.key(node, 0) + ", 'x')");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    private static void leave(PgClient client, String how) throws Exception {
        switch (how) {
            case "terminate" -> client.close();
            case "close" -> client.socket().close();
            case "reset" -> client.reset();
            default -> throw new IllegalArgumentException(how);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"terminate", "close", "reset"})
    void itsStatementIsCancelled(String how) throws Exception {
        PgClient client = shop.client();
        client.send(new Query(SLEEP));
        SessionFixture.await("it runs", () -> shop.backends(0, RUNS) == 1);
        leave(client, how);
        SessionFixture.await("it is cancelled", () -> shop.backends(0, RUNS) == 0);
        assertNextClientIsServed();
    }

    /** The client has sent so much ahead that it is not read any more: its end is seen all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"close", "reset"})
    void alsoWhenItIsNotRead(String how) throws Exception {
        PgClient client = shop.client();
        client.send(new Query(SLEEP));
        List<FrontendMessage> ahead = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ahead.add(new Query("SELECT '" + "x".repeat(1000) + "'"));
        }
        client.send(ahead.toArray(FrontendMessage[]::new));
        SessionFixture.await("it runs", () -> shop.backends(0, RUNS) == 1);
        leave(client, how);
        SessionFixture.await("it is cancelled", () -> shop.backends(0, RUNS) == 0);
        assertNextClientIsServed();
    }

    @Test
    void onEveryNodeOfAFanOut() throws Exception {
        PgClient client = shop.client();
        client.send(new Query("SELECT k, pg_sleep(60) FROM items"));
        for (int node = 0; node < 2; node++) {
            int at = node;
            SessionFixture.await("it runs", () -> shop.backends(at, RUNS) == 1);
        }
        leave(client, "close");
        for (int node = 0; node < 2; node++) {
            int at = node;
            SessionFixture.await("it is cancelled", () -> shop.backends(at, RUNS) == 0);
        }
        assertNextClientIsServed();
    }

    /** What it has written in its transaction is gone, with its locks. */
    @Test
    void itsTransactionIsRolledBack() throws Exception {
        PgClient client = shop.client();
        Talk.ask(client, "BEGIN");
        Talk.ask(client, "INSERT INTO notes VALUES (1, 'never')");
        leave(client, "reset");
        try (PgClient next = shop.client()) {
            assertEquals("[INSERT 0 1] Z:I", Talk.ask(next, "INSERT INTO notes VALUES (1, 'instead')"));
            assertEquals("[TRUNCATE TABLE] Z:I", Talk.ask(next, "TRUNCATE notes"));
        }
        assertNextClientIsServed();
    }

    private static void assertNextClientIsServed() throws Exception {
        try (PgClient next = shop.client()) {
            assertEquals("T row(2) [SELECT 1] Z:I", Talk.ask(next, "SELECT count(*) FROM items"));
        }
        shop.awaitNothingLeft();
    }
}
