package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.FunctionCall;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What triggers, functions that are not declared volatile, views, rules and operators do to the session reaches no other
 * client: over one node and over two, all clients share one connection to each.
 */
@Timeout(300)
class HiddenCodeTest {

    private static final String SETS = " LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('work_mem', '7MB', false);"
            + " PERFORM set_config('my.own', 'x', false); PERFORM pg_advisory_lock(4711); RETURN NULL; END $$;";
    private static final String CODE = """
            CREATE FUNCTION stable_one() RETURNS int STABLE SETS
            CREATE FUNCTION outer_one(items) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT public.stable_one()';
            CREATE FUNCTION on_row() RETURNS trigger SETS
            CREATE FUNCTION compared(int, int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1 > $2';
            CREATE FUNCTION made() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN CREATE TEMP TABLE left_behind (a int); RETURN NULL; END $$;
            CREATE FUNCTION harmless() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM set_config('work_mem', '9MB', true); RETURN NEW; END $$;
            CREATE TRIGGER t AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION on_row();
            """.replace("SETS", SETS);

    private static final String HOME = """
            CREATE VIEW seen AS SELECT stable_one() AS n;
            CREATE TABLE ruled (a int);
            CREATE RULE r AS ON INSERT TO ruled DO ALSO SELECT stable_one();
            CREATE TABLE made (a int);
            CREATE TRIGGER t AFTER INSERT OR TRUNCATE ON made EXECUTE FUNCTION made();
            CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION harmless();
            """;

    private static SessionFixture one;
    private static SessionFixture two;

