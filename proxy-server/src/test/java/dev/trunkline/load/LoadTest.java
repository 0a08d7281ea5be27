package dev.trunkline.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.copy.CopyFormat;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.load.LoadFixture.Loaded;
import dev.trunkline.load.LoadOptions.Header;
import dev.trunkline.value.PostgresVersions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PgConnection;

/** The same bytes copied by one PostgreSQL and by a load into several nodes leave the same rows, each where it belongs. */
class LoadTest {

    private static final long SEED = Long.getLong("trunkline.test.seed", 20261122L);

    private static CopyManager copy(Connection connection) throws SQLException {
        return connection.unwrap(PgConnection.class).getCopyAPI();
    }

    /** Bytes in the ways that people and programs write them, and whether PostgreSQL and a load agree on them. */
    private record Case(String name, CopyFormat format, Header header, String data) {}

    private static Case csv(String name, String data) {
        return new Case(name, LoadFixture.CSV, Header.NONE, data);
    }

    private static Case text(String name, String data) {
        return new Case(name, LoadFixture.TEXT, Header.NONE, data);
    }

    private static final List<Case> CASES = List.of(
            csv("plain", "1,a,x\n2,b,y\n3,c,z\n"),
            csv("no line end at the end", "1,a,x\n2,b,y"),
            csv("CRLF", "1,a,x\r\n2,\"b\r\nb\",y\r\n3,c,z\r\n"),
            csv("CR", "1,a,x\r2,b,y\r3,c,z"),
            csv("lines within quotes", "1,\"a\nb\n\nc\",x\n\"2\",\"\"\"\",\"\"\n3,\"\\.\n\",\n"),
            csv("the first row holds lines", "1,\"a\nb\r\nc\",x\n2,\"a\r\nb\",z\n3,b,y\n"),
            csv("NULL and empty", "1,,\"\"\n2,\"\",\n3,\\N,\"\\N\"\n"),
            csv("quotes amid a field", "1,a\"b,c\"d,x\n\"\"\"2\"\"\",y,z\n"),
            csv("quotes amid a key", "\"1\"2,a,x\n1\"3\",b,y\n \"4\" ,c,z\n"),
            csv("blanks about keys", " 1 , a ,x\n\t2,b,y\n"),
            csv("backslashes are nothing", "1,\\,x\\\n2,\"\\\",\\.\n"),
            csv("unicode", "1,\u00e4\u20ac\ud83d\ude00,\u00a0\n2,\u2028,x\n"),
            csv("too few columns", "1,a,x\n2,b\n"),
            csv("too many columns", "1,a,x\n2,b,y,z\n"),
            csv("an empty line", "1,a,x\n\n2,b,y\n"),
            csv("unterminated", "1,a,x\n2,\"b,y\n3,c,z\n"),
            csv("stray CR", "1,a,x\n2,b\r,y\n"),
            csv("stray LF", "1,a,x\r\n2,b,y\n3,c,z\r\n"),
            csv("a marker as a value", "1,\\.,x\n2,\"\\.\",y\n"),
            csv("a marker alone", "1,a,x\n\\.\n2,b,y\n"),
            csv("no data", ""),
            csv("NULL key", "1,a,x\n,b,y\n"),
            csv("bad key", "1,a,x\none,b,y\n"),
            csv("key out of range", "1,a,x\n9223372036854775808,b,y\n"),
            csv("extremes", "-9223372036854775808,a,x\n9223372036854775807,b,y\n-0,c,z\n+7,d,w\n007,e,v\n"),
            new Case("header", LoadFixture.CSV, Header.SKIPPED, "what,\"ever\nit\"\n1,a,x\n2,b,y\n"),
            new Case("header alone", LoadFixture.CSV, Header.SKIPPED, "k,v,w"),
            new Case("header that matches", LoadFixture.CSV, Header.MATCHED, "k,\"v\",w\r\n1,a,x\r\n"),
            new Case("header that doesn't", LoadFixture.CSV, Header.MATCHED, "k,V,w\n1,a,x\n"),
            new Case("header that is short", LoadFixture.CSV, Header.MATCHED, "k,v\n1,a,x\n"),
            new Case("header with an empty name", LoadFixture.CSV, Header.MATCHED, "k,,w\n1,a,x\n"),
            new Case("semicolons, apostrophes and backslashes",
                    CopyFormat.of(true, ";", "nil", "'", "\\", List.of(), List.of()), Header.NONE,
                    "1;'a\\'b\\\\';nil\n2;'nil';'a\\b'\n'3';nil;'x;\n'\n"),
            new Case("force null", CopyFormat.of(true, null, "-", null, null, List.of("v"), List.of("w")), Header.NONE,
                    "1,-,-\n2,\"-\",\"-\"\n3,\"\",\n"),
            new Case("force null on both", CopyFormat.of(true, null, "0", null, null, List.of("k", "v"),
                    List.of("k", "v")), Header.NONE, "0,0,0\n1,\"0\",\"0\"\n"),
            new Case("force null on the key", CopyFormat.of(true, null, "0", null, null, List.of("k"), List.of()),
                    Header.NONE, "1,0,0\n\"0\",\"0\",\"0\"\n"),
            text("plain", "1\ta\tx\n2\tb\ty\n3\tc\tz\n"),
            text("escapes", "1\ta\\tb\\nc\\\\d\\x41\\101\\e\t\\N\n2\t\\\\N\t\\N\\\n3\t\\x\t\\xg\\0601\n"),
            text("escapes in keys", "\\x31\ta\tx\n1\\062\tb\ty\n\\061\\x3\\x33\tc\tz\n"),
            text("a line end after a backslash", "1\ta\\\nb\tx\n2\tc\\\n\\\n\ty\n"),
            text("CRLF", "1\ta\tx\r\n2\tb\ty\r\n"),
            text("CRLF after a backslash", "1\ta\tx\r\n2\tb\ty\\\r\n3\tc\tz\r\n"),
            text("a marker", "1\ta\tx\n\\.\n2\tb\ty\n"),
            text("a marker with CRLF", "1\ta\tx\r\n\\.\r\n2\tb\ty\r\n"),
            text("a marker with another line end", "1\ta\tx\r\n\\.\n2\tb\ty\r\n"),
            text("a marker first", "\\.\n1\ta\tx\n"),
            text("a marker and more", "1\ta\tx\n\\.x\n"),
            text("too few columns", "1\ta\tx\n2\tb\n"),
            text("too many columns", "1\ta\tx\n2\tb\ty\t\n"),
            text("NULL key", "1\ta\tx\n\\N\tb\ty\n"),
            text("stray CR", "1\ta\tx\n2\tb\r\ty\n"),
            text("quotes are nothing", "1\t\"a\t\"\"\n"),
            new Case("bars", CopyFormat.of(false, "|", "", null, null, List.of(), List.of()), Header.SKIPPED,
                    "k|v|w\n1|a\\|b|\n2||\\\n\n"),
            new Case("header that matches in text", LoadFixture.TEXT, Header.MATCHED, "k\tv\tw\n1\ta\tx\n"));

