package dev.trunkline.session;

import static dev.trunkline.session.Talk.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendMessage.Query;
import java.io.EOFException;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The timeouts that ALTER ROLE and ALTER DATABASE give a session, told in the same words by PostgreSQL, by the proxy over one node, and
 * by the proxy over two.
 */
@Timeout(300)
class TimeoutDefaultsTest {

    private static final List<RunningNode> NODES = TestNodes.nodes(2);
    private static final Semaphore LOGGING_IN = new Semaphore(2);

    private static String database;
    private static String role;
    private static RunningProxy oneNode;
    private static RunningProxy twoNodes;

    @BeforeAll
    static void start() throws Exception {
        database = TestNodes.createDatabase("timeouts", NODES);
        role = TestNodes.uniqueName("timed");
        for (RunningNode node : NODES) {
            TestNodes.execute(node, database, "CREATE TABLE items (k int8 PRIMARY KEY, v text);"
                    + "INSERT INTO items SELECT k, 'v' FROM generate_series(1, 20) k;"
                    + "CREATE ROLE " + role + " LOGIN SUPERUSER;"
                    + "ALTER DATABASE " + database + " SET statement_timeout = '1000ms';"
                    + "ALTER DATABASE " + database + " SET lock_timeout = 300;"
                    + "ALTER DATABASE " + database + " SET idle_in_transaction_session_timeout = '1h';"
                    + "ALTER ROLE " + role + " SET idle_in_transaction_session_timeout = '1.5s';"
                    + "ALTER ROLE " + role + " SET idle_session_timeout = '1min';"
                    + "ALTER ROLE " + role + " IN DATABASE " + database + " SET idle_session_timeout = '2 s';"
                    + "ALTER ROLE " + role + " IN DATABASE " + database + " SET transaction_timeout = 3000");
        }
        oneNode = proxy(1);
        twoNodes = proxy(2);
    }

