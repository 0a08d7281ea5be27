package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A session's settings are what they would be on one PostgreSQL, whichever connection its statements get, and the client is
 * told of their changes in the same words. Between any two statements another client spoils what settings it can.
 */
class SettingsParityTest {

    private static List<RunningNode> nodes;
    private static SessionFixture shop;
    private static PgClient spoiler;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        shop = SessionFixture.start(nodes, "", "pool: { size: 1 }");
        for (int node = 0; node < 2; node++) {
            shop.onNode(node, """
                    CREATE SCHEMA other;
                    CREATE FUNCTION one_setting() RETURNS text STABLE LANGUAGE sql SET work_mem = '7MB' AS
                    $$ SELECT current_setting('work_mem') $$;
                    CREATE FUNCTION changes_setting() RETURNS text LANGUAGE plpgsql VOLATILE AS
                    $$ BEGIN SET work_mem = '9MB'; RETURN current_setting('work_mem'); END $$""");
        }
        spoiler = shop.client();
        // An unknown table has the nodes looked at.
        told(spoiler, "select * from nosuch");
        SessionFixture.await("the proxy knows the function",
                () -> told(spoiler, "select one_setting()").contains("SELECT 1"));
    }

    @AfterAll
    static void stop() throws Exception {
        spoiler.close();
        shop.close();
    }

    private static String word(BackendMessage message) {
        return switch (message) {
            case CommandComplete c -> c.tag();
            case ErrorResponse e -> e.fields().sqlState() + " " + e.fields().message();
            case NoticeResponse n -> n.fields().sqlState() + " " + n.fields().message();
            case DataRow row -> row.values().stream()
                    .map(v -> v == null ? "null" : new String(v.array(), StandardCharsets.UTF_8)).toList().toString();
            case ReadyForQuery ready -> ready.status().toString();
            case BackendMessage other -> null;
        };
    }

    private static List<String> told(PgClient client, String sql) throws IOException {
        List<String> words = new ArrayList<>();
        TreeSet<String> parameters = new TreeSet<>();
        for (BackendMessage message : client.query(sql)) {
            if (message instanceof ParameterStatus p) {
                parameters.add(p.name() + "=" + p.value());
            } else if (word(message) != null) {
                words.add(word(message));
            }
        }
        words.addAll(parameters);
        return words;
    }

    private static PgClient plain(Map<String, String> more) throws IOException {
        return login(nodes.getFirst().port(), more);
    }

    private static PgClient login(int port, Map<String, String> more) throws IOException {
        Map<String, String> parameters = new HashMap<>(Map.of("user", SessionFixture.USER, "database", shop.database));
        parameters.putAll(more);
        PgClient client = PgClient.connect("127.0.0.1", port);
        client.login(parameters, null);
        return client;
    }

    private static void same(String... dialog) throws IOException {
        same(Map.of(), dialog);
    }

    private static void same(Map<String, String> startup, String... dialog) throws IOException {
        List<List<String>> answers = new ArrayList<>();
        for (boolean plain : new boolean[]{true, false}) {
            List<String> answer = new ArrayList<>();
            try (PgClient one = plain ? plain(startup) : login(shop.proxy.port(), startup)) {
                answer.add(new TreeMap<>(one.settings()).toString());
                for (String sql : dialog) {
                    answer.add(sql + ": " + told(one, sql));
                    if (!plain && !answer.getLast().contains("IN_TRANSACTION")
                            && !answer.getLast().contains("FAILED")) {
                        spoiler.query("set work_mem = '3MB'");
                        spoiler.query("set search_path = pg_catalog");
                        spoiler.query("set time zone 'Asia/Tokyo'");
                        spoiler.query("set application_name = 'spoiler'");
                        spoiler.query("set my.own = 'spoilt'");
                        spoiler.query("select 1");
                    }
                }
            }
            answers.add(answer);
        }
        List<String> expected = answers.get(0);
        List<String> actual = answers.get(1);
        List<Integer> different = IntStream.range(0, expected.size())
                .filter(i -> !expected.get(i).equals(actual.get(i))).boxed().toList();
        assertEquals(different.stream().map(expected::get).collect(Collectors.joining("\n")),
                different.stream().map(actual::get).collect(Collectors.joining("\n")));
    }

    @Test
    void setAndReset() throws Exception {
        same("show work_mem", "set work_mem = '5MB'", "show work_mem", "set work_mem to default", "show work_mem",
                "set work_mem = 5000",
                "select current_setting('work_mem')", "reset work_mem", "show work_mem", "set work_mem = 'x'",
                "show work_mem",
                "set nosuch = 1", "set my.own = 'mine'", "show my.own", "reset my.own", "show my.own",
                "set my.own to default",
                "select current_setting('my.own', true)", "set session work_mem = '6MB'", "show work_mem", "reset all",
                "show work_mem",
                "show nosuch");
    }

    @Test
    void undoneByRollback() throws Exception {
        same("begin", "set work_mem = '5MB'", "show work_mem", "rollback", "show work_mem", "begin",
                "set work_mem = '5MB'", "commit",
                "show work_mem", "begin", "set work_mem = '6MB'", "savepoint a", "set work_mem = '8MB'",
                "rollback to a", "show work_mem",
                "commit", "show work_mem", "begin", "set local work_mem = '10MB'", "show work_mem", "commit",
                "show work_mem",
                "begin", "set local work_mem = '10MB'", "savepoint a", "set local work_mem = '11MB'", "release a",
                "show work_mem",
                "rollback", "show work_mem", "begin", "reset work_mem", "show work_mem", "rollback", "show work_mem",
                "begin", "reset all",
                "show work_mem", "rollback", "show work_mem", "set local work_mem = '1MB'", "show work_mem", "begin",
                "set work_mem = '12MB'",
                "select 1/0", "commit", "show work_mem");
    }

    @Test
    void setAfterSetLocal() throws Exception {
        same("begin", "set work_mem = '5MB'", "set local work_mem = '6MB'", "show work_mem", "commit", "show work_mem",
                "begin",
                "set local work_mem = '6MB'", "set work_mem = '7MB'", "show work_mem", "commit", "show work_mem",
                "begin",
                "set local work_mem = '8MB'", "savepoint a", "set work_mem = '9MB'", "rollback to a", "show work_mem",
                "commit", "show work_mem");
    }

    @Test
    void setConfig() throws Exception {
        same("select set_config('work_mem', '5MB', false)", "show work_mem",
                "select set_config('work_mem', '6MB', true)", "show work_mem",
                "begin", "select set_config('work_mem', '7MB', true)", "show work_mem", "commit", "show work_mem",
                "begin",
                "select set_config('work_mem', '8MB', false)", "rollback", "show work_mem",
                "select set_config('search_path', 'other, public', false)",
                "show search_path", "select current_schemas(false)", "select set_config('my.own', 'it''s', false)",
                "show my.own",
                "select set_config('work_mem', 'x', false)", "show work_mem",
                "select set_config('search_path', '', false)", "show search_path", "select current_schemas(false)");
    }

    @Test
    void searchPath() throws Exception {
        same("show search_path", "set search_path = other, public", "show search_path", "select current_schema()",
                "set search_path to 'other'",
                "show search_path", "set schema 'public'", "show search_path", "set search_path = \"$user\", other",
                "show search_path",
                "set search_path = ''", "show search_path", "reset search_path", "show search_path", "begin",
                "set local search_path = other",
                "select current_schema()", "commit", "select current_schema()");
    }

    @Test
    void reportedParameters() throws Exception {
        same("set time zone 'Europe/Vienna'", "show time zone", "set timezone = 'UTC'", "set datestyle = german",
                "show datestyle",
                "select date '2020-01-02'", "set intervalstyle = iso_8601", "set application_name = 'it''s me'",
                "show application_name",
                "set standard_conforming_strings = off", "select 'a\\\\b'", "set standard_conforming_strings = on",
                "set extra_float_digits = 0",
                "begin", "set time zone 'Asia/Kolkata'", "rollback", "show timezone", "begin",
                "set local datestyle = sql", "commit",
                "show datestyle", "reset all", "set default_transaction_read_only = on", "create table x (a int)",
                "reset default_transaction_read_only", "set time zone -3", "show timezone", "set time zone local",
                "set time zone default",
                "set time zone interval '+02:00' hour to minute", "show timezone", "set datestyle = dmy",
                "reset datestyle",
                "set application_name = default", "set bytea_output = escape", "select '\\x00ff'::bytea");
    }

    /** SET LOCAL of the search path was told to the nodes, but names were still planned as before it. */
    @Test
    void namesMeanWhatTheSearchPathSays() throws Exception {
        for (int node = 0; node < 2; node++) {
            shop.onNode(node, "CREATE TABLE other.items (k int8, v text); INSERT INTO other.items VALUES (1, 'other "
                    + node + "')");
        }
        try {
            same("select v from items where k = 1", "begin", "set local search_path = other",
                    "select v from items where k = 1",
                    "select v from items", "commit", "select v from items where k = 1", "begin", "savepoint a",
                    "select set_config('search_path', 'other', true)", "select v from items", "rollback to a",
                    "select v from items where k = 1",
                    "commit", "set search_path = other; select v from items", "reset search_path",
                    "select v from items where k = 1",
                    "begin", "set search_path = other", "rollback", "select v from items where k = 1",
                    "begin", "set local search_path = other", "set search_path = public",
                    "select v from items where k = 1", "commit",
                    "begin; set local search_path = other; select v from items; commit");
        } finally {
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "DROP TABLE other.items");
            }
        }
    }

    @Test
    void roles() throws Exception {
        try {
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "DROP ROLE IF EXISTS settings_parity; CREATE ROLE settings_parity");
            }
            same("select current_user, session_user", "set role settings_parity", "select current_user, session_user",
                    "show role",
                    "create table x (a int)", "reset role", "select current_user", "set role none", "show role",
                    "begin", "set local role settings_parity",
                    "select current_user", "commit", "select current_user", "set session authorization settings_parity",
                    "select current_user, session_user", "show is_superuser", "set role postgres",
                    "reset session authorization",
                    "select current_user, session_user", "begin", "set session authorization settings_parity",
                    "rollback", "select session_user",
                    "set session authorization default", "set role nosuch", "set session authorization settings_parity",
                    "discard all",
                    "select current_user, session_user", "set role settings_parity", "reset all", "select current_user",
                    "reset role");
        } finally {
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "DROP ROLE settings_parity");
            }
        }
    }

    /** Two clients take turns at one connection, with the same answers as if each had one. A line begins with whose it is. */
    private static void turns(Map<String, String> startup, String... dialog) throws IOException {
        List<String> answers = new ArrayList<>();
        for (int port : new int[]{nodes.getFirst().port(), shop.proxy.port()}) {
            StringBuilder answer = new StringBuilder();
            try (PgClient one = login(port, startup); PgClient two = login(port, startup)) {
                // The proxy tells whether a role is a superuser's once it has had a connection.
                told(one, "select 1");
                told(two, "select 1");
                for (String line : dialog) {
                    PgClient client = line.startsWith("1 ") ? one : two;
                    answer.append(line).append(": ").append(told(client, line.substring(2))).append('\n');
                }
            }
            answers.add(answer.toString());
        }
        assertEquals(answers.get(0), answers.get(1));
    }

    /**
     * What one client may set as the login, another one's role may not set back (42501, told to the other client); and with SET SESSION
     * AUTHORIZATION a role ends, so that who has the role of the connection's last client was told of it and did not get it.
     */
    @Test
    void whoTheConnectionWasBefore() throws Exception {
        try {
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "CREATE ROLE parity_group; CREATE ROLE parity_one IN ROLE parity_group;"
                        + "CREATE ROLE parity_two IN ROLE parity_group");
            }
            String who = "select current_user, session_user, current_setting('log_statement')";
            turns(Map.of(), "1 set log_statement = 'none'", "1 set role parity_one", "2 " + who, "1 " + who,
                    "2 set role parity_one", "2 " + who, "1 " + who, "2 show work_mem", "1 reset role",
                    "1 reset log_statement", "1 " + who, "2 " + who);
            turns(Map.of(), "1 set session authorization parity_one", "1 set role parity_group",
                    "2 set session authorization parity_two", "2 set role parity_group", "1 " + who, "2 " + who,
                    "1 " + who, "2 reset role", "2 " + who, "1 " + who, "1 reset session authorization", "1 " + who);
            turns(Map.of(), "1 set role parity_one", "1 set session authorization parity_two", "1 " + who, "2 " + who,
                    "1 " + who, "1 reset session authorization", "1 " + who, "2 set role parity_two", "1 " + who,
                    "1 reset role", "2 " + who, "1 begin", "1 set role parity_one",
                    "1 set local session authorization parity_two", "1 " + who, "1 commit", "1 " + who, "2 " + who,
                    "1 begin", "1 reset session authorization", "1 " + who, "1 rollback", "1 " + who);
            turns(Map.of("options", "-c role=parity_one"), "1 show role", "1 set session authorization parity_two",
                    "1 " + who, "1 reset session authorization", "1 " + who, "1 show role", "2 " + who,
                    "1 set session authorization default", "1 " + who);
        } finally {
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "DROP ROLE parity_one, parity_two, parity_group");
            }
        }
    }

    /** The next client of the connection was told an error, since RESET is refused as well for what can't be set. */
    @Test
    void whatCanNotBeSetIsNoErrorOfTheNextClient() throws Exception {
        for (String wrong : List.of("select set_config('nosuch', '1', false)",
                "select set_config('max_connections', '5', false)", "select set_config('work_mem', 'x', false)",
                "set my.own = '1'; select set_config('nosuch', '1', false)")) {
            turns(Map.of(), "1 " + wrong, "2 select 1", "1 show work_mem", "1 " + wrong, "1 select 1");
        }
    }

    @Test
    void discardAll() throws Exception {
        same("set work_mem = '5MB'", "set time zone 'UTC'", "set search_path = other", "discard all", "show work_mem",
                "show search_path",
                "show timezone", "begin", "discard all", "rollback", "discard plans", "discard sequences",
                "discard temp", "discard temporary");
    }

    /** In session pooling the connection stays the session's: what is on it has to go, too. */
    @Test
    void discardAllClearsWhatTheSessionKeeps() throws Exception {
        for (String mode : List.of("transaction", "session")) {
            try (SessionFixture kept = SessionFixture.start(nodes, "", "pool: { mode: " + mode + " }");
                    PgClient client = kept.client()) {
                told(client, "create temp table notes (x text)");
                told(client, "insert into notes values ('temporary')");
                told(client, "select pg_advisory_lock(7)");
                told(client, "set work_mem = '5MB'");
                assertEquals(List.of("DISCARD ALL", "IDLE"), told(client, "discard all"), mode);
                assertEquals(List.of("SELECT 0", "IDLE"), told(client, "select * from notes"), mode);
                assertEquals(List.of("[4MB]", "SHOW", "IDLE"), told(client, "show work_mem"), mode);
                SessionFixture.await("the lock is gone", () -> "0"
                        .equals(kept.ask(0,
                                "select count(*) from pg_locks where locktype = 'advisory' and objid = 7")));
            }
        }
    }

    /** Several statements can't be said at once in the extended protocol: RESET ALL with startup settings was a syntax error. */
    @Test
    void resetAllInAPipeline() throws Exception {
        Map<String, String> startup = Map.of("options", "-c work_mem=5MB -c search_path=other");
        List<String> answers = new ArrayList<>();
        for (int port : new int[]{nodes.getFirst().port(), shop.proxy.port()}) {
            try (PgClient client = login(port, startup)) {
                answers.add(Talk.exchange(client, Talk.run("select 1"), Talk.run("set work_mem = '6MB'"),
                        Talk.run("reset all"),
                        Talk.run("show work_mem"), Talk.run("show search_path"), new Sync()));
            }
        }
        assertEquals(answers.get(0), answers.get(1));
    }

    /** A node that joins the transaction later is told of it, too: there it was a syntax error. */
    @Test
    void resetAllIsToldToNodesThatJoinLater() throws Exception {
        try (PgClient client = login(shop.proxy.port(), Map.of("options", "-c work_mem=5MB"))) {
            told(client, "begin");
            told(client, "set work_mem = '6MB'");
            told(client, "select v from items where k = " + shop.key(0, 0));
            assertEquals(List.of("RESET", "IN_TRANSACTION"), told(client, "reset all"));
            for (int node = 0; node < 2; node++) {
                assertEquals(List.of("[5MB]", "SELECT 1", "IN_TRANSACTION"), told(client,
                        "select current_setting('work_mem') from (select max(v) from items where k = "
                                + shop.key(node, 0) + ") x"));
            }
            told(client, "rollback");
        }
    }

    @Test
    void functionsThatSet() throws Exception {
        same("select one_setting()", "show work_mem", "set work_mem = '6MB'", "select one_setting()", "show work_mem");
    }

    @Test
    void startupParameters() throws Exception {
        same(Map.of("options", "-c work_mem=5MB -c search_path=other,public --timezone=Europe/Paris"), "show work_mem",
                "show search_path",
                "show timezone", "set work_mem = '6MB'", "reset work_mem", "show work_mem", "reset all",
                "show work_mem", "show search_path",
                "discard all", "show work_mem", "show timezone");
        same(Map.of("application_name", "my app", "DateStyle", "SQL, DMY", "TimeZone", "Asia/Tokyo", "work_mem", "8MB"),
                "show work_mem",
                "show datestyle", "show application_name", "set datestyle = iso", "reset datestyle", "show datestyle",
                "discard all",
                "show application_name");
        same(Map.of("options", "-c my.own=a\\ b -c extra_float_digits=0"), "show my.own", "show extra_float_digits");
        same(Map.of("search_path", "other"), "show search_path", "reset search_path", "show search_path");
    }

    /** The command line of a server process, of which only {@code -c} and {@code --} had been read. */
    @Test
    void startupOptions() throws Exception {
        Map<String, String> shown = new LinkedHashMap<>();
        shown.put("-e", "datestyle");
        shown.put("-es", "log_statement_stats");
        shown.put("-fs", "enable_seqscan");
        shown.put("-f i -fn -fm", "enable_mergejoin");
        shown.put("-S 4097", "work_mem");
        shown.put("-OS4098", "work_mem");
        shown.put("-d 2", "log_statement");
        shown.put("-d5", "debug_print_rewritten");
        shown.put("-d 0", "log_min_messages");
        shown.put("-tpa", "log_parser_stats");
        shown.put("-t pl", "log_planner_stats");
        shown.put("-te", "log_executor_stats");
        shown.put("-bEjnT -C x -D x -r x -v 3 --work-mem=5MB", "work_mem");
        shown.put("-c my.own=a\\ \\\\\\ b --", "my.own");
        shown.put("--my.own=a=\\", "my.own");
        shown.put(" -cmy.own= ", "my.own");
        for (Map.Entry<String, String> options : shown.entrySet()) {
            same(Map.of("options", options.getKey()), "show " + options.getValue());
        }
        for (String wrong : List.of("foo", "-", "-c", "-c my.own", "--my.own", "-- foo", "-x", "-ex", "-S", "-f x",
                "-fx",
                "-t x", "-tp", "-F", "-l", "-i", "-N 3", "-p 3", "-k x", "-h x", "-B 3")) {
            List<String> told = new ArrayList<>();
            for (int port : new int[]{nodes.getFirst().port(), shop.proxy.port()}) {
                told.add(assertThrows(AssertionError.class, () -> login(port, Map.of("options", wrong)).close(), wrong)
                        .getMessage());
            }
            assertEquals(told.get(0), told.get(1), wrong);
        }
    }

    @Test
    void transactionCharacteristics() throws Exception {
        same("set session characteristics as transaction isolation level serializable",
                "show default_transaction_isolation",
                "show transaction_isolation", "begin", "show transaction_isolation",
                "set transaction isolation level read committed",
                "show transaction_isolation", "commit",
                "set session characteristics as transaction read only, isolation level read committed",
                "show transaction_read_only", "create table x (a int)",
                "set session characteristics as transaction read write, not deferrable",
                "show default_transaction_deferrable", "begin read only", "show transaction_read_only", "rollback",
                "set transaction read only",
                "begin", "set transaction read only", "savepoint s", "show transaction_read_only", "commit",
                "set default_transaction_isolation = 'repeatable read'", "begin", "show transaction_isolation",
                "commit",
                "set transaction_isolation = serializable", "begin", "set transaction_read_only = on",
                "show transaction_read_only", "rollback");
    }

    /** They were warned about and not obeyed: an INSERT ran after SET TRANSACTION READ ONLY. */
    @Test
    void modesOfAnImplicitTransactionHoldUntilItsEnd() throws Exception {
        same("set transaction read only; show transaction_read_only; create table x (a int)",
                "show transaction_read_only",
                "select 1; set transaction read only; show transaction_read_only; create table x (a int)",
                "set local transaction_read_only = on; select 1; create table x (a int)",
                "set transaction_read_only = on; select 1; create table x (a int)",
                "set transaction isolation level repeatable read; show transaction_isolation",
                "show transaction_isolation", "set transaction isolation level serializable, read only; select 1",
                "select count(*) from pg_class where false; set transaction isolation level serializable; select 1",
                "set transaction isolation level serializable; begin; show transaction_isolation; commit",
                "set transaction read only; begin; show transaction_read_only", "show transaction_read_only",
                "rollback", "set transaction deferrable; show transaction_deferrable; select 1/0",
                "show transaction_deferrable");
    }

    @Test
    void strings() throws Exception {
        same("set work_mem = '5MB'; show work_mem", "show work_mem", "set work_mem = '6MB'; select 1/0",
                "show work_mem",
                "begin; set work_mem = '7MB'; rollback; show work_mem", "show work_mem",
                "begin; set work_mem = '7MB'; commit", "show work_mem",
                "show work_mem", "begin; set local work_mem = '8MB'", "show work_mem", "commit; show work_mem",
                "select set_config('work_mem', '9MB', false); select 1/0", "show work_mem");
    }
}