    @Test
    void trickyFilesAsOnePostgresReadsThem() throws Exception {
        try (LoadFixture fixture = new LoadFixture(2)) {
            fixture.table("CREATE TABLE t (k bigint, v text, w text)", "t: { shardKey: k }");
            RunningNode plain = fixture.nodes.getFirst();
            TestNodes.execute(plain, fixture.database, "CREATE TABLE plain (k bigint NOT NULL, v text, w text)");
            try (Connection connection = plain.connect(fixture.database)) {
                for (Case each : CASES) {
                    compare(fixture, connection, each);
                }
            }
            assertEquals(List.of(), fixture.misplaced());
        }
    }

    /** Servers before 18 end CSV at a marker, newer ones take it for a value; where nodes differ it is refused. */
    @Test
    void aMarkerInCsvIsWhatTheNodesVersionTakesItFor() throws Exception {
        List<RunningNode> versions = PostgresVersions.all();
        for (RunningNode version : versions) {
            try (LoadFixture fixture = new LoadFixture(List.of(version))) {
                fixture.table("CREATE TABLE t (v text)", "t: { shardKey: v }");
                TestNodes.execute(version, fixture.database, "CREATE TABLE plain (v text NOT NULL)");
                try (Connection connection = version.connect(fixture.database)) {
                    for (String data : List.of("a\n\\.\nb\n", "a\r\n\\.\r\nb\r\n", "\\.\na\n", "a\n\\.",
                            "\"\n\\.\n\"\nb\n")) {
                        compare(fixture, connection, csv(version.version() + " " + data, data));
                    }
                }
            }
        }
        Assumptions.assumeTrue(versions.size() > 1, "one version of PostgreSQL only");
        try (LoadFixture fixture = new LoadFixture(versions.subList(0, 2))) {
            fixture.table("CREATE TABLE t (v text)", "t: { shardKey: v }");
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV), "a\n\\.\n");
            assertEquals(Load.PROBLEMS, loaded.status());
            assertTrue(loaded.err().contains("ends the data for some nodes and is a value for others"), loaded.err());
            assertEquals(List.of(), fixture.rows("t"));
        }
    }

    private static void compare(LoadFixture fixture, Connection plain, Case each) throws Exception {
        try (var statement = plain.createStatement()) {
            statement.execute("TRUNCATE plain");
        }
        fixture.onAll("TRUNCATE t");
        String options = each.format().toSql().replaceFirst("\\)$", "") + switch (each.header()) {
            case NONE -> ")";
            case SKIPPED -> ", HEADER)";
            case MATCHED -> ", HEADER MATCH)";
        };
        String failure = null;
        long rows = 0;
        try {
            rows = copy(plain).copyIn("COPY plain FROM STDIN " + options,
                    new ByteArrayInputStream(each.data().getBytes(StandardCharsets.UTF_8)));
        } catch (SQLException e) {
            failure = e.getMessage();
        }
        Loaded loaded = fixture.load(LoadFixture.options("t", each.format(), each.header()), each.data());
        String what = each.name() + ": PostgreSQL says " + failure + ", the load says " + loaded;
        assertEquals(failure == null ? Load.GOOD : Load.PROBLEMS, loaded.status(), what);
        assertEquals(LoadFixture.rows(fixture.nodes.getFirst(), fixture.database, "plain"), fixture.rows("t"), what);
        if (failure == null) {
            assertTrue(loaded.out().startsWith("COPY " + rows + System.lineSeparator()), what);
        }
    }

    /** Every type that a key may have, with values that its assignment changes. */
    @Test
    void everyKeyTypeOverOneToFourNodes() throws Exception {
        Random random = new Random(SEED);
        for (int count = 1; count <= 4; count++) {
            try (LoadFixture fixture = new LoadFixture(count)) {
                everyKeyType(fixture, random);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + SEED + ", " + count + " nodes", e);
            }
        }
    }

    private static final String[][] KEYS = {{"int2", "(random() * 60000 - 30000)::int2"},
            {"int4", "(random() * 4e9 - 2e9)::int4"}, {"int8", "(random() * 1e18)::int8 - 5 * i"},
            {"numeric", "(random() * 1e6)::numeric"}, {"numeric(12,2)", "(random() * 1e6)::numeric(12,4)"},
            {"text", "chr(1 + (random() * 700)::int) || repeat(chr(9 + i % 90), i % 9)"},
            {"varchar(7)", "substr(md5(i::text), 1, i % 8) || repeat(' ', i % 12)"},
            {"char(5)", "substr(md5(i::text), 1, i % 6)"}, {"uuid", "gen_random_uuid()"},
            {"bytea", "decode(substr(md5(i::text), 1, 2 * (i % 16)), 'hex')"}, {"date", "date '1900-01-01' + i * 100"},
            {"timestamp(2)", "timestamp '1999-12-31 23:59:59.987654' + i * interval '1 hour 3.3333 s'"},
            {"timestamptz", "timestamptz '1999-12-31 23:59:59.987654Z' - i * interval '100 days 1 us'"},
            {"bool", "i % 2 = 0"}};

    private static void everyKeyType(LoadFixture fixture, Random random) throws Exception {
        RunningNode plain = fixture.nodes.getFirst();
        // Four nodes tell most about where rows go; fewer get a few types.
        int step = fixture.nodes.size() == 4 ? 1 : 5;
        for (int i = 0; i < KEYS.length; i += step) {
            String table = "t" + i;
            fixture.table("CREATE TABLE " + table + " (v text, k " + KEYS[i][0] + " NOT NULL, n numeric, \"Or\" int4)",
                    table + ": { shardKey: k }");
            // The source has the values as they were before the assignment.
            String type = KEYS[i][0].replaceFirst("\\(.*", "").replace("char", "text").replace("vartext", "text");
            TestNodes.execute(plain, fixture.database,
                    "CREATE TABLE source%d AS SELECT md5(i::text) || E',\"\\\\\\n\\t' AS v, (%s)::%s AS k, nullif(i %% 7, 0)::numeric / 3 AS n, i AS \"Or\" FROM generate_series(1, 300) i"
                            .formatted(i, KEYS[i][1], type));
            TestNodes.execute(plain, fixture.database,
                    "CREATE TABLE plain%d (LIKE %s INCLUDING ALL)".formatted(i, table));
        }
        try (Connection connection = plain.connect(fixture.database)) {
            for (int i = 0; i < KEYS.length; i += step) {
                CopyFormat format = random.nextBoolean()
                        ? LoadFixture.TEXT
                        : random.nextBoolean()
                                ? LoadFixture.CSV
                                : CopyFormat.of(true, "|", "NULL", "'", "\\", List.of(), List.of());
                ByteArrayOutputStream file = new ByteArrayOutputStream();
                copy(connection).copyOut("COPY source" + i + " TO STDOUT " + format.toSql(), file);
                copy(connection).copyIn("COPY plain" + i + " FROM STDIN " + format.toSql(),
                        new ByteArrayInputStream(file.toByteArray()));
                Loaded loaded = fixture.load(LoadFixture.options("t" + i, format), file.toByteArray());
                assertEquals(Load.GOOD, loaded.status(), KEYS[i][0] + ": " + loaded);
                assertEquals(LoadFixture.rows(plain, fixture.database, "plain" + i), fixture.rows("t" + i),
                        KEYS[i][0]);
            }
        }
        assertEquals(List.of(), fixture.misplaced());
    }

    @Test
    void compositeKeysAndColumnsInAnotherOrder() throws Exception {
        try (LoadFixture fixture = new LoadFixture(4)) {
            fixture.table("CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY, a int, b text, c int DEFAULT 5, "
                    + "d int GENERATED ALWAYS AS (a * 2) STORED)", "t: { shardKey: [b, a] }");
            StringBuilder data = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                data.append("\"k").append(i).append("\",").append(i).append(',').append(i).append('\n');
            }
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV, Header.NONE, "b", "a", "id"),
                    data.toString());
            assertEquals(Load.GOOD, loaded.status(), loaded.toString());
            assertEquals(500, fixture.rows("t").size());
            assertTrue(fixture.rows("t").contains("(7,7,k7,5,14)"), loaded.toString());
            assertEquals(List.of(), fixture.misplaced());
            Loaded missing = fixture.load(LoadFixture.options("t", LoadFixture.CSV, Header.NONE, "b", "id"), "x,1\n");
            assertEquals(Load.PROBLEMS, missing.status());
            assertTrue(missing.err().startsWith("ERROR:  the shard key t.a is not among the columns"), missing.err());
        }
    }

    @Test
    void referenceAndUnshardedTables() throws Exception {
        try (LoadFixture fixture = new LoadFixture(3)) {
            fixture.table("CREATE TABLE r (code text PRIMARY KEY, name text)", "r: { reference: true }")
                    .table("CREATE TABLE u (x int)", "u: { node: c }");
            Loaded everywhere = fixture.load(LoadFixture.options("r", LoadFixture.TEXT), "de\tGermany\nfr\tFrance\n");
            assertEquals("COPY 2\na: 2 rows\nb: 2 rows\nc: 2 rows\n", everywhere.out());
            for (int node = 0; node < 3; node++) {
                assertEquals(List.of("(de,Germany)", "(fr,France)"), fixture.rows(node, "r"));
            }
            assertEquals("COPY 2\n", fixture.load(LoadFixture.options("u", LoadFixture.TEXT), "1\n2\n").out());
            assertEquals(List.of(), fixture.rows(0, "u"));
            assertEquals(List.of("(1)", "(2)"), fixture.rows(2, "u"));
        }
    }

    /** What a trigger of the nodes makes of a row is theirs. */
    @Test
    void triggersMayDropRows() throws Exception {
        try (LoadFixture fixture = new LoadFixture(2)) {
            fixture.table("CREATE TABLE t (k int, v text)", "t: { shardKey: k }");
            fixture.onAll("CREATE FUNCTION even() RETURNS trigger LANGUAGE plpgsql AS "
                    + "'BEGIN IF new.k % 2 = 0 THEN RETURN new; END IF; RETURN NULL; END';"
                    + "CREATE TRIGGER even BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION even()");
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV), "1,a\n2,b\n3,c\n4,d\n6,e\n");
            assertEquals(Load.GOOD, loaded.status(), loaded.toString());
            assertTrue(loaded.out().startsWith("COPY 3" + System.lineSeparator()), loaded.out());
            assertEquals(List.of("(2,b)", "(4,d)", "(6,e)"), fixture.rows("t"));
        }
    }

    /** Times without a zone are read in the node's zone, not in that of this process. */
    @Test
    void settingsAreTheNodes() throws Exception {
        try (LoadFixture fixture = new LoadFixture(2)) {
            fixture.table("CREATE TABLE t (k int, at timestamptz, d date)", "t: { shardKey: k }");
            fixture.onAll("ALTER DATABASE " + fixture.database + " SET TimeZone TO 'Asia/Tokyo'");
            fixture.onAll("ALTER DATABASE " + fixture.database + " SET DateStyle TO 'SQL, DMY'");
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV),
                    "1,2020-01-01 00:00,02/03/2020\n");
            assertEquals(Load.GOOD, loaded.status(), loaded.toString());
            try (Connection connection = fixture.nodes.get(fixture.rows(0, "t").isEmpty() ? 1 : 0)
                    .connect(fixture.database);
                    var row = connection.createStatement().executeQuery(
                            "SELECT extract(epoch FROM at)::int8, extract(month FROM d)::int4 FROM t")) {
                row.next();
                assertEquals(1577804400L, row.getLong(1));
                assertEquals(3, row.getInt(2));
            }
        }
    }

    @Test
    void aSlowStreamAndLongRows() throws Exception {
        try (LoadFixture fixture = new LoadFixture(2)) {
            fixture.table("CREATE TABLE t (k int, v text)", "t: { shardKey: k }");
            String longText = "x".repeat(700_000);
            byte[] data = ("1,\"" + longText + "\n\"\n2,b\n3,\"" + longText + "\"\n").getBytes(StandardCharsets.UTF_8);
            // Pieces that end anywhere.
            var pieces = new ByteArrayInputStream(data) {
                @Override
                public synchronized int read(byte[] into, int offset, int length) {
                    return super.read(into, offset, Math.min(length, 4099));
                }
            };
            Loaded loaded = fixture.load(LoadFixture.options("t", LoadFixture.CSV), pieces, load -> load);
            assertEquals(Load.GOOD, loaded.status(), loaded.err());
            assertEquals(3, fixture.rows("t").size());
            Loaded tooLong = fixture.load(LoadFixture.options("t", LoadFixture.CSV),
                    "1,\"" + "y".repeat(1_100_000) + "\"\n");
            assertEquals(Load.PROBLEMS, tooLong.status());
            assertTrue(tooLong.err().contains("a row is longer than 1048576 bytes"), tooLong.err());
            assertEquals(3, fixture.rows("t").size());
        }
    }
}