    private static RunningProxy proxy(int count) {
        StringBuilder nodes = new StringBuilder();
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < count; i++) {
            nodes.append("      n").append(i).append(": { primary: 127.0.0.1:").append(NODES.get(i).port())
                    .append(" }\n");
            map.append("      n").append(i).append(": ").append(256 * i / count).append('-')
                    .append(256 * (i + 1) / count - 1).append('\n');
        }
        return RunningProxy.start("listen: { host: 127.0.0.1, port: 0 }\nmonitoring: { host: 127.0.0.1, port: 0 }\n"
                + "databases:\n  " + database + ":\n    fanOut: allow\n    nodes:\n" + nodes + "    shardMap:\n" + map
                + "    tables:\n      items: { shardKey: k }\nusers:\n  postgres: { admin: full }\n  " + role
                + ": { }\n");
    }

    @AfterAll
    static void stop() throws Exception {
        oneNode.close();
        twoNodes.close();
        TestNodes.dropDatabase(database, NODES);
        for (RunningNode node : NODES) {
            TestNodes.execute(node, "postgres", "DROP ROLE " + role);
        }
    }

    /** A client of a server whose connections to the nodes are there: to open them takes long where the machine is slow. */
    private static PgClient ready(int port, boolean speaks) throws Exception {
        // Not all at once, for the same reason.
        LOGGING_IN.acquire();
        try {
            PgClient client = PgClient.login("127.0.0.1", port, role, database, null);
            if (speaks) {
                SessionFixture.await("the nodes answer",
                        () -> Talk.ask(client, "SELECT count(*) FROM items").endsWith("[SELECT 1] Z:I"));
            }
            return client;
        } finally {
            LOGGING_IN.release();
        }
    }

    /** Has a server plan all statements of a dialog before their time counts. */
    private static void rehearse(int port, String... statements) throws Exception {
        try (PgClient client = ready(port, true)) {
            for (String statement : statements) {
                if (!statement.isEmpty()) {
                    Talk.ask(client, statement.replaceAll("pg_sleep\\([0-9.]+\\)", "pg_sleep(0)").replace("k = 5",
                            "k = 6"));
                }
            }
        }
    }

    /** What is told in answer to statements, one after the other; for an empty one the server has to speak first. */
    private static List<String> play(int port, String... statements) throws Exception {
        List<String> told = new ArrayList<>();
        try (PgClient client = ready(port, !statements[0].isEmpty())) {
            for (String statement : statements) {
                if (!statement.isEmpty()) {
                    client.send(new Query(statement));
                }
                BackendMessage message;
                do {
                    message = client.receive();
                    if (message instanceof ErrorResponse error) {
                        told.add(word(error) + " " + error.fields().message());
                    }
                } while (!(message instanceof ReadyForQuery) && !told.toString().contains("FATAL"));
                if (message instanceof ReadyForQuery && (told.isEmpty() || !told.getLast().equals(word(message)))) {
                    // How many statements fit into a time is chance.
                    told.add(word(message));
                }
            }
        } catch (EOFException end) {
            told.add("closed");
        }
        return told;
    }

    @Test
    void theyAreToldInTheSameWords() throws Exception {
        String read = "SELECT v FROM items WHERE k = 7";
        String nap = "SELECT pg_sleep(0.4) FROM items WHERE k = 7";
        Map<String, String[]> dialogs = new LinkedHashMap<>();
        dialogs.put("57014 on one node", new String[]{"SELECT pg_sleep(20) FROM items WHERE k = 7", read});
        dialogs.put("57014 over all nodes", new String[]{"SELECT v, pg_sleep(20) FROM items", read});
        dialogs.put("57014 in a transaction", new String[]{"BEGIN", "SELECT v, pg_sleep(20) FROM items", "ROLLBACK"});
        dialogs.put("57014 again after RESET", new String[]{"SET statement_timeout = '20s'",
                "SELECT v, pg_sleep(1.2) FROM items WHERE k = 7", "RESET statement_timeout",
                "SELECT v, pg_sleep(20) FROM items WHERE k = 7", "SELECT v, pg_sleep(20) FROM items"});
        dialogs.put("55P03", new String[]{"UPDATE items SET v = v WHERE k = 5", read});
        dialogs.put("55P03 in a transaction",
                new String[]{"BEGIN", read, "UPDATE items SET v = v WHERE k = 5", "COMMIT"});
        dialogs.put("25P03", new String[]{"BEGIN", ""});
        dialogs.put("25P03 after a statement", new String[]{"BEGIN", read, ""});
        dialogs.put("25P03 after statements on all nodes", new String[]{"BEGIN", "SELECT count(*) FROM items", ""});
        dialogs.put("25P03 after an error", new String[]{"BEGIN", "SELECT 1/0 FROM items WHERE k = 7", ""});
        dialogs.put("25P04", new String[]{"BEGIN", nap, nap, nap, nap, nap, nap, nap, nap, nap});
        dialogs.put("57P05", new String[]{""});
        dialogs.put("57P05 after a statement", new String[]{read, ""});
        List<Callable<Object[]>> tasks = new ArrayList<>();
        try (Connection one = NODES.get(0).connect(database); Connection other = NODES.get(1).connect(database)) {
            for (Connection holder : List.of(one, other)) {
                holder.setAutoCommit(false);
                try (Statement statement = holder.createStatement()) {
                    statement.execute("SET LOCAL statement_timeout = 0; SELECT * FROM items WHERE k = 5 FOR UPDATE");
                }
            }
            for (Map.Entry<String, String[]> dialog : dialogs.entrySet()) {
                for (int port : new int[]{NODES.get(0).port(), oneNode.port(), twoNodes.port()}) {
                    rehearse(port, dialog.getValue());
                    tasks.add(() -> new Object[]{dialog.getKey(), play(port, dialog.getValue())});
                }
            }
            try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
                List<Future<Object[]>> played = threads.invokeAll(tasks);
                for (int i = 0; i < played.size(); i += 3) {
                    String name = (String) played.get(i).get()[0];
                    Object expected = played.get(i).get()[1];
                    assertTrue(expected.toString().contains(name.substring(0, 5)), () -> name + ": " + expected);
                    assertEquals(expected, played.get(i + 1).get()[1], name + ", one node");
                    assertEquals(expected, played.get(i + 2).get()[1], name + ", two nodes");
                }
            }
        }
    }
}
