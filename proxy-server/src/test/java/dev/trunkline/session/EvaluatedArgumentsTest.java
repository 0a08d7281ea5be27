package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * EXECUTE over two nodes with arguments that are no constants, beside a database of PostgreSQL's own with the same rows. All of
 * them were refused, or errors of the node's.
 */
@Timeout(300)
class EvaluatedArgumentsTest {

    private static final List<String> PREPARED = List.of(
            "PREPARE get(int8) AS SELECT v FROM items WHERE k = $1",
            "PREPARE put(int8, text) AS INSERT INTO items VALUES ($1, $2) RETURNING v",
            "PREPARE ins AS INSERT INTO items VALUES ($1, $2)",
            "PREPARE below(int8) AS SELECT count(*) FROM items WHERE k < $1",
            "PREPARE say(float8, timestamptz, text[], bool) AS SELECT $1, $2, $3, $4, k FROM items ORDER BY k",
            "PREPARE word(text) AS SELECT n FROM words WHERE w = $1",
            "PREPARE few(int8) AS SELECT k FROM items ORDER BY k LIMIT $1");

    private static SessionFixture fixture;
    private static String plain;
    private static long onA;
    private static long onB;
    private PgClient client;
    private PgClient direct;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.withSchema(TestNodes.nodes(2), "", "CREATE SEQUENCE ids", "pool: { size: 1 }");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
        plain = TestNodes.createDatabase("plain", fixture.nodes.subList(0, 1));
        TestNodes.execute(fixture.nodes.getFirst(), plain, "CREATE TABLE items (k int8 PRIMARY KEY, v text NOT NULL);"
                + "CREATE TABLE words (w text PRIMARY KEY, n int); CREATE SEQUENCE ids");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
        TestNodes.dropDatabase(plain, fixture.nodes.subList(0, 1));
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        fixture.onNode(0, "ALTER SEQUENCE ids RESTART");
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
        TestNodes.execute(fixture.nodes.getFirst(), plain, "TRUNCATE items; ALTER SEQUENCE ids RESTART;"
                + "INSERT INTO items VALUES (" + onA + ", 'a'), (" + onB + ", 'b')");
        client = fixture.client();
        direct = PgClient.login("127.0.0.1", fixture.nodes.getFirst().port(), SessionFixture.USER, plain, null);
        for (String prepare : PREPARED) {
            assertEquals("[PREPARE] Z:I", ask(client, prepare));
            assertEquals("[PREPARE] Z:I", ask(direct, prepare));
        }
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        direct.close();
        fixture.awaitAllReturned();
    }

    /** What a client is told, with all that an error says. */
    private static String all(List<BackendMessage> messages) {
        return messages.stream().map(m -> m instanceof ErrorResponse error ? error(error.fields()) : word(m))
                .filter(w -> !w.isEmpty()).collect(Collectors.joining(" "));
    }

    private static String error(ErrorFields fields) {
        return Stream.of('C', 'M', 'D', 'H', 'P').map(code -> fields.get((byte) (char) code))
                .map(String::valueOf).collect(Collectors.joining("|", "error(", ")"));
    }

    private void same(String sql) throws Exception {
        assertEquals(all(direct.query(sql)), all(client.query(sql)), sql);
    }

    /** It had a position in the text of the EXECUTE, or none, if both came to one node in the same breath. */
    @Test
    void whatGoesWrongBeforeInThePipelineHasItsOwnPosition() throws Exception {
        // Prepared like this it has been described to nobody.
        FrontendMessage[] prepare = {parse("raw", "INSERT INTO items VALUES ($1, $2) RETURNING k"), new Sync()};
        assertEquals(all(direct.exchange(prepare)), all(client.exchange(prepare)));
        for (String wrong : List.of("SELECT v, nosuch FROM items WHERE k = ",
                "SELECT k, v, lower(k) FROM items WHERE k = ")) {
            for (String execute : List.of("EXECUTE get(1 + 2)", "EXECUTE raw(1 + 2, 'x')")) {
                FrontendMessage[] pipeline = Talk.all(run(wrong + onA), run(execute), new Sync());
                assertEquals(all(direct.exchange(pipeline)), all(client.exchange(pipeline)), wrong + execute);
            }
        }
    }

    private void sameExtended(String sql) throws Exception {
        assertEquals(all(direct.exchange(Talk.all(run(sql), new Sync()))),
                all(client.exchange(Talk.all(run(sql), new Sync()))), sql);
        assertEquals(
                all(direct.exchange(
                        Talk.all(parse("", sql), bind("", ""), describePortal(""), execute(""), new Sync()))),
                all(client.exchange(
                        Talk.all(parse("", sql), bind("", ""), describePortal(""), execute(""), new Sync()))),
                sql);
    }

    // ---- what PostgreSQL says

    @Test
    void valuesAreThoseOfPostgreSQL() throws Exception {
        for (String sql : List.of("EXECUTE get(" + onB + " + 0)", "EXECUTE get(" + onA + " * 1.0)",
                "EXECUTE get(('" + onA + "'||'')::int8)", "EXECUTE get(length('" + "x".repeat((int) onA) + "'))",
                "EXECUTE get(-abs(5))", "EXECUTE get(NULL::int8)", "EXECUTE get(NULLIF(1, 1))",
                "EXECUTE below(1000 * 1000)", "EXECUTE below('1'::text::int8)", "EXECUTE word('a' || 'b')",
                "EXECUTE few(1 + 0)", "EXECUTE few(CASE WHEN true THEN 2 ELSE 1 END)",
                "EXECUTE say(1.1::float8 / 3, '2020-01-01 12:00+02'::timestamptz + '1 day', ARRAY['a', 'b,ä'], 1 = 1)",
                "EXECUTE say('NaN'::float8 + 1, current_timestamp - current_timestamp + '2021-05-05 00:00Z',"
                        + " string_to_array('x y', ' '), NULL)")) {
            same(sql);
            sameExtended(sql);
        }
        for (String sql : List.of("EXECUTE put(" + fixture.key(0, 3) + " + 0, 'x' || 'y')",
                "EXECUTE put(" + fixture.key(1, 3) + " + 0, upper('z'))")) {
            same(sql);
            same(sql);
        }
        assertEquals("z".toUpperCase(), fixture.ask(1, "SELECT v FROM items WHERE k = " + fixture.key(1, 3)));
    }

    /** Texts say less than values under such settings. */
    @Test
    void valuesDependOnNoSetting() throws Exception {
        for (String set : List.of("SET extra_float_digits = -5", "SET DateStyle = 'SQL, DMY'",
                "SET TimeZone = 'America/St_Johns'", "SET IntervalStyle = sql_standard")) {
            same(set);
            same("EXECUTE say(1::float8 / 3, '2020-07-01 12:00:00.123456'::timestamptz - '1 ms'::interval,"
                    + " ARRAY['a' || 'b'], false OR true)");
        }
        same("SELECT 1::float8 / 3");
    }

    /** With the position in the client's text, also in a string of statements. */
    @Test
    void errorsAreThoseOfPostgreSQL() throws Exception {
        for (String argument : List.of("(SELECT 1)", "count(*)", "generate_series(1, 2)", "row_number() OVER ()",
                "true AND false", "a", "1 / 0", "'z' || 1", "DEFAULT", "lower(1)", "1 + 'x'", "9223372036854775807 + 1",
                "EXISTS (SELECT FROM items)", "'ä' || b", "$1 + 1")) {
            String sql = "EXECUTE  /* ä */ get ( " + argument + " )";
            same(sql);
            same("SELECT 'ä'; " + sql + "; SELECT 2");
            sameExtended(" /* before */ " + sql);
        }
        same("EXECUTE get(1 + 1, 2)");
        same("EXECUTE put(" + onA + " + 0, NULL::text || 'x')");
        same("EXECUTE none(1 + 1)");
        same("BEGIN");
        same("EXECUTE get(1 / 0)");
        same("EXECUTE get(1 + 1)");
        same("ROLLBACK");
    }

    @Test
    void nothingRunsWhenTheArgumentsCanNotBeEvaluated() throws Exception {
        same("EXECUTE put(" + fixture.key(1, 4) + " + 0, (1 / 0)::text)");
        same("EXECUTE get(1 + 1); EXECUTE put(" + fixture.key(1, 4) + " + 0, 'x'); EXECUTE get(1 / 0)");
        assertEquals("1", fixture.ask(1, "SELECT count(*) FROM items"));
        assertEquals("error TL003 Z:I", ask(client, "EXECUTE put(NULLIF(1, 1), 'x')"));
    }

    // ---- once

    @Test
    void aSequenceIsAskedOnce() throws Exception {
        same("EXECUTE put(nextval('ids') * 0 + " + fixture.key(1, 5) + ", 'x')");
        same("EXECUTE below(nextval('ids') * 1000)");
        sameExtended("EXECUTE get(nextval('ids'))");
        assertEquals("4", fixture.ask(0, "SELECT last_value FROM ids"));
        same("BEGIN");
        same("SELECT nextval('ids')");
        same("EXECUTE ins(" + fixture.key(1, 6) + " + 0, currval('ids')::text)");
        same("COMMIT");
        assertEquals("5", fixture.ask(1, "SELECT v FROM items WHERE k = " + fixture.key(1, 6)));
    }

    /** As in any statement: what another argument draws may come after it, and it told the number of another client. */
    @Test
    void currvalNeedsANumberOfAnEarlierStatement() throws Exception {
        try (PgClient other = fixture.client()) {
            assertEquals("T row(1) [SELECT 1] Z:I", ask(other, "SELECT nextval('ids')"));
        }
        String of = " * 0 + " + fixture.key(1, 8);
        for (String arguments : List.of("currval('ids')" + of + ", nextval('ids')::text",
                "nextval('ids')" + of + ", currval('ids')::text", "lastval()" + of + ", pg_notify('c', '')::text")) {
            String sql = "EXECUTE ins(" + arguments + ")";
            assertEquals("error TL002 Z:I", ask(client, sql), sql);
            assertEquals("1 2 error TL002 Z:I", exchange(client, run(sql), new Sync()), sql);
            assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
            assertEquals("error TL002 Z:E", ask(client, sql), sql);
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        }
        assertEquals("1", fixture.ask(0, "SELECT last_value FROM ids"));
        assertEquals("0", fixture.ask(1, "SELECT count(*) FROM items WHERE k = " + fixture.key(1, 8)));
    }

    /** The message was offered again, and all that had been found out was lost. */
    @Test
    void theAnswerOutlivesAWaitForAConnection() throws Exception {
        for (boolean extended : new boolean[]{false, true}) {
            fixture.onNode(0, "ALTER SEQUENCE ids RESTART");
            try (PgClient other = fixture.client()) {
                assertEquals("[BEGIN] Z:T", ask(other, "BEGIN"));
                assertEquals("T row(b) [SELECT 1] Z:T", ask(other, "SELECT v FROM items WHERE k = " + onB));
                String sql = "EXECUTE get(nextval('ids') * 0 + " + onB + ")";
                CompletableFuture<String> told = new CompletableFuture<>();
                Thread.ofVirtual().start(() -> {
                    try {
                        told.complete(extended ? exchange(client, run(sql), new Sync()) : ask(client, sql));
                    } catch (Exception e) {
                        told.completeExceptionally(e);
                    }
                });
                SessionFixture.await("it waits", () -> fixture.connections("waiting") == 1);
                assertEquals("1", fixture.ask(0, "SELECT last_value FROM ids"));
                assertEquals("[COMMIT] Z:I", ask(other, "COMMIT"));
                assertEquals(extended ? "1 2 row(b) [SELECT 1] Z:I" : "T row(b) [SELECT 1] Z:I", told.get());
            }
            assertEquals("1", fixture.ask(0, "SELECT last_value FROM ids"));
        }
    }

    /** Every node has the same value of a volatile function. */
    @Test
    void allNodesHaveOneValue() throws Exception {
        String told = ask(client, "EXECUTE say(random(), clock_timestamp(), ARRAY[md5(random()::text)], random() < 2)");
        List<String> rows = Stream.of(told.split(" (?=row)")).filter(row -> row.startsWith("row("))
                .map(row -> row.substring(4, row.lastIndexOf(','))).distinct().toList();
        assertEquals(1, rows.size(), told);
    }

    @Test
    void nowIsThatOfTheTransaction() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE n(timestamptz) AS SELECT $1 = now(), k FROM items"
                + " WHERE k = " + onA));
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE m(timestamptz) AS SELECT $1, k FROM items ORDER BY k"));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        String now = value(client, "SELECT now() FROM items WHERE k = " + onA);
        assertEquals("T row(" + now + "," + Math.min(onA, onB) + ") row(" + now + "," + Math.max(onA, onB)
                + ") [SELECT 2] Z:T", ask(client, "EXECUTE m(now())"));
        assertEquals("T row(t," + onA + ") [SELECT 1] Z:T", ask(client, "EXECUTE n(now())"));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
    }

    /** Nothing is read where an expression is evaluated, so that the snapshot is that of the other node. */
    @Test
    void aSnapshotIsTakenWhereTheRowsAre() throws Exception {
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN ISOLATION LEVEL REPEATABLE READ"));
        assertEquals("T row(b) [SELECT 1] Z:T", ask(client, "EXECUTE get(" + onB + " + 0)"));
        assertEquals("T row(b) [SELECT 1] Z:T", ask(client, "SELECT v FROM items WHERE k = " + onB));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
    }

    /** A cancel request reaches the node that evaluates. */
    @Test
    void cancelled() throws Exception {
        String sql = "EXECUTE get(length(pg_sleep(60)::text) + " + onB + ")";
        for (boolean extended : new boolean[]{false, true}) {
            CompletableFuture<String> told = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    told.complete(extended ? exchange(client, run(sql), new Sync()) : ask(client, sql));
                } catch (Exception e) {
                    told.completeExceptionally(e);
                }
            });
            SessionFixture.await("it is evaluated",
                    () -> fixture.backends(0, "state = 'active' AND query LIKE '%pg_sleep%'") == 1);
            client.cancel();
            assertEquals(extended ? "1 2 error 57014 Z:I" : "error 57014 Z:I", told.get());
        }
        assertEquals("[BEGIN] [SET] Z:T", ask(client, "BEGIN; SET LOCAL statement_timeout = '10ms'"));
        assertEquals("error 57014 Z:E", ask(client, sql));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
    }

    // ---- the extended protocol

    /** PostgreSQL evaluates them when the portal is executed, and not again when more of it is fetched. */
    @Test
    void evaluatedWhenExecuted() throws Exception {
        String all = "EXECUTE say(nextval('ids') * 0, now(), ARRAY['x' || 'y'], true)";
        for (PgClient to : List.of(direct, client)) {
            assertEquals("1 2 T Z:I",
                    exchange(to, parse("", "EXECUTE get(nextval('ids'))"), bind("", ""), describePortal(""),
                            new Sync()));
            assertEquals("1 t[] T Z:I", exchange(to, parse("e", all), describeStatement("e"), new Sync()));
            assertEquals("1", value(to, "SELECT last_value + is_called::int FROM ids"));
            assertEquals("[BEGIN] Z:T", ask(to, "BEGIN"));
            String told = exchange(to, bind("p", "e"), describePortal("p"), execute("p", 1), execute("p", 1),
                    execute("p", 1), closePortal("p"), new Sync());
            assertTrue(told.matches("2 T row\\([^)]*\\) s row\\([^)]*\\) s \\[SELECT 0\\] 3 Z:T"), told);
            assertEquals("[COMMIT] Z:I", ask(to, "COMMIT"));
            assertEquals("2", value(to, "SELECT last_value + is_called::int FROM ids"));
            assertEquals("[BEGIN] Z:T", ask(to, "BEGIN"));
            assertEquals("1 2 s [SELECT 0] 3 Z:T".replace("s", "row(b) s"), exchange(to,
                    parse("", "EXECUTE get(" + onB + " + 0)"), bind("q", ""), execute("q", 1), execute("q", 1),
                    closePortal("q"), new Sync()));
            assertEquals("[COMMIT] Z:I", ask(to, "COMMIT"));
        }
    }

    /** As PostgreSQL does in answer to Bind, before anything is evaluated. */
    @Test
    void theFormatsOfTheResultAreCounted() throws Exception {
        for (String sql : List.of("EXECUTE get(1 / 0)", "EXECUTE few(1)")) {
            for (PgClient to : List.of(direct, client)) {
                assertEquals("1 error 08P01 Z:I", exchange(to, parse("", sql),
                        new Bind("", "", List.of(), List.of(), List.of(0, 1, 0)), execute(""), new Sync()));
            }
        }
    }

    /** Two of them and other statements, on both nodes, in one pipeline. */
    @Test
    void evaluatedInAPipeline() throws Exception {
        long another = fixture.key(1, 7);
        for (PgClient to : List.of(direct, client)) {
            assertEquals(
                    "1 2 row(b) [SELECT 1] 1 2 row(x) [INSERT 0 1] 1 2 row(x) [SELECT 1] 1 2 row(3) [SELECT 1] Z:I",
                    exchange(to, run("EXECUTE get(" + onB + " + 0)"), run("EXECUTE put(" + another + " + 0, 'x')"),
                            run("SELECT v FROM items WHERE k = " + another), run("EXECUTE below(1000 * 1000)"),
                            new Sync()));
            assertEquals("1 2 row(a) [SELECT 1] 1 2 error 22012 Z:I", exchange(to,
                    run("EXECUTE get(" + onA + " + 0)"), run("EXECUTE get(1 / 0)"), run("EXECUTE get(1 + 1)"),
                    new Sync()));
        }
    }

    @Test
    void aPortalThatHasFailedCanNotBeRun() throws Exception {
        for (PgClient to : List.of(direct, client)) {
            assertEquals("[BEGIN] Z:T", ask(to, "BEGIN"));
            assertEquals("1 2 Z:T", exchange(to, parse("", "EXECUTE get(1 / 0)"), bind("p", ""), new Sync()));
            assertEquals("[SAVEPOINT] Z:T", ask(to, "SAVEPOINT s"));
            assertEquals("error 22012 Z:E", exchange(to, execute("p"), new Sync()));
            assertEquals("[ROLLBACK] Z:T", ask(to, "ROLLBACK TO s"));
            assertEquals("error 55000 Z:E", exchange(to, execute("p"), new Sync()));
            assertEquals("[ROLLBACK] Z:I", ask(to, "ROLLBACK"));
        }
    }

    // ---- what is refused, and what is the client's encoding

    @Test
    void whatCanNotBeExactIsRefused() throws Exception {
        assertEquals("error TL002 Z:I", ask(client, "EXECUTE get(set_config('app.x', '1', false)::int8)"));
        assertEquals("error TL002 Z:I", ask(client, "EXPLAIN EXECUTE get(1 + 1)"));
        assertEquals("[SELECT 2] Z:I", ask(client, "EXECUTE below(1 + 1000000)").replaceAll("T row\\(2\\) \\[SELECT 1",
                "[SELECT 2"));
    }

    @Test
    void textsInTheClientsEncoding() throws Exception {
        fixture.onNode(0, "TRUNCATE words");
        fixture.onNode(1, "TRUNCATE words");
        assertEquals("[INSERT 0 1] Z:I", ask(client, "INSERT INTO words VALUES ('äb', 7)"));
        assertEquals("[SET] Z:I", ask(client, "SET client_encoding = 'LATIN1'"));
        assertEquals("T row(7) [SELECT 1] Z:I", ask(client, "EXECUTE word(chr(228) || 'b')"));
        assertEquals("1 2 row(7) [SELECT 1] Z:I", exchange(client, run("EXECUTE word(chr(228) || 'b')"), new Sync()));
        assertEquals("error TL002 Z:I",
                ask(client, "EXECUTE say(1, now(), ARRAY[chr(228)], true)"));
    }
}
