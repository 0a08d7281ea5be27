package dev.trunkline.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.load.LoadFixture.Loaded;
import dev.trunkline.load.LoadOptions.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PSQLException;

/** All or nothing: what is left, and what is said, when something fails before, at or between the commits. */
class LoadFailureTest {

    private static final String NOTHING = "Nothing was loaded: every node has rolled back.";

    private static LoadFixture fixture(int nodes) throws SQLException {
        return new LoadFixture(nodes).table("CREATE TABLE t (k int PRIMARY KEY, v int)", "t: { shardKey: k }");
    }

    private static String rows(int from, int to) {
        StringBuilder data = new StringBuilder();
        for (int k = from; k < to; k++) {
            data.append(k).append(',').append(2 * k).append('\n');
        }
        return data.toString();
    }

    /** A node's error names the line of the file, and it is the one that a single PostgreSQL names. */
    @Test
    void errorsOfNodesNameTheLineOfTheFile() throws Exception {
        try (LoadFixture fixture = new LoadFixture(3)) {
            fixture.table("CREATE TABLE t (k int PRIMARY KEY, v int, x text)", "t: { shardKey: k }");
            TestNodes.execute(fixture.nodes.getFirst(), fixture.database, "CREATE TABLE plain (LIKE t INCLUDING ALL)");
            String[] bad = {"77,zwei,x\n", "77,99999999999,x\n", "11,1,duplicate\n", "78,1,\u0000\n"};
            for (String wrong : bad) {
                for (int at : new int[]{30, 19_000}) {
                    StringBuilder data = new StringBuilder("k,v,x\n");
                    for (int k = 0; k < 20_000; k++) {
                        if (k == at) {
                            data.append(wrong);
                        }
                        data.append(k == 77 || k == 78 ? 1_000_000 + k : k).append(',').append(k)
                                .append(k % 3 == 0 ? ",\"a\n\nb\"\n" : ",\n");
                    }
                    String expected = contextOfPlain(fixture, data.toString());
                    Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV, Header.SKIPPED),
                            data.toString());
                    assertEquals(Load.PROBLEMS, loaded.status());
                    assertTrue(loaded.err().contains("CONTEXT:  COPY t, line " + expected + System.lineSeparator()),
                            () -> "expected line " + expected + ": " + loaded.err());
                    assertTrue(loaded.err().contains(NOTHING), loaded.err());
                    assertEquals(List.of(), fixture.rows("t"));
                }
            }
        }
    }

    private static String contextOfPlain(LoadFixture fixture, String data) throws SQLException, IOException {
        try (Connection connection = fixture.nodes.getFirst().connect(fixture.database)) {
            connection.unwrap(PgConnection.class).getCopyAPI().copyIn("COPY plain FROM STDIN (FORMAT csv, HEADER)",
                    new ByteArrayInputStream(data.getBytes(StandardCharsets.UTF_8)));
            throw new AssertionError("PostgreSQL took it");
        } catch (PSQLException e) {
            Matcher line = Pattern.compile("line (.*)").matcher(e.getServerErrorMessage().getWhere());
            assertTrue(line.find());
            return line.group(1);
        }
    }

    @Test
    void errorsInTheDataNameLineAndColumn() throws Exception {
        try (LoadFixture fixture = fixture(2)) {
            LoadOptions csv = LoadFixture.options("t", LoadFixture.CSV);
            assertEquals("""
                    ERROR:  the shard key t.k can't be read from the value: it is not a plain decimal integer
                    HINT:  Write the key in a spelling that depends on no setting.
                    CONTEXT:  COPY t, line 3, column k: "x"
                    Nothing was loaded: every node has rolled back.
                    """, fixture.load(csv, "1,1\n2,2\nx,3\n").err());
            assertEquals("""
                    ERROR:  missing data for column "v"
                    CONTEXT:  COPY t, line 2: "2"
                    Nothing was loaded: every node has rolled back.
                    """, fixture.load(csv, "1,1\n2\n").err());
            assertEquals("""
                    ERROR:  unterminated CSV quoted field
                    CONTEXT:  COPY t, line 3
                    Nothing was loaded: every node has rolled back.
                    """, fixture.load(csv, "1,1\n2,\"\n").err());
            assertEquals(List.of(), fixture.rows("t"));
        }
    }

    /** A constraint that is checked at the commit is checked on every node before the first commit. */
    @Test
    void deferredConstraintsFailBeforeAnyCommit() throws Exception {
        try (LoadFixture fixture = fixture(3)) {
            fixture.onAll(
                    "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT 2 * g FROM generate_series(0, 999) g;"
                            + "ALTER TABLE t ADD FOREIGN KEY (v) REFERENCES p DEFERRABLE INITIALLY DEFERRED");
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV), rows(0, 1000) + "2000,1\n");
            assertEquals(Load.PROBLEMS, loaded.status());
            assertTrue(loaded.err().contains("violates foreign key constraint"), loaded.err());
            assertTrue(loaded.err().contains(NOTHING), loaded.err());
            assertEquals(List.of(), fixture.rows("t"));
        }
    }

    @Test
    void aNodeThatIsLostAmidTheRowsLeavesNothing() throws Exception {
        try (LoadFixture fixture = fixture(3)) {
            // Rows without end: the load stops because it hears of the loss, not because the data end.
            InputStream endless = new InputStream() {
                private byte[] piece = new byte[0];
                private int at;
                private int next;

                @Override
                public int read() {
                    throw new UnsupportedOperationException();
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    if (at == piece.length) {
                        piece = LoadFailureTest.rows(next, next + 1000).getBytes(StandardCharsets.UTF_8);
                        at = 0;
                        next += 1000;
                        if (next == 100_000) {
                            terminate(fixture.nodes.get(1), fixture.database);
                        }
                    }
                    int size = Math.min(length, piece.length - at);
                    System.arraycopy(piece, at, into, offset, size);
                    at += size;
                    return size;
                }
            };
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV), endless, load -> load);
            assertEquals(Load.PROBLEMS, loaded.status());
            assertTrue(loaded.err().contains("terminating connection") || loaded.err().contains("node \"b\" failed"),
                    loaded.err());
            assertTrue(loaded.err().contains(NOTHING), loaded.err());
            assertEquals(List.of(), fixture.rows("t"));
        }
    }

    private static void terminate(RunningNode node, String database) throws IOException {
        try {
            TestNodes.execute(node, "postgres", "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                    + "WHERE application_name = 'trunkline load' AND datname = '" + database + "'");
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    @Test
    void aFailureBetweenCommitsIsReportedAndCanBeMended() throws Exception {
        try (LoadFixture fixture = fixture(4)) {
            LoadOptions options = LoadFixture.options("t", LoadFixture.CSV);
            byte[] data = rows(0, 1000).getBytes(StandardCharsets.UTF_8);
            Loaded loaded = fixture.load(options, new ByteArrayInputStream(data), load -> load.beforeCommit(copy -> {
                if (copy.node().name().equals("c")) {
                    try {
                        terminate(fixture.nodes.get(2), fixture.database);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
            }));
            assertEquals(Load.PROBLEMS, loaded.status());
            int a = fixture.rows(0, "t").size();
            int b = fixture.rows(1, "t").size();
            assertTrue(loaded.err().startsWith("ERROR:  the commit on node \"c\" failed: "), loaded.err());
            assertTrue(loaded.err().contains("DETAIL:  Committed: a (" + a + " rows), b (" + b
                    + " rows). Rolled back: c, d." + System.lineSeparator()), loaded.err());
            assertTrue(loaded.err().contains("--only and the nodes that lack their rows, now c,d."), loaded.err());
            assertTrue(a > 0 && b > 0);
            assertEquals(List.of(), fixture.rows(2, "t"));
            assertEquals(List.of(), fixture.rows(3, "t"));
            Loaded rest = fixture.load(LoadFixture.only(options, "c", "d"), data);
            assertEquals(Load.GOOD, rest.status(), rest.err());
            assertTrue(rest.out().startsWith("COPY " + (1000 - a - b) + System.lineSeparator()), rest.out());
            assertEquals(1000, fixture.rows("t").size());
            assertEquals(List.of(), fixture.misplaced());
        }
    }

    /** A commit whose reply is lost: the node is asked, by the transaction's id, how it ended. */
    @Test
    void aLostReplyToACommitIsFoundOut() throws Exception {
        try (LoadFixture fixture = fixture(2);
                CommitRelay first = new CommitRelay(fixture.nodes.get(0).port());
                CommitRelay last = new CommitRelay(fixture.nodes.get(1).port())) {
            fixture.port(1, last.port());
            LoadOptions options = LoadFixture.options("t", LoadFixture.CSV);
            Loaded committed = fixture.load(options, rows(0, 100));
            assertEquals(1, last.cut());
            assertEquals(Load.GOOD, committed.status(), committed.err());
            assertEquals(100, fixture.rows("t").size());

            fixture.port(0, first.port());
            int before = fixture.rows(0, "t").size();
            Loaded half = fixture.load(options, rows(100, 200));
            int added = fixture.rows(0, "t").size() - before;
            assertEquals(Load.PROBLEMS, half.status());
            assertTrue(half.err().contains("Committed: a (" + added + " rows). Rolled back: b."), half.err());
            assertEquals(100 + added, fixture.rows("t").size());
        }
    }

    /** The reader waits for a node that takes nothing, holding a few batches, and goes on when it does. */
    @Test
    void aNodeThatIsBusyHoldsTheReaderUp() throws Exception {
        try (LoadFixture fixture = fixture(2);
                Connection connection = fixture.nodes.get(1).connect(fixture.database);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
            byte[] data = rows(0, 1_000_000).getBytes(StandardCharsets.UTF_8);
            AtomicLong taken = new AtomicLong();
            InputStream counted = new ByteArrayInputStream(data) {
                @Override
                public synchronized int read(byte[] into, int offset, int length) {
                    int read = super.read(into, offset, length);
                    taken.addAndGet(Math.max(0, read));
                    return read;
                }
            };
            CompletableFuture<Loaded> loading = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    loading.complete(fixture.load(LoadFixture.options("t", LoadFixture.CSV), counted, load -> load));
                } catch (Exception e) {
                    loading.completeExceptionally(e);
                }
            });
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            for (int waiting = 0; waiting < 20; TimeUnit.MILLISECONDS.sleep(10)) {
                boolean waits = taken.get() > 0 && reader.getState() == Thread.State.TIMED_WAITING;
                waiting = waits ? waiting + 1 : 0;
                assertTrue(System.nanoTime() < deadline && !loading.isDone(), "the reader never waited");
            }
            long held = taken.get();
            assertTrue(held < 6L << 20, held + " bytes were read while a node took none");
            connection.rollback();
            Loaded loaded = finished(loading);
            assertEquals(Load.GOOD, loaded.status(), loaded.err());
            assertTrue(loaded.out().startsWith("COPY 1000000" + System.lineSeparator()), loaded.out());
            assertEquals(data.length, taken.get());
        }
    }

    private static Loaded finished(CompletableFuture<Loaded> loading) throws Exception {
        try {
            return loading.get(300, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    @Test
    void whatCannotBeLoadedIsRefusedFirst() throws Exception {
        try (LoadFixture fixture = fixture(2)) {
            fixture.table("CREATE TABLE s (k int, id serial)", "s: { shardKey: k }")
                    .table("CREATE TABLE r (a int, b int DEFAULT random() * 9, c int DEFAULT 3)",
                            "r: { reference: true }");
            fixture.onAll("CREATE VIEW w AS SELECT * FROM t");
            Loaded ids = fixture.load(LoadFixture.options("s", LoadFixture.CSV, Header.NONE, "k"), "1\n");
            assertEquals(Load.PROBLEMS, ids.status());
            assertTrue(ids.err().startsWith("ERROR:  the default of s.id, which gives the same ids on every node, is "
                    + "not supported over several nodes"), ids.err());
            assertEquals(Load.GOOD, fixture.load(LoadFixture.options("s", LoadFixture.CSV), "1,1\n").status());
            Loaded differing = fixture.load(LoadFixture.options("r", LoadFixture.CSV, Header.NONE, "a"), "1\n");
            assertEquals(Load.PROBLEMS, differing.status());
            assertTrue(differing.err().contains("the default of r.b in a reference table"), differing.err());
            assertEquals(Load.GOOD,
                    fixture.load(LoadFixture.options("r", LoadFixture.CSV, Header.NONE, "a", "b"), "1,1\n").status());
            Loaded unknown = fixture.load(LoadFixture.options("tt", LoadFixture.CSV), "");
            assertEquals(Load.USAGE, unknown.status());
            assertEquals("ERROR:  relation \"tt\" does not exist" + System.lineSeparator() + "HINT:  Did you mean t?"
                    + System.lineSeparator(), unknown.err());
            assertEquals(Load.USAGE, fixture.load(LoadFixture.options("w", LoadFixture.CSV), "").status());
            assertEquals(Load.USAGE,
                    fixture.load(LoadFixture.options("t", LoadFixture.CSV, Header.NONE, "k", "k"), "").status());
            assertEquals(Load.USAGE,
                    fixture.load(LoadFixture.options("t", LoadFixture.CSV, Header.NONE, "k", "z"), "").status());
            assertEquals(Load.USAGE, fixture
                    .load(LoadFixture.only(LoadFixture.options("t", LoadFixture.CSV), "z"), "").status());
            fixture.port(1, 1);
            Loaded unreachable = fixture.load(LoadFixture.options("t", LoadFixture.CSV), "1,1\n");
            assertEquals(Load.CANNOT_START, unreachable.status());
            assertTrue(unreachable.err().contains("node b at 127.0.0.1:1: "), unreachable.err());
        }
    }

    /** No line of a file comes from a batch that does not hold it. */
    @Test
    void batchesRememberTheLinesOfTheirRows() {
        RowBatch batch = new RowBatch();
        batch.begin(10, 100);
        batch.add(new byte[1], 0, 1, 11, 101);
        batch.add(new byte[1], 0, 1, 14, 108);
        RowBatch.Lines lines = batch.lines();
        Set<String> found = new TreeSet<>();
        for (long line = 9; line <= 16; line++) {
            found.add(line + ":" + lines.inFile(line));
        }
        assertEquals(Set.of("10:-1", "11:101", "12:108", "13:108", "14:108", "15:-1", "16:-1", "9:-1"), found);
    }
}