    @BeforeAll
    static void start() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(2);
        one = SessionFixture.withSchema(nodes.subList(0, 1), CODE, HOME, "pool: { size: 1 }");
        two = SessionFixture.withSchema(nodes, CODE, HOME, "pool: { size: 1 }");
    }

    @AfterAll
    static void stop() throws Exception {
        one.close();
        two.close();
    }

    private interface Deed {
        String by(PgClient client) throws Exception;
    }

    private static void leavesNothing(SessionFixture fixture, Deed... deeds) throws Exception {
        for (int i = 0; i < deeds.length; i++) {
            String told;
            try (PgClient client = fixture.client()) {
                told = deeds[i].by(client);
                assertEquals(-1, told.indexOf("error"), "deed " + i + ": " + told);
                try (PgClient stranger = fixture.client()) {
                    for (int node = 0; node < fixture.nodes.size(); node++) {
                        String hint = fixture.nodes.size() == 1
                                ? ""
                                : "/* trunkline: node=" + SessionFixture.name(node) + " */ ";
                        assertEquals("T row(4MB,,0,0) [SELECT 1] Z:I", ask(stranger, hint
                                + "SELECT current_setting('work_mem'), coalesce(current_setting('my.own', true), ''),"
                                + " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
                                + " (SELECT count(*) FROM pg_class WHERE relname = 'left_behind')"),
                                "deed " + i + " on node " + node + ": " + told);
                    }
                }
            }
            fixture.awaitAllReturned();
        }
    }

    private static Deed says(String sql) {
        return client -> ask(client, sql);
    }

    @Test
    void overOneNode() throws Exception {
        leavesNothing(one, says("SELECT stable_one()"),
                says("SELECT items.outer_one FROM items RIGHT JOIN (VALUES (1)) v ON true"),
                says("BEGIN; SELECT outer_one(NULL); COMMIT"), says("BEGIN; SELECT stable_one(); ROLLBACK"),
                says("SELECT * FROM seen"), says("EXPLAIN SELECT outer_one(NULL)"), says("TABLE seen"),
                says("INSERT INTO items VALUES (1, 'a')"), says("INSERT INTO ruled VALUES (1)"),
                says("WITH w AS (INSERT INTO made VALUES (1) RETURNING a) SELECT * FROM w"), says("TRUNCATE made"),
                says("COPY (SELECT stable_one()) TO STDOUT"),
                says("COPY made FROM PROGRAM 'echo 1'"),
                says("PREPARE p AS SELECT stable_one(); EXECUTE p"),
                says("PREPARE p AS SELECT outer_one(NULL); EXPLAIN EXECUTE p"),
                says("PREPARE p(int) AS SELECT $1; EXECUTE p(stable_one())"),
                says("PREPARE p(int) AS SELECT $1; EXPLAIN EXECUTE p(1 + stable_one())"),
                client -> exchange(client, parse("p", "SELECT $1::int"), parse("", "EXECUTE p(stable_one())"),
                        bind("", ""), execute(""), new Sync()),
                says("CREATE INDEX ON ruled ((a + outer_one(NULL)))"),
                says("SELECT query_to_xml('SELECT stable_one()', true, true, '')"),
                client -> exchange(client, parse("", "SELECT stable_one()"), bind("", ""), execute(""), new Sync()),
                client -> exchange(client, parse("", "INSERT INTO items VALUES ($1, 'a')"), bind("", "", 2),
                        execute(""), new Sync()),
                // set_config, called by its OID.
                client -> exchange(client, new FunctionCall(2078, List.of(), List.of(Bytes.utf8("work_mem"),
                        Bytes.utf8("7MB"), Bytes.utf8("f")), 0)));
    }

    /** Wherever a call stands, its client may keep what it did; nobody else has it afterwards. */
    @Test
    void callsInEveryPlace() throws Exception {
        one.onNode(0, "INSERT INTO words VALUES ('a', 1)");
        for (String call : List.of("set_config('work_mem', '7MB', false)", "pg_try_advisory_lock(4711)::text")) {
            for (String sql : List.of("SELECT CALL", "SELECT 1 FROM CAST(CALL AS text)", "VALUES (CALL), ('x')",
                    "SELECT * FROM (SELECT CALL AS x) s", "WITH w AS MATERIALIZED (SELECT CALL) TABLE w",
                    "SELECT * FROM words, LATERAL (SELECT CALL || w) s", "SELECT 1 WHERE CALL <> ''",
                    "SELECT w FROM words ORDER BY CALL", "SELECT max(CALL) FROM words",
                    "SELECT count(*) FROM words GROUP BY CALL", "SELECT count(*) FROM words HAVING CALL <> ''",
                    "SELECT w FROM words LIMIT length(CALL)", "SELECT ARRAY[CALL]", "SELECT (ROW(CALL)).f1",
                    "SELECT CASE WHEN true THEN CALL END", "SELECT coalesce(CALL, '')", "SELECT 'a' IN (CALL)",
                    "SELECT EXISTS (SELECT CALL)", "SELECT row_number() OVER (ORDER BY CALL)",
                    "INSERT INTO words VALUES (CALL || random(), 1)",
                    "INSERT INTO words VALUES ('a', 1) ON CONFLICT (w) DO UPDATE SET n = length(CALL)",
                    "UPDATE words SET n = length(CALL)", "DELETE FROM words WHERE CALL = 'x'",
                    "UPDATE words SET n = 1 RETURNING CALL",
                    "MERGE INTO words USING (VALUES (1)) s (x) ON w = CALL WHEN MATCHED THEN DELETE",
                    "BEGIN; DECLARE c CURSOR FOR SELECT CALL; FETCH c; COMMIT", "COPY (SELECT CALL) TO STDOUT",
                    "EXPLAIN ANALYZE SELECT CALL", "SELECT CALL INTO TEMP kept_there",
                    "CREATE TEMP TABLE kept_there AS SELECT CALL", "CREATE TABLE pg_temp.kept_there (a int)",
                    "SET search_path = pg_temp, public; CREATE TABLE kept_there (a int)",
                    "CREATE TEMP VIEW kept_there AS SELECT 1", "CREATE TEMP SEQUENCE kept_there",
                    "DO $$ BEGIN PERFORM CALL; END $$", "SELECT U&\"set\\005fconfig\"('work_mem', '7MB', false)",
                    "SELECT \"set_config\"('work_mem', '7MB', false)")) {
                try (PgClient client = one.client()) {
                    String told = ask(client, sql.replace("CALL", call));
                    assertEquals(-1, told.indexOf("error"), sql + ": " + told);
                }
                one.awaitAllReturned();
                try (PgClient stranger = one.client()) {
                    assertEquals("T row(4MB,0,0) [SELECT 1] Z:I", ask(stranger, "SELECT current_setting('work_mem'),"
                            + " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
                            + " (SELECT count(*) FROM pg_class WHERE relname = 'kept_there')"), sql);
                }
            }
        }
    }

    /** DDL runs functions; here no code of the user's makes it suspicious. */
    @Test
    void ddlOverOneNode() throws Exception {
        try (SessionFixture plain = SessionFixture.start(one.nodes, "", "pool: { size: 1 }")) {
            leavesNothing(plain,
                    says("CREATE TABLE made_of AS SELECT set_config('work_mem', '7MB', false) AS a, pg_try_advisory_lock(7)"),
                    says("ALTER TABLE notes ADD COLUMN z text DEFAULT set_config('work_mem', '7MB', false)"),
                    says("ALTER TABLE made_of ALTER COLUMN a TYPE text USING set_config('work_mem', '7MB', false)"));
        }
    }

    /** What the arguments of EXECUTE did to the session reached whoever came next. */
    @Test
    void argumentsOfExecutePin() throws Exception {
        try (PgClient client = one.client()) {
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p(text) AS SELECT $1"));
            assertEquals("T row(7MB) [SELECT 1] Z:I", ask(client, "EXECUTE p(set_config('work_mem', '7MB', false))"));
            assertEquals("T row(7MB) [SHOW] Z:I", ask(client, "SHOW work_mem"));
            assertTrue(one.report().contains("hidden setting"), one.report());
            ask(client, "DISCARD ALL; PREPARE l(bool) AS SELECT $1");
            ask(client, "PREPARE l(bool) AS SELECT $1");
            assertEquals("T row(t) [SELECT 1] Z:I", ask(client, "EXECUTE l(pg_try_advisory_lock(5))"));
            assertTrue(one.report().contains("session lock"), one.report());
        }
        one.awaitAllReturned();
        try (PgClient client = two.client()) {
            ask(client, "PREPARE p(text) AS SELECT $1");
            assertEquals("error TL002 Z:I", ask(client, "EXECUTE p(set_config('work_mem', '7MB', false))"));
            assertEquals("T row(4MB) [SELECT 1] Z:I", ask(client, "EXECUTE p(current_setting('work_mem'))"));
        }
    }

    @Test
    void overSeveralNodes() throws Exception {
        leavesNothing(two, says("SELECT stable_one()"), says("SELECT k, stable_one() FROM items"),
                says("INSERT INTO items VALUES (" + two.key(1, 0) + ", 'a')"),
                says("SELECT items.outer_one FROM items WHERE k = " + two.key(1, 0)),
                says("SELECT count(*) FROM items WHERE stable_one() IS NULL"),
                says("SELECT * FROM seen"), says("TRUNCATE made"),
                client -> exchange(client, parse("", "INSERT INTO items VALUES ($1, 'a')"),
                        bind("", "", two.key(0, 7)), execute(""), new Sync()));
    }

    @Test
    void largeObjectsAreKnownByTheirOids() throws Exception {
        assertEquals(new TreeSet<>(LargeObjects.FUNCTIONS).toString(),
                one.ask(0, "SELECT '[' || string_agg(oid::text, ', ' ORDER BY oid) || ']' FROM pg_proc"
                        + " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read|write)'"));
    }

    /** What changes nothing for the session costs no reset: the connection still has what was prepared on it. */
    @Test
    void harmlessTriggersCostNothing() throws Exception {
        try (PgClient client = one.client()) {
            ask(client, "INSERT INTO notes VALUES (100, 'x')");
            String resets = "trunkline_pool_events_total\\{[^}]*event=\"reset\"[^}]*\\} ([0-9.]+)";
            int before = one.metric(resets);
            for (int i = 0; i < 5; i++) {
                ask(client, "INSERT INTO notes VALUES (" + i + ", 'x')");
            }
            assertEquals(before, one.metric(resets));
            ask(client, "INSERT INTO items VALUES (1000, 'x')");
            one.awaitAllReturned();
            assertEquals(before + 1, one.metric(resets));
        }
    }
}
