package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.BackendMessage.NoData;
import dev.trunkline.wire.BackendMessage.ParameterDescription;
import dev.trunkline.wire.BackendMessage.ParseComplete;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Prepared statements of the protocol and of SQL over two nodes, with one connection to each. */
@Timeout(300)
class PreparedStatementTest {

    private static final String SELECT = "SELECT v FROM items WHERE k = $1";

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 1 }");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitAllReturned();
    }

    // ---- what a text means

    /** Constants are read when a statement is parsed: what one client's DateStyle and TimeZone made of them is no other's. */
    @Test
    void aConstantIsReadByTheSettingsOfItsOwnSession() throws Exception {
        String sql = "SELECT '01/02/2003'::date - '2000-01-01', '2020-01-01'::timestamptz = '2020-01-01 00:00+00'";
        String[][] readings = {{"UTC", "ISO, MDY", "1097,t"}, {"Asia/Tokyo", "ISO, DMY", "1127,f"},
                {"UTC", "ISO, DMY", "1127,t"}, {"UTC", "ISO, MDY", "1097,t"}};
        for (String[] reading : readings) {
            try (PgClient other = fixture.client()) {
                ask(other, "SET TimeZone = '" + reading[0] + "'");
                ask(other, "SET DateStyle = '" + reading[1] + "'");
                assertEquals("1 2 row(" + reading[2] + ") [SELECT 1] Z:I",
                        exchange(other, parse("s", sql), bind("", "s"), execute(""), new Sync()));
            }
        }
        // A session that goes on to another setting has it read again.
        assertEquals("1 Z:I", exchange(client, parse("s", sql), new Sync()));
        for (String[] reading : readings) {
            ask(client, "BEGIN");
            ask(client, "SET LOCAL TimeZone = '" + reading[0] + "'");
            ask(client, "SET LOCAL DateStyle = '" + reading[1] + "'");
            assertEquals("2 row(" + reading[2] + ") [SELECT 1] Z:T",
                    exchange(client, bind("", "s"), execute(""), new Sync()));
            ask(client, "COMMIT");
        }
    }

    /** 'now' is the moment at which the statement was prepared, by the client itself. */
    @Test
    void aMomentIsTheClientsOwn() throws Exception {
        String sql = "SELECT 'now'::timestamptz >= $1::timestamptz";
        for (int i = 0; i < 2; i++) {
            try (PgClient other = fixture.client()) {
                String before = value(other, "SELECT clock_timestamp()");
                assertEquals("1 2 row(t) [SELECT 1] Z:I",
                        exchange(other, parse("s", sql), bind("", "s", before), execute(""), new Sync()));
            }
        }
    }

    /** pgjdbc prepares again after SET search_path: within a transaction, too, it is the table of the new path. */
    @Test
    void aStatementThatIsPreparedAfterThePathHasChangedIsOfTheNewPath() throws Exception {
        fixture.onNode(0, "CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.lonely AS SELECT 1 AS a;"
                + " CREATE TABLE two.lonely AS SELECT 'two' AS a");
        String sql = "SELECT * FROM lonely";
        ask(client, "BEGIN");
        ask(client, "SET search_path = one");
        assertEquals("1 t[] T Z:T", exchange(client, parse("s1", sql), describeStatement("s1"), new Sync()));
        assertEquals("2 row(1) [SELECT 1] Z:T", exchange(client, bind("", "s1"), execute(""), new Sync()));
        ask(client, "SET search_path = two");
        assertEquals("1 t[] T 2 row(two) [SELECT 1] Z:T", exchange(client, parse("s2", sql), describeStatement("s2"),
                bind("", "s2"), execute(""), new Sync()));
        // The first one's columns would be others than the client was told.
        assertEquals("error 0A000 Z:E", exchange(client, bind("", "s1"), execute(""), new Sync()));
        ask(client, "ROLLBACK");
        ask(client, "SET search_path = one");
        assertEquals("2 row(1) [SELECT 1] Z:I", exchange(client, bind("", "s1"), execute(""), new Sync()));
    }

    /** A node would read the text otherwise than it was read when it was prepared. */
    @Test
    void aTextWithBackslashesIsReadAsItWasWhenPrepared() throws Exception {
        String sql = "SELECT length('a\\\\b')";
        exchange(client, parse("s", sql), new Sync());
        assertEquals("2 row(4) [SELECT 1] Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        ask(client, "SET standard_conforming_strings = off");
        assertEquals("error TL002 Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        assertTrue(exchange(client, parse("t", sql), bind("", "t"), execute(""), new Sync()).contains("row(3)"));
        ask(client, "RESET standard_conforming_strings");
        assertEquals("2 row(4) [SELECT 1] Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        assertEquals("error TL002 Z:I", exchange(client, bind("", "t"), execute(""), new Sync()));
        assertEquals("error TL002 Z:I", ask(client, "EXECUTE t"));
    }

    // ---- what is known needs no node

    /** pgbench -M prepared with 64 clients in one thread and 20 connections stood still: the 21st waited in Parse. */
    @Test
    void aKnownStatementIsPreparedWithoutAConnection() throws Exception {
        String sql = "SELECT v, 'known' FROM items WHERE k = $1";
        assertEquals("1 t[20] T Z:I",
                exchange(client, parse("s", sql), describeStatement("s"), new Sync()));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("T row(a,known) [SELECT 1] Z:T",
                ask(client, "SELECT v, 'known' FROM items WHERE k = " + onA));
        assertEquals("T row(b,known) [SELECT 1] Z:T",
                ask(client, "SELECT v, 'known' FROM items WHERE k = " + onB));
        try (PgClient other = fixture.client()) {
            assertEquals("1 Z:I", exchange(other, parse("mine", sql), new Sync()));
            assertEquals("t[20] T Z:I", exchange(other, describeStatement("mine"), new Sync()));
            assertEquals("1 t[20] T Z:I",
                    exchange(other, parse("again", sql + " /* and */"), describeStatement("again"), new Sync()));
            assertEquals("[PREPARE] Z:I", ask(other, "PREPARE sql AS " + sql));
            assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
            assertEquals("2 row(a,known) [SELECT 1] 2 row(b,known) [SELECT 1] Z:I", exchange(other,
                    bind("", "mine", onA), execute(""), bind("", "sql", onB), execute(""), new Sync()));
        }
    }

    @Test
    void whatIsKnownIsForgottenWhenAClientChangesTheSchema() throws Exception {
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TABLE changing (id int)"));
        String sql = "SELECT * FROM changing WHERE id = $1";
        assertEquals("1 t[23] T(id) Z:I", described(parse("s", sql), describeStatement("s"), new Sync()));
        assertEquals("[ALTER TABLE] Z:I", ask(client, "ALTER TABLE changing ADD more text"));
        try (PgClient other = fixture.client()) {
            assertEquals("1 t[23] T(id,more) Z:I", columns(other, parse("s", sql), describeStatement("s"), new Sync()));
        }
        assertEquals("[DROP TABLE] Z:I", ask(client, "DROP TABLE changing"));
        try (PgClient other = fixture.client()) {
            assertEquals("error 42P01 Z:I", exchange(other, parse("s", sql), new Sync()));
        }
    }

    private String described(FrontendMessage... messages) throws Exception {
        return columns(client, messages);
    }

    private static String columns(PgClient client, FrontendMessage... messages) throws Exception {
        return client.exchange(messages).stream().map(m -> m instanceof RowDescription d
                ? "T" + d.fields().stream().map(f -> f.name()).collect(Collectors.joining(",", "(", ")"))
                : word(m)).collect(Collectors.joining(" "));
    }

    // ---- comments

    /** sqlcommenter: a comment of its own in every statement. */
    @Test
    void textsThatDifferInCommentsAreOneStatement() throws Exception {
        int before = heldByNodes();
        for (int i = 0; i < 300; i++) {
            String comment = " /*traceparent='00-" + i + "-01',route='/items'*/";
            assertEquals("1 2 row(a) [SELECT 1] Z:I", exchange(client,
                    parse("s" + i, "SELECT v FROM items WHERE  k = $1" + comment), bind("", "s" + i, onA), execute(""),
                    new Sync()));
        }
        assertEquals(before + 1, heldByNodes());
        assertEquals("1 Z:I", exchange(client, parse("h", SELECT + " /*+ SeqScan(items) */"), new Sync()));
        assertEquals(before + 2, heldByNodes());
    }

    /** How many statements the connections to the nodes have prepared. */
    private static int heldByNodes() throws Exception {
        try (PgClient admin = PgClient.login(fixture.proxy.host(), fixture.proxy.port(), SessionFixture.USER,
                "trunkline",
                null)) {
            return admin.query("SHOW SERVERS").stream().filter(DataRow.class::isInstance)
                    .map(row -> ((DataRow) row).values())
                    .filter(row -> row.get(2).text().equals(fixture.database))
                    .mapToInt(row -> Integer.parseInt(row.getLast().text())).sum();
        }
    }

    /** pg_prepared_statements showed the connection's: those of all clients, as tl_1 and so on. */
    @Test
    void theClientsOwnAreListed() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE  two AS SELECT v FROM items WHERE k = $1 /* sic */"));
        assertEquals("1 1 Z:I", exchange(client, parse("one", SELECT), parse("", "SELECT 1"), new Sync()));
        String rows = "row(one," + SELECT + ") row(two," + SELECT + " /* sic */) [SHOW] Z:I";
        assertEquals("T " + rows, ask(client, "SHOW trunkline.prepared_statements"));
        assertEquals("1 2 T " + rows, exchange(client, parse("", "SHOW trunkline.prepared_statements"), bind("", ""),
                describePortal(""), execute(""), new Sync()));
        for (String sql : List.of("TABLE pg_prepared_statements", "SELECT FROM pg_catalog.pg_prepared_statements p")) {
            assertTrue(ask(client, sql).endsWith("[SELECT 2] Z:I"), sql);
        }
        for (String sql : List.of("COPY (SELECT name FROM pg_prepared_statements) TO STDOUT",
                "SELECT pg_prepared_statement()", "SELECT name, custom_plans FROM pg_prepared_statements",
                "EXPLAIN SELECT name FROM pg_prepared_statements",
                "WITH w AS (SELECT 1) SELECT name FROM w, pg_prepared_statements",
                "CREATE TEMP TABLE t AS SELECT name FROM pg_prepared_statements",
                "SELECT pg_catalog.pg_prepared_statements.name FROM pg_catalog.pg_prepared_statements")) {
            assertEquals("error TL002 Z:I", ask(client, sql), sql);
        }
        List<FrontendMessage> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(parse("many" + i, "SELECT v FROM items WHERE k = $1 AND v <> '" + i + "'"));
        }
        many.add(new Sync());
        client.exchange(many.toArray(FrontendMessage[]::new));
        assertEquals("T row(302) [SELECT 1] Z:I",
                ask(client,
                        "SELECT count(DISTINCT name) FROM pg_prepared_statements WHERE parameter_types IS NOT NULL"));
        assertEquals("[DEALLOCATE ALL] Z:I", ask(client, "DEALLOCATE ALL"));
        assertEquals("T [SHOW] Z:I", ask(client, "SHOW trunkline.prepared_statements"));
        assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM pg_prepared_statements"));
    }

    // ---- how drivers do it

    /** SQLAlchemy on psycopg 3 and asyncpg: what a client leaves open is of the type that it is cast to. */
    @Test
    void numbersOfRowsThatAreCast() throws Exception {
        String sql = "/* trunkline: fan_out=allow */ SELECT v FROM items WHERE v IN ('a', 'b') ORDER BY v COLLATE \"C\""
                + " LIMIT $1::INTEGER OFFSET $2::smallint";
        assertEquals("1 t[23, 21] T 2 row(b) [SELECT 1] Z:I", exchange(client, parse("", sql), describeStatement(""),
                new Bind("", "", List.of(1), List.of(Bytes.of(new byte[]{0, 0, 0, 1}), Bytes.of(new byte[]{0, 1})),
                        List.of()),
                execute(""), new Sync()));
        assertEquals("1 2 row(a) row(b) [SELECT 2] Z:I",
                exchange(client, parse("", sql), bind("", "", "2", null), execute(""), new Sync()));
    }

    /** asyncpg: Flush instead of Sync, and Bind only when the description is there. */
    @Test
    void describedAfterFlush() throws Exception {
        client.send(parse("__asyncpg_stmt_1__", SELECT), describeStatement("__asyncpg_stmt_1__"), new Flush());
        assertTrue(client.receive() instanceof ParseComplete);
        assertTrue(client.receive() instanceof ParameterDescription);
        assertTrue(client.receive() instanceof RowDescription);
        assertEquals("2 row(b) [SELECT 1] Z:I",
                exchange(client, bind("", "__asyncpg_stmt_1__", onB), execute(""), new Sync()));
        client.send(parse("__asyncpg_stmt_2__", "DELETE FROM items WHERE k = $1"),
                describeStatement("__asyncpg_stmt_2__"), new Flush());
        assertTrue(client.receive() instanceof ParseComplete);
        assertTrue(client.receive() instanceof ParameterDescription);
        assertTrue(client.receive() instanceof NoData);
        assertEquals("2 [DELETE 1] Z:I",
                exchange(client, bind("", "__asyncpg_stmt_2__", onA), execute(""), new Sync()));
    }

    /** Npgsql: several statements are prepared in one batch, executed in another, and closed together. */
    @Test
    void aBatchIsPreparedAndExecuted() throws Exception {
        String insert = "INSERT INTO items VALUES ($1, $2)";
        assertEquals("1 t[20] T 1 t[20, 25] n Z:I", exchange(client, parse("_p1", SELECT), describeStatement("_p1"),
                parse("_p2", insert), describeStatement("_p2"), new Sync()));
        long another = fixture.key(0, 1);
        assertEquals("2 [INSERT 0 1] 2 row(x) [SELECT 1] 2 row(b) [SELECT 1] Z:I", exchange(client,
                bind("", "_p2", another, "x"), execute(""), bind("", "_p1", another), execute(""),
                bind("", "_p1", onB), execute(""), new Sync()));
        assertEquals("3 3 Z:I", exchange(client, closeStatement("_p1"), closeStatement("_p2"), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "_p1", onA), execute(""), new Sync()));
    }

    /** PDO: DEALLOCATE in SQL of what the protocol has prepared; pgx: the same within a pipeline. */
    @Test
    void sqlDeallocatesTheProtocolsStatement() throws Exception {
        assertEquals("1 Z:I", exchange(client, parse("pdo_stmt_00000001", SELECT), new Sync()));
        assertEquals("2 T row(a) [SELECT 1] Z:I", exchange(client, bind("", "pdo_stmt_00000001", onA),
                describePortal(""), execute(""), new Sync()));
        assertEquals("[DEALLOCATE] Z:I", ask(client, "DEALLOCATE pdo_stmt_00000001"));
        assertEquals("1 t[20] T Z:I", exchange(client, parse("stmtcache_1", SELECT), describeStatement("stmtcache_1"),
                new Sync()));
        assertEquals("2 row(b) [SELECT 1] 1 2 [DEALLOCATE] Z:I", exchange(client, bind("", "stmtcache_1", onB),
                execute(""), run("deallocate \"stmtcache_1\""), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "stmtcache_1", onB), new Sync()));
    }

    /** pgbench's \startpipeline with -M prepared: keys of two nodes in one pipeline, thirty times. */
    @Test
    void aPipelineOfManyBinds() throws Exception {
        assertEquals("1 Z:I", exchange(client, parse("P0_1", SELECT), new Sync()));
        List<FrontendMessage> pipeline = new ArrayList<>();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            boolean first = i % 3 != 1;
            pipeline.addAll(List.of(bind("", "P0_1", first ? onA : onB), describePortal(""), execute("")));
            expected.append("2 T row(").append(first ? "a" : "b").append(") [SELECT 1] ");
        }
        pipeline.add(new Sync());
        for (int round = 0; round < 3; round++) {
            assertEquals(expected + "Z:I", exchange(client, pipeline.toArray()));
        }
    }

    /** pgjdbc's PreparedStatement64KBindsTest: as many values as Bind can count. */
    @Test
    void aBindOf65535Values() throws Exception {
        int most = 65_535;
        String list = IntStream.rangeClosed(1, most).mapToObj(i -> "$" + i).collect(Collectors.joining(","));
        Object[] values = new Object[most];
        for (int i = 0; i < most; i++) {
            values[i] = i == most - 1 ? onB : i == 0 ? onA : -1_000_000L - i;
        }
        String keys = "SELECT v FROM items WHERE k IN (" + list + ") ORDER BY k";
        String expected = onA < onB ? "row(a) row(b)" : "row(b) row(a)";
        assertEquals("1 2 " + expected + " [SELECT 2] Z:I",
                exchange(client, parse("", keys), bind("", "", values), execute(""), new Sync()));
        assertEquals("1 Z:I", exchange(client, parse("many", "SELECT cardinality(ARRAY[" + list + "]::int8[])"),
                new Sync()));
        assertEquals("2 row(65535) [SELECT 1] Z:I",
                exchange(client, bind("", "many", values), execute(""), new Sync()));
    }

    // ---- SQL's, over nodes

    @Test
    void aWriteWhoseKeyIsNullIsRefused() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE ins(int8, text) AS INSERT INTO items VALUES ($1, $2)"));
        assertEquals("error TL003 Z:I", ask(client, "EXECUTE ins(null, 'x')"));
        assertEquals("[INSERT 0 1] Z:I", ask(client, "EXECUTE ins(" + fixture.key(1, 1) + ", 'x' || 'y')"));
        assertEquals("xy", fixture.ask(1, "SELECT v FROM items WHERE k = " + fixture.key(1, 1)));
    }

    @Test
    void twoWritersOfOneStringAreRefused() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE del AS DELETE FROM items WHERE k = $1"));
        assertEquals("[DELETE 1] error TL002 Z:I",
                ask(client, "EXECUTE del(" + onA + "); EXECUTE del(" + onB + ")"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("[DELETE 1] Z:T", ask(client, "EXECUTE del(" + onA + ")"));
        assertEquals("error TL002 Z:E", ask(client, "EXECUTE del(" + onB + ")"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void aFanOutTakesConstants() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE below(int8) AS SELECT count(*) FROM items WHERE k < $1"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE below(1000000)"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE below('1000000')"));
        assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "EXECUTE below(-1.5)"));
        assertEquals("error TL002 Z:I", ask(client, "EXPLAIN EXECUTE below(1)"));
        assertEquals("error TL002 Z:I", ask(client, "CREATE TABLE made AS EXECUTE below(1)"));
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE list AS SELECT count(*) FROM items WHERE k = ANY($1)"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE list('{" + onA + "," + onB + "}')"));
    }

    @Test
    void aRefusedStatementIsRefusedByPrepare() throws Exception {
        assertEquals("error TL002 Z:I", ask(client, "PREPARE p AS SELECT * FROM items a JOIN items b ON a.v = b.v"));
        assertEquals("error 26000 Z:I", ask(client, "EXECUTE p"));
    }

    @Test
    void aRoutingHintBelongsToThePrepare() throws Exception {
        assertEquals("[PREPARE] Z:I",
                ask(client, "/* trunkline: key=" + onB + " */ PREPARE p AS SELECT count(*) FROM items"));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "EXECUTE p"));
        assertEquals("error TL002 Z:I", ask(client, "/* trunkline: key=" + onA + " */ EXECUTE p"));
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE q AS SELECT v FROM items"));
        assertEquals("[SET] Z:I", ask(client, "SET trunkline.shard_key = '" + onA + "'"));
        assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "EXECUTE q"));
    }

    @Test
    void deallocateAllForgetsThem() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS " + SELECT));
        assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "EXECUTE p(" + onA + ")"));
        assertEquals("[DEALLOCATE ALL] Z:I", ask(client, "DEALLOCATE ALL"));
        assertEquals("error 26000 Z:I", ask(client, "EXECUTE p(" + onA + ")"));
    }
}
