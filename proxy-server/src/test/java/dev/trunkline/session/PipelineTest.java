package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pipelines of the extended protocol over three nodes: one implicit transaction up to Sync (semantics.md 20). */
@Timeout(300)
class PipelineTest {

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(3);
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
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitNothingLeft();
    }

    private static final String INSERT = "INSERT INTO items VALUES ($1, $2)";
    private static final String SELECT = "SELECT v FROM items WHERE k = $1";

    @Test
    void severalNodesAnswerInOrder() throws Exception {
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
        assertEquals("1 2 row(a) [SELECT 1] 1 2 row(b) [SELECT 1] 1 2 row(a) [SELECT 1] Z:I",
                exchange(client, run(SELECT, onA), run(SELECT, onB), run(SELECT, onA), new Sync()));
    }

    /** The refusal waited behind the node's replies; the node's own error then swept it away, and the client saw neither. */
    @Test
    void anErrorOfANodeBeforeARefusalIsTold() throws Exception {
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        assertEquals("1 2 error 22012 Z:I", exchange(client, run("SELECT 1 / (k - k) FROM items WHERE k = $1", onA),
                run("TRUNCATE items"), new Sync()));
    }

    /** semantics.md 20: after an error nothing later runs on any node, and every node's part is rolled back. */
    @Test
    void rule20anErrorRollsBackEveryNode() throws Exception {
        assertEquals("1 2 [INSERT 0 1] 1 2 error 22P02 Z:I", exchange(client, run(INSERT, onA, "x"),
                run("SELECT v::int FROM items WHERE k = $1", onA), run(INSERT, onA, "y"), new Sync()));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    /** semantics.md 20: two writers are refused, and neither writes. */
    @Test
    void rule20twoWritersAreRefused() throws Exception {
        assertEquals("1 2 [INSERT 0 1] 1 error TL002 Z:I",
                exchange(client, run(INSERT, onA, "x"), run(INSERT, onB, "y"), new Sync()));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("0", fixture.ask(1, "SELECT count(*) FROM items"));
    }

    /** semantics.md 20: a BEGIN in the middle absorbs what came before it. */
    @Test
    void rule20beginInTheMiddleAbsorbs() throws Exception {
        assertEquals("1 2 [INSERT 0 1] 1 2 [BEGIN] Z:T",
                exchange(client, run(INSERT, onA, "x"), run("BEGIN"), new Sync()));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void beginAndCommitInsideOnePipeline() throws Exception {
        assertEquals("1 2 [BEGIN] 1 2 [INSERT 0 1] 1 2 [COMMIT] 1 2 row(x) [SELECT 1] Z:I", exchange(client,
                run("BEGIN"), run(INSERT, onA, "x"), run("COMMIT"), run(SELECT, onA), new Sync()));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    /** PostgreSQL commits what a pipeline did when a simple query follows without Sync; its connection was dropped here. */
    @Test
    void aSimpleQueryEndsAPipeline() throws Exception {
        client.send(all(run(INSERT, onA, "x"), new Query("SELECT count(*) FROM items WHERE k = " + onB)));
        assertEquals("1 2 [INSERT 0 1] T row(0) [SELECT 1] Z:I", told(client.receiveUntilReady()));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void anErrorInASimpleQueryEndsThePipeline() throws Exception {
        client.send(all(run(INSERT, onA, "x"), new Query("TRUNCATE items")));
        assertEquals("1 2 [INSERT 0 1] error TL002 Z:I", told(client.receiveUntilReady()));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void flushBringsTheRepliesSoFar() throws Exception {
        client.send(all(run(INSERT, onA, "x"), new Flush()));
        assertEquals("1 2 [INSERT 0 1]", told(receive(3)));
        client.send(all(run(SELECT, onB), new Flush()));
        assertEquals("1 2 [SELECT 0]", told(receive(3)));
        client.send(new Sync());
        assertEquals("Z:I", told(client.receiveUntilReady()));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void parseAndDescribeWithFlushBeforeBind() throws Exception {
        client.send(all(parse("s", SELECT), describeStatement("s"), new Flush()));
        assertEquals("1 t[20] T", told(receive(3)));
        client.send(all(bind("", "s", onB), execute(""), new Sync()));
        assertEquals("2 [SELECT 0] Z:I", told(client.receiveUntilReady()));
    }

    private List<BackendMessage> receive(int count) throws Exception {
        List<BackendMessage> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(client.receive());
        }
        return messages;
    }

    @Test
    void unknownPortalsAndStatements() throws Exception {
        assertEquals("error 34000 Z:I", exchange(client, execute("nope"), new Sync()));
        assertEquals("error 34000 Z:I", exchange(client, describePortal("nope"), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, describeStatement("nope"), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "nope"), new Sync()));
        assertEquals("3 3 Z:I", exchange(client, closePortal("nope"), closeStatement("nope"), new Sync()));
        assertEquals("Z:I", exchange(client, new Sync()));
    }

    @Test
    void namesAreUsedAgainWithinAPipeline() throws Exception {
        assertEquals("1 2 [SELECT 0] error 42P05 Z:I",
                exchange(client, parse("s", SELECT), bind("", "s", onA), execute(""), parse("s", SELECT), new Sync()));
        assertEquals("3 1 2 [SELECT 0] 3 1 2 row(1) [SELECT 1] Z:I",
                exchange(client, closeStatement("s"), parse("s", SELECT), bind("", "s", onA), execute(""),
                        closeStatement("s"), parse("s", "SELECT 1"), bind("", "s"), execute(""), new Sync()));
    }

    /** A text that is parsed again right after itself is not read again, unless something has changed what it means. */
    @Test
    void theSameTextMeansWhatItMeansNow() throws Exception {
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        for (int i = 0; i < 2; i++) {
            assertEquals("1 2 row(a) [SELECT 1] Z:I", exchange(client, run(SELECT, onA), new Sync()));
        }
        assertEquals("1 2 [CREATE TABLE] Z:I", exchange(client,
                parse("t", "CREATE TEMP TABLE items (k int8, v text)"), bind("p", "t"), execute("p"), new Sync()));
        assertEquals("1 2 [SELECT 0] Z:I", exchange(client, run(SELECT, onA), new Sync()));

        String backslash = "SELECT 'a\\'";
        for (int i = 0; i < 2; i++) {
            assertEquals("1 2 row(a\\) [SELECT 1] Z:I", exchange(client, run(backslash), new Sync()));
        }
        assertEquals("1 2 [SET] Z:I", exchange(client, parse("o", "SET standard_conforming_strings = off"),
                bind("p", "o"), execute("p"), new Sync()));
        assertEquals("error 42601 Z:I", exchange(client, run(backslash), new Sync()));
    }

    /** A statement whose Parse was skipped is not there, and one whose Close was skipped still is. */
    @Test
    void whatWasSkippedDidNotHappen() throws Exception {
        assertEquals("1 Z:I", exchange(client, parse("kept", SELECT), new Sync()));
        assertEquals("1 error 22012 Z:I", exchange(client, run("SELECT 1/0"), closeStatement("kept"),
                parse("skipped", SELECT), new Sync()));
        assertEquals("2 [SELECT 0] Z:I", exchange(client, bind("", "kept", onA), execute(""), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "skipped", onA), execute(""), new Sync()));
    }

    @Test
    void suspendedFanOutWithOtherStatementsInBetween() throws Exception {
        for (int node = 0; node < 3; node++) {
            for (int i = 0; i < 4; i++) {
                fixture.onNode(node, "INSERT INTO items VALUES (" + fixture.key(node, i) + ", '" + node + "')");
            }
        }
        String all = exchange(client, run("BEGIN"), parse("f", "SELECT v FROM items"), bind("p", "f"),
                execute("p", 5), run(SELECT, onB), execute("p", 5), run(SELECT, onA), execute("p", 5), new Sync());
        assertEquals("1 2 [BEGIN] 1 2 row(0) row(0) row(0) row(0) row(1) s 1 2 row(1) [SELECT 1]"
                + " row(1) row(1) row(1) row(2) row(2) s 1 2 row(0) [SELECT 1] row(2) row(2) [SELECT 2] Z:T", all);
        assertEquals("3 2 row(0) s Z:T",
                exchange(client, closePortal("p"), bind("p", "f"), execute("p", 1), new Sync()));
        assertEquals("3 2 row(0) row(0) row(0) row(0) row(1) s Z:T",
                exchange(client, closePortal("p"), bind("p", "f"), execute("p", 5), new Sync()));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
    }

    @Test
    void suspendedOnOneNode() throws Exception {
        assertEquals("1 2 row(1) row(2) s row(3) [SELECT 1] 3 Z:I", exchange(client,
                parse("", "SELECT * FROM generate_series(1, 3)"), bind("p", ""), execute("p", 2), execute("p", 2),
                closePortal("p"), new Sync()));
    }

    @Test
    void settingsAndSavepointsInsidePipelines() throws Exception {
        assertEquals("1 2 [BEGIN] 1 2 [INSERT 0 1] 1 2 [SAVEPOINT] 1 2 [INSERT 0 1] 1 2 [ROLLBACK] 1 2 [COMMIT] Z:I",
                exchange(client, run("BEGIN"), run(INSERT, onA, "x"), run("SAVEPOINT s"),
                        run(INSERT, fixture.key(0, 1), "y"), run("ROLLBACK TO s"), run("COMMIT"), new Sync()));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("1 2 [SET] 1 2 row(7s) [SHOW] Z:I",
                exchange(client, run("SET statement_timeout = '7s'"), run("SHOW statement_timeout"), new Sync()));
    }

    /** A BEGIN behind it absorbs it: it was over with the pipeline, on the nodes that join later from the beginning. */
    @Test
    void aSettingBeforeBeginIsOfItsTransaction() throws Exception {
        String show = "SELECT current_setting('statement_timeout') FROM (SELECT max(k) FROM items WHERE k = ";
        for (FrontendMessage[] set : List.of(run("SET statement_timeout = '7s'"),
                run("SELECT set_config('statement_timeout', $1, false)", "7s"))) {
            for (boolean isUsed : new boolean[]{false, true}) {
                for (String end : List.of("COMMIT", "ROLLBACK")) {
                    exchange(client, isUsed ? run(SELECT, onA) : set, set, run("BEGIN"), new Sync());
                    assertEquals("T row(7s) [SHOW] Z:T", ask(client, "SHOW statement_timeout"));
                    for (long key : new long[]{onA, onB}) {
                        assertEquals("T row(7s) [SELECT 1] Z:T", ask(client, show + key + ") x"));
                    }
                    assertEquals("[" + end + "] Z:I", ask(client, end));
                    assertEquals("T row(" + (end.equals("COMMIT") ? "7s" : "0") + ") [SHOW] Z:I",
                            ask(client, "SHOW statement_timeout"));
                    ask(client, "RESET statement_timeout");
                }
            }
        }
        assertEquals("[SET] [BEGIN] T row(8s) [SHOW] [ROLLBACK] T row(0) [SHOW] Z:I", ask(client,
                "SET statement_timeout = '8s'; BEGIN; SHOW statement_timeout; ROLLBACK; SHOW statement_timeout"));
    }

    /** Of a session that keeps connections to two nodes, all its cursors WITH HOLD were looked for at one of them. */
    @Test
    void aCursorThatIsHeldIsAtItsNode() throws Exception {
        exchange(client, run(INSERT, onB, "held"), new Sync());
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TEMP TABLE at_home (a int)"));
        for (long key : new long[]{onB, onA}) {
            String rows = key == onB ? "T row(held) [FETCH 1]" : "T [FETCH 0]";
            assertEquals("[DECLARE CURSOR] Z:I",
                    ask(client, "DECLARE c CURSOR WITH HOLD FOR SELECT v FROM items WHERE k = "
                            + key));
            assertEquals(rows + " Z:I", ask(client, "FETCH c"));
            assertEquals("[BEGIN] T [FETCH 0] [COMMIT] Z:I", ask(client, "BEGIN; FETCH c; COMMIT"));
            assertEquals("[CLOSE CURSOR] Z:I", ask(client, "CLOSE c"));
            assertEquals("error 34000 Z:I", ask(client, "FETCH c"));
        }
    }

    // ---- COPY in the extended protocol

    /** libpq sends Sync with Execute; a node ignores it while it takes COPY data, and nothing ever answered it. */
    @Test
    void copyWithSyncSentAhead() throws Exception {
        client.send(all(run("COPY notes FROM STDIN"), new Sync()));
        List<BackendMessage> replies = new ArrayList<>();
        do {
            replies.add(client.receive());
        } while (!(replies.getLast() instanceof CopyInResponse));
        client.send(new CopyData(Bytes.utf8("1\thello\n")), new CopyDone(), new Sync());
        replies.addAll(client.receiveUntilReady());
        assertEquals("1 2 G [COPY 1] Z:I", told(replies));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM notes"));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
    }

    @Test
    void copyErrorsAtEitherEnd() throws Exception {
        client.send(new Query("COPY notes FROM STDIN"));
        assertEquals("G", word(client.receive()));
        client.send(new CopyData(Bytes.utf8("1\thello\n")), new CopyFail("no more"));
        assertEquals("error 57014 Z:I", told(client.receiveUntilReady()));
        client.send(new Query("COPY notes FROM STDIN"));
        assertEquals("G", word(client.receive()));
        client.send(new CopyData(Bytes.utf8("x\thello\n")), new CopyData(Bytes.utf8("2\thello\n")), new CopyDone());
        assertEquals("error 22P02 Z:I", told(client.receiveUntilReady()));
        client.send(all(run("COPY notes FROM STDIN"), new Flush()));
        assertEquals("1 2 G", told(receive(3)));
        client.send(new CopyData(Bytes.utf8("x\thello\n")), new CopyDone(), new Sync());
        assertEquals("error 22P02 Z:I", told(client.receiveUntilReady()));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM notes"));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
    }

    @Test
    void aClientGoesAwayInTheMiddleOfCopy() throws Exception {
        client.send(new Query("COPY notes FROM STDIN"));
        assertEquals("G", word(client.receive()));
        client.send(new CopyData(Bytes.utf8("1\thello\n")));
        client.reset();
        fixture.awaitAllReturned();
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM notes"));
    }

    @Test
    void syncRightAfterEveryKindOfError() throws Exception {
        assertEquals("error 42601 Z:I", exchange(client, parse("", "SELEC 1"), new Sync()));
        assertEquals("1 error 22012 Z:I", exchange(client, run("SELECT 1/0"), new Sync()));
        assertEquals("error 42P01 Z:I", exchange(client, run("SELECT * FROM nowhere"), new Sync()));
        assertEquals("Z:I", exchange(client, new Sync()));
        assertEquals("1 2 [BEGIN] Z:T", exchange(client, run("BEGIN"), new Sync()));
        assertEquals("error 42P01 Z:E", exchange(client, run("SELECT * FROM nowhere"), new Sync()));
        assertEquals("error 25P02 Z:E", exchange(client, run("SELECT 1"), new Sync()));
        assertEquals("1 2 [ROLLBACK] Z:I", exchange(client, run("COMMIT"), new Sync()));
    }

    @Test
    void manyPipelinesAtOnce() throws Exception {
        List<Object> parts = new ArrayList<>();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            parts.add(run("SELECT " + i + " FROM items WHERE k = $1 UNION ALL SELECT " + i, i % 2 == 0 ? onA : onB));
            expected.append("1 2 row(").append(i).append(") [SELECT 1] ");
            if (i % 10 == 9) {
                parts.add(new Sync());
                expected.append("Z:I ");
            }
        }
        client.send(all(parts.toArray()));
        List<BackendMessage> replies = new ArrayList<>();
        for (int ready = 0; ready < 20;) {
            replies.add(client.receive());
            ready += replies.getLast() instanceof ReadyForQuery ? 1 : 0;
        }
        assertEquals(expected.toString().strip(), told(replies));
    }
}
