package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.execute.MergeMemory;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendMessage.Query;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Merges of large results in which somebody is slow, stops or is lost: a node, or the client. The rows of a node are larger than
 * all sockets on the way, so that whoever is not read stands still.
 */
@Timeout(300)
class FanOutMergeTest {

    private static final int ROWS = 16_000;
    /** Rows of about four kilobytes. */
    private static final String SORTED = "SELECT k, repeat(v, 4000) FROM items ORDER BY k";
    /** All rows of node a before those of node b. */
    private static final String ONE_NODE_FIRST = "SELECT v, k, repeat(v, 4000) FROM items ORDER BY v, k";
    /** What is held of a node at the most: the mark, and the reads that were under way when it was passed. */
    private static final int MOST_OF_A_NODE = 512 * 1024;
    private static final String STANDS_STILL = "wait_event = 'ClientWrite'";

    private static SessionFixture fixture;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2);
        for (int node = 0; node < 2; node++) {
            fixture.onNode(node,
                    "INSERT INTO items SELECT k, '" + SessionFixture.name(node) + "' FROM generate_series(1, "
                            + ROWS + ") k WHERE (hashint8extended(k, 8816678312871386365) & 255) / 128 = " + node);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        client = fixture.client();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        client.close();
        fixture.awaitAllReturned();
        SessionFixture.await("no row waits", () -> queuedBytes() == 0);
    }

    private static int queuedBytes() throws Exception {
        return fixture.metric("trunkline_fanout_queued_bytes\\{[^}]*\\} ([0-9.E]+)");
    }

    private static boolean standsStill(int node) throws Exception {
        return fixture.backends(node, STANDS_STILL) == 1;
    }

    /** Waits until both nodes stand still and nothing has come from them for a while, since the sockets are full. */
    private static void awaitRest() throws Exception {
        long[] last = {-1, 0};
        SessionFixture.await("nothing moves", () -> {
            long bytes = fixture.metric("trunkline_node_bytes_total\\{[^}]*from_node[^}]*\\} ([0-9.E]+)");
            boolean still = standsStill(0) && standsStill(1) && bytes == last[0];
            last[0] = bytes;
            last[1] = still ? last[1] + 1 : 0;
            return last[1] >= 5;
        });
    }

    private static Connection locked(int node) throws Exception {
        Connection lock = fixture.nodes.get(node).connect(fixture.database);
        lock.setAutoCommit(false);
        try (Statement statement = lock.createStatement()) {
            statement.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE");
        }
        return lock;
    }

    /** Reads rows whose keys must count up from {@code first}, and what ends them; returns how many. */
    private int readSorted(int first, int most) throws Exception {
        int rows = 0;
        while (rows < most) {
            BackendMessage message = client.receive();
            if (!(message instanceof DataRow row)) {
                assertEquals("SELECT " + ROWS, assertInstanceOf(CommandComplete.class, message).tag());
                client.receiveUntilReady();
                break;
            }
            assertEquals("" + (first + rows), row.values().getFirst().text());
            rows++;
        }
        return rows;
    }

    @Test
    void aSlowNodeHoldsTheOtherBack() throws Exception {
        Connection lock = locked(1);
        client.send(new Query(SORTED));
        SessionFixture.await("node a stands still, and is read", () -> standsStill(0) && queuedBytes() > 0);
        int queued = queuedBytes();
        assertTrue(queued > 0 && queued < MOST_OF_A_NODE, "held " + queued);
        lock.close();
        assertInstanceOf(RowDescription.class, client.receive());
        assertEquals(ROWS, readSorted(1, Integer.MAX_VALUE));
    }

    /** Distinct rows in no order are held until the statement is over, however that comes. */
    @Test
    void whatIsHeldIsGivenBack() throws Exception {
        Query distinct = new Query("SELECT DISTINCT md5(k::text) FROM items");
        Connection lock = locked(1);
        client.send(distinct);
        SessionFixture.await("rows are held", () -> fixture.metric("trunkline_merge_bytes ([0-9.E]+)") > 0);
        lock.close();
        client.receiveUntilReady();
        assertEquals(0, MergeMemory.bytes());
        lock = locked(1);
        client.send(distinct);
        SessionFixture.await("rows are held", () -> MergeMemory.bytes() > 0);
        client.close();
        SessionFixture.await("nothing is held for nobody", () -> MergeMemory.bytes() == 0);
        lock.close();
    }

    @Test
    void aClientThatStopsReadingStopsBothNodes() throws Exception {
        client.send(new Query(SORTED));
        awaitRest();
        int queued = queuedBytes();
        assertTrue(queued > 0 && queued < 2 * MOST_OF_A_NODE, "held " + queued);
        assertInstanceOf(RowDescription.class, client.receive());
        assertEquals(100, readSorted(1, 100));
        awaitRest();
        assertEquals(ROWS - 100, readSorted(101, Integer.MAX_VALUE));
    }

    @Test
    void aClientThatGoesAwayInTheMiddleLeavesNothing() throws Exception {
        client.send(new Query(SORTED));
        awaitRest();
        client.close();
        fixture.awaitAllReturned();
        SessionFixture.await("no node works on", () -> fixture.backends(0, "state = 'active'") == 0
                && fixture.backends(1, "state = 'active'") == 0);
    }

    @Test
    void aNodeThatIsLostInTheMiddleEndsTheStatementOnly() throws Exception {
        client.send(new Query(SORTED));
        assertInstanceOf(RowDescription.class, client.receive());
        assertEquals(100, readSorted(1, 100));
        awaitRest();
        fixture.onNode(1, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND " + STANDS_STILL);
        ErrorResponse error = error();
        assertEquals("58000", error.fields().sqlState());
        String detail = error.fields().get(ErrorFields.DETAIL);
        assertTrue(detail.startsWith("Node b "), detail);
        client.receiveUntilReady();
        SessionFixture.await("node a has stopped, too", () -> fixture.backends(0, "state = 'active'") == 0);
        SessionFixture.await("no row waits", () -> queuedBytes() == 0);
        assertCounts();
    }

    @Test
    void aNodeThatIsLostWhileTheOtherIsHeldBack() throws Exception {
        Connection lock = locked(1);
        try {
            client.send(new Query(SORTED));
            SessionFixture.await("node a stands still", () -> standsStill(0));
            fixture.onNode(1, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    + " current_database() AND wait_event_type = 'Lock'");
            assertInstanceOf(RowDescription.class, client.receive());
            assertEquals("58000", error().fields().sqlState());
            client.receiveUntilReady();
        } finally {
            lock.close();
        }
        assertCounts();
    }

    @Test
    void aCancelWhileOneNodeIsSlowAndTheOtherHeldBack() throws Exception {
        Connection lock = locked(1);
        try {
            client.send(new Query(SORTED));
            SessionFixture.await("node a stands still", () -> standsStill(0));
            client.cancel();
            assertInstanceOf(RowDescription.class, client.receive());
            assertEquals("57014", error().fields().sqlState());
            client.receiveUntilReady();
        } finally {
            lock.close();
        }
        assertCounts();
    }

    /** The session and its connections work as before. */
    private void assertCounts() throws Exception {
        assertEquals(List.of("" + ROWS), client.query("SELECT count(*) FROM items").stream()
                .filter(DataRow.class::isInstance).map(m -> ((DataRow) m).values().getFirst().text()).toList());
    }

    /** The next error; rows before it are passed over. */
    private ErrorResponse error() throws Exception {
        while (true) {
            BackendMessage message = client.receive();
            if (message instanceof ErrorResponse error) {
                return error;
            }
            assertInstanceOf(DataRow.class, message);
        }
    }

    /** What node b has to give for one fetch is more than what is held of it, and is not wanted before the end. */
    @Test
    void fetchesAreServedThoughOneNodesRowsComeLast() throws Exception {
        try (Connection connection = DriverManager.getConnection(fixture.jdbcUrl() + "&socketTimeout=60")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(2_000);
                long sum = 0;
                int rows = 0;
                String last = null;
                try (ResultSet result = statement.executeQuery(ONE_NODE_FIRST)) {
                    while (result.next()) {
                        rows++;
                        sum += result.getLong(2);
                        assertTrue(last == null || last.compareTo(result.getString(1)) <= 0);
                        last = result.getString(1);
                    }
                }
                assertEquals(ROWS, rows);
                assertEquals(ROWS * (ROWS + 1L) / 2, sum);
            }
        }
    }

    /** A fetch that is left in the middle: the nodes' portals go with the transaction. */
    @Test
    void aFetchThatIsLeftInTheMiddleHoldsNoNode() throws Exception {
        try (Connection connection = DriverManager.getConnection(fixture.jdbcUrl() + "&socketTimeout=60")) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(100);
                try (ResultSet result = statement.executeQuery(ONE_NODE_FIRST)) {
                    assertTrue(result.next());
                    SessionFixture.await("no node works on", () -> fixture.backends(0, "state = 'active'") == 0
                            && fixture.backends(1, "state = 'active'") == 0);
                }
                try (ResultSet result = statement.executeQuery("SELECT count(*) FROM items")) {
                    assertTrue(result.next());
                    assertEquals(ROWS, result.getLong(1));
                }
            }
            connection.commit();
        }
    }

    /** The nodes' rest is dropped, or cancelled: the first rows don't wait for all. */
    @Test
    void aLimitThatIsReachedEndsTheNodesWork() throws Exception {
        for (int i = 0; i < 2; i++) {
            client.send(new Query("SELECT v, k, repeat(v, 10000) FROM items ORDER BY v, k LIMIT 2000"));
            assertInstanceOf(RowDescription.class, client.receive());
            for (int row = 0; row < 2_000; row++) {
                assertEquals("a", assertInstanceOf(DataRow.class, client.receive()).values().getFirst().text());
            }
            assertEquals("SELECT 2000", assertInstanceOf(CommandComplete.class, client.receive()).tag());
            client.receiveUntilReady();
            assertNull(client.query("SELECT count(*) FROM items").stream().filter(ErrorResponse.class::isInstance)
                    .findAny().orElse(null));
        }
    }
}
