package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Settings that functions change are what they would be on one PostgreSQL, and the client is told of them in the same words:
 * over one node and over two, with another client that uses the same connections between any two messages.
 */
@Timeout(300)
class SetConfigTest {

    private static List<RunningNode> nodes;
    private static SessionFixture one;
    private static SessionFixture two;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        one = SessionFixture.start(nodes.subList(0, 1), "", "pool: { size: 1 }");
        two = SessionFixture.start(nodes, "", "pool: { size: 1 }");
        one.onNode(0, "INSERT INTO notes VALUES (1, 'from a table')");
    }

    @AfterAll
    static void stop() throws Exception {
        one.close();
        two.close();
    }

    private static String told(PgClient client, Object step) throws Exception {
        List<BackendMessage> messages = step instanceof String sql
                ? client.query(sql)
                : client.exchange(all((Object[]) step));
        TreeSet<String> parameters = new TreeSet<>();
        messages.forEach(m -> {
            if (m instanceof ParameterStatus p) {
                parameters.add(p.name() + "=" + p.value());
            }
        });
        return Talk.told(messages) + parameters;
    }

    private static Object[] pipeline(Object... parts) {
        Object[] whole = Arrays.copyOf(parts, parts.length + 1);
        whole[parts.length] = new Sync();
        return whole;
    }

    private static Object[] bound(String sql, Object... values) {
        return pipeline((Object) run(sql, values));
    }

    private static void kept(SessionFixture fixture, Object... dialog) throws Exception {
        same(fixture, false, dialog);
    }

    /** @param pins whether the session keeps its connection in the end */
    private static void same(SessionFixture fixture, boolean pins, Object... dialog) throws Exception {
        List<String> expected = new ArrayList<>();
        try (PgClient plain = PgClient.login("127.0.0.1", nodes.getFirst().port(), SessionFixture.USER,
                fixture.database, null)) {
            for (Object step : dialog) {
                expected.add(told(plain, step));
            }
        }
        boolean mayPin = pins || List.of(dialog).contains("discard all");
        List<String> actual = new ArrayList<>();
        try (PgClient client = fixture.client()) {
            for (Object step : dialog) {
                actual.add(told(client, step));
                if (actual.getLast().contains("Z:I")
                        && !(mayPin && fixture.report().contains("hidden setting"))) {
                    spoil(fixture);
                }
            }
            assertEquals(String.join("\n", expected), String.join("\n", actual));
            assertEquals(pins, fixture.report().contains("hidden setting"), fixture.report());
        }
        fixture.awaitAllReturned();
        spoil(fixture);
    }

    /** Another client sets what it can, having seen nothing of the first one's. */
    private static void spoil(SessionFixture fixture) throws Exception {
        try (PgClient spoiler = fixture.client()) {
            assertEquals("T row(4MB) [SHOW] Z:I", ask(spoiler, "show work_mem"));
            assertEquals("T row() [SELECT 1] Z:I",
                    ask(spoiler, "select coalesce(current_setting('my.own', true), '')"));
            ask(spoiler, "set work_mem = '3MB'; set search_path = pg_catalog; set time zone 'Asia/Tokyo';"
                    + "set my.own = 'spoilt'; set datestyle = german");
        }
    }

    private static final Object[][] SEEN = {
            {bound("select set_config('work_mem', $1, false)", "5MB"), "show work_mem",
                    bound("select set_config($1, $2, $3)", "WORK_MEM", "6MB", "no"), "show work_mem",
                    bound("select set_config('work_mem', $1, true)", "7MB"), "show work_mem"},
            {bound("select set_config('my.own', $1::text, false)", "it's \\ mine"), "show my.own",
                    bound("select set_config('my.own', $1, $2)", null, "f"), "show my.own"},
            {"begin", bound("select set_config('work_mem', $1, $2)", "8MB", "t"), "show work_mem", "commit",
                    "show work_mem", "begin", bound("select set_config('work_mem', $1, $2)", "8MB", "f"), "rollback",
                    "show work_mem", "begin", "savepoint a",
                    bound("select set_config('work_mem', $1, $2)", "9MB", "false"), "rollback to a", "show work_mem",
                    "commit", "show work_mem"},
            // As PostgREST begins each of its transactions.
            {"begin", bound("select set_config('search_path', $1, true), set_config('role', $2, true),"
                    + " set_config('my.own', $3, true)", "pg_catalog, public", "pg_monitor", "{\"sub\": 7}"),
                    "select current_user, current_setting('my.own'), current_schemas(false)", "commit",
                    "select current_user, current_setting('my.own', true), current_schemas(false)"},
            {"select set_config('work_mem', '5MB', false), set_config('my.own', 'x', false), 1", "show work_mem",
                    "show my.own", "select set_config('timezone', 'Asia/Kolkata', false)::text as zone",
                    "show timezone", "reset all", "show timezone", "show my.own"},
            {bound("select set_config('TimeZone', $1, false)", "Europe/Vienna"), "show timezone",
                    bound("select set_config('datestyle', $1, false)", "SQL, DMY"), "show datestyle",
                    bound("select set_config('client_encoding', $1, false)", "latin1"), "select 'plain'",
                    bound("select set_config('work_mem', $1, false)", "wrong"), "show work_mem", "discard all",
                    "show timezone"},
            {pipeline(parse("s", "select set_config('work_mem', $1, false)"), bind("", "s", "5MB"), execute(""),
                    bind("", "s", "6MB"), execute("")), "show work_mem",
                    pipeline(bind("", "s", "7MB"), execute(""), run("select 1/0")), "show work_mem",
                    pipeline(bind("", "s", "7MB"), closePortal("")), "show work_mem"},
            {"prepare p as select set_config('work_mem', $1, false)", "execute p('5MB')", "show work_mem",
                    "execute p(null)", "show work_mem", "begin", "execute p('6MB')", "rollback", "show work_mem"},
            {"select set_config('search_path', 'pg_catalog, public', false); show search_path", "show search_path",
                    bound("select set_config('search_path', $1, false)", ""), "show search_path"},
    };

    @Test
    void whatIsSetIsSeen() throws Exception {
        for (Object[] dialog : SEEN) {
            kept(one, dialog);
            kept(two, dialog);
        }
    }

    @Test
    void valuesInBinary() throws Exception {
        FrontendMessage bind = new Bind("", "", List.of(1), List.of(Bytes.utf8("5MB"), Bytes.of(new byte[]{0})),
                List.of());
        Object[] set = pipeline(parse("", "select set_config('work_mem', $1, $2)"), bind, execute(""));
        kept(one, set, "show work_mem");
        kept(two, set, "show work_mem");
    }

    /** The proxy lost what it could not see: the setting was gone after the transaction. */
    @Test
    void whatIsHiddenPinsTheSession() throws Exception {
        same(one, true, "select set_config('my.own', body, false) from notes", "show my.own",
                "set work_mem = '5MB'", pipeline(run("set work_mem = '6MB'"), run("select 1/0")), "show work_mem",
                "show my.own", "reset work_mem", "show my.own");
        same(one, true, pipeline(parse("", "select set_config('work_mem', $1::text || 'MB', false)", 23),
                bind("", "", "5"), execute("")), "show work_mem", "begin", "rollback", "show work_mem");
        same(one, true, "select set_config('work_mem', '5MB', false) where false", "show work_mem");
        same(one, true, "select set_config('work' || '_mem', '5MB', false)", "show work_mem",
                "select set_config('work_mem', '5MB', false) from generate_series(1, 0)");
        same(one, true, "select set_config('TimeZone', 'Asia/' || 'Kolkata', false)", "show timezone",
                "select timestamptz '2020-01-01 00:00:00+00'", "set time zone 'UTC'", "show timezone");
    }

    @Test
    void discardAllEndsThePin() throws Exception {
        kept(one, "begin", "select set_config('my.own', body, false) from notes", "commit", "discard all",
                "select 1");
        // What is said for the transaction alone is over with it.
        kept(one, "begin", "select set_config('work_mem', substr(body, 1, 0) || '5MB', true) from notes",
                "show work_mem", "commit", "show work_mem");
    }

    /** The session kept its connection for a setting that was no more. */
    @Test
    void rollbackEndsThePin() throws Exception {
        String hidden = "select set_config('work_mem', id + 4 || 'MB', false) from notes";
        String again = "select set_config('work_mem', id + 5 || 'MB', false) from notes";
        Object[] bound = pipeline(run(hidden), run("select 1/0"));
        kept(one, "begin", hidden, "show work_mem", "rollback", "show work_mem", bound, "show work_mem");
        kept(one, "set work_mem = '3MB'", "begin", hidden, "select 1/0", "commit", "show work_mem",
                hidden + ", generate_series(0, 1) g where 1/g > 0", "show work_mem", hidden + "; select 1/0",
                "show work_mem", "begin; " + hidden + "; rollback", "show work_mem");
        kept(one, "begin", "savepoint a", hidden, "savepoint b", again, "rollback to b", "show work_mem",
                "rollback to a", "show work_mem", "commit", "show work_mem");
        kept(one, "begin", hidden, "rollback and chain", "show work_mem", "commit", "show work_mem");
        same(one, true, hidden, "begin", again, "rollback", "show work_mem", bound, "show work_mem");
        same(one, true, "begin", hidden, "commit and chain", again, "rollback", "show work_mem");
        same(one, true, "begin", "savepoint a", hidden, "release a", "savepoint c", again, "rollback to c", "commit",
                "show work_mem");
        same(one, true, "begin; " + hidden + "; commit; select 1/0", "show work_mem");
        same(one, true, hidden + "; commit; select 1/0", "show work_mem");
        same(one, true, pipeline(run(hidden), run("commit"), run("select 1/0")), "show work_mem");
    }

    @Test
    void hiddenSettingsAreRefusedOverNodes() throws Exception {
        try (PgClient client = two.client()) {
            assertEquals("error TL002 Z:I", ask(client, "select set_config('my.own', body, false) from notes"));
            assertEquals("1 error TL002 Z:I", exchange(client, parse("", "select set_config('my.own', $1, $2)", 25, 16),
                    new Bind("", "", List.of(1), List.of(Bytes.utf8("x"), Bytes.of(new byte[]{0, 0})), List.of()),
                    new Sync()));
        }
    }

    /** DO changed the time zone, the client was told so, and the next transaction had the old one. */
    @Test
    void whatCodeSetsIsKeptIfItIsReported() throws Exception {
        kept(one, "do $$ begin set time zone 'Asia/Kolkata'; end $$", "show timezone",
                "select timestamptz '2020-01-01 00:00:00+00'", "reset timezone", "show timezone",
                "do $$ begin set local datestyle = 'sql'; end $$", "show datestyle",
                "begin", "do $$ begin perform set_config('datestyle', 'german', false); end $$", "show datestyle",
                "rollback", "show datestyle", "begin",
                "do $$ begin perform set_config('datestyle', 'german', false); end $$", "commit", "show datestyle",
                "do $$ begin set standard_conforming_strings = off; end $$", "select 'a\\\\b'",
                "do $$ begin set client_encoding = 'latin1'; end $$", "show client_encoding", "discard all",
                "show client_encoding");
    }

    /** Who the client is, in its own eyes, is what the next transaction has. */
    @Test
    void whatCodeLosesIsToldToBeAsItWas() throws Exception {
        try (PgClient client = one.client()) {
            String told = told(client, "do $$ begin set role pg_monitor; end $$");
            assertTrue(told.equals("[DO] Z:I[]") || told.equals("[DO] Z:I[is_superuser=on]"), told);
            assertEquals("T row(postgres) [SELECT 1] Z:I", ask(client, "select current_user"));
        }
    }
}
