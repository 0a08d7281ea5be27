package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.testing.NodeLink;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.WeakPassage;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.EOFException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes and wires that fail under load (semantics.md 28): what a client was told is done is there, what it was told may be repeated is
 * not, and of the rest it was told that nobody knows. {@code -Dtrunkline.failure.seconds} sets how long.
 */
@Timeout(7200)
class FailureTest {

    private static final int SECONDS = Integer.getInteger("trunkline.failure.seconds", 3);
    private static final long SEED = Long.getLong("trunkline.failure.seed", 1);
    private static final int CLIENTS = 6;
    private static final int LEAST_DONE = 20;
    private static final String DONE = "done";
    private static final int PATIENCE_MILLIS = 60_000;

    private enum Fate {
        DONE,
        NOT_DONE,
        UNKNOWN
    }

    private static List<RunningNode> nodes;
    private static List<NodeLink> links;
    private static SessionFixture fixture;
    private final Map<Long, Fate> fates = new ConcurrentHashMap<>();
    private final Map<String, Integer> told = new ConcurrentHashMap<>();
    private final Map<Long, Integer> ways = new ConcurrentHashMap<>();
    private final AtomicLong keys = new AtomicLong(1_000_000);

    @BeforeAll
    static void start() throws Exception {
        nodes = new ArrayList<>();
        links = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            nodes.add(EmbeddedPostgres.start(NodeOptions.forTests()));
            links.add(NodeLink.to(nodes.get(i).port()));
        }
        fixture = SessionFixture.through(links, nodes, "", "pool: { size: 4, waitTimeout: 30s }");
        for (int i = 0; i < 2; i++) {
            // Test nodes may forget what they have committed when they are killed.
            fixture.onNode(i, "ALTER DATABASE " + fixture.database + " SET synchronous_commit = on");
            fixture.onNode(i, "CHECKPOINT");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
        for (NodeLink link : links) {
            link.close();
        }
        for (RunningNode node : nodes) {
            node.close();
        }
    }

    @AfterEach
    void allIsWell() throws Exception {
        links.forEach(NodeLink::carryFaithfully);
        fixture.awaitAllReturned();
        SessionFixture.await("both nodes answer", () -> {
            try (PgClient client = fixture.client()) {
                return ask(client, "SELECT count(*) FROM items WHERE v = 'nothing'").equals("T row(0) [SELECT 1] Z:I");
            }
        });
        fixture.awaitAllReturned();
        // As many transactions at once as there are connections: a permit that has leaked would be missed.
        List<PgClient> clients = fixture.clients(4);
        for (PgClient client : clients) {
            ask(client, "BEGIN");
            assertEquals("T row(0) [SELECT 1] Z:T", ask(client, "SELECT count(*) FROM items WHERE v = 'nothing'"));
        }
        for (PgClient client : clients) {
            client.close();
        }
        fixture.awaitNothingLeft();
    }

    @Test
    void whatClientsAreToldIsTrue() throws Exception {
        try (Crowd crowd = Crowd.talkingFor(SECONDS, SEED, () -> told.getOrDefault(DONE, 0) >= LEAST_DONE)) {
            crowd.add(CLIENTS, random -> write(random, crowd));
            SplittableRandom random = new SplittableRandom(SEED);
            while (!crowd.isOver()) {
                Thread.sleep(random.nextInt(150));
                fail(random);
            }
            links.forEach(NodeLink::speakAgain);
            crowd.await();
        }
        System.out.println(fates.size() + " writes: " + new TreeMap<>(told));
        Set<Long> there = new HashSet<>();
        for (RunningNode node : nodes) {
            try (Connection connection = node.connect(fixture.database);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT k FROM items WHERE k >= 1000000")) {
                while (rows.next()) {
                    there.add(rows.getLong(1));
                }
            }
        }
        fates.forEach((key, fate) -> {
            if (fate != Fate.UNKNOWN) {
                assertEquals(fate == Fate.DONE, there.contains(key),
                        () -> key + " was " + fate + " by way " + ways.get(key));
            }
        });
        assertTrue(fates.values().stream().filter(f -> f == Fate.DONE).count() >= LEAST_DONE,
                () -> "few were done: " + told);
    }

    private static void fail(SplittableRandom random) throws Exception {
        int i = random.nextInt(2);
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> links.get(i).cut();
            case 4, 5, 6 -> {
                links.get(i).fallSilent();
                Thread.sleep(random.nextInt(100));
                links.get(i).speakAgain();
            }
            case 7, 8 -> terminateOne(i);
            case 9 -> {
                int bytes = 1 + random.nextInt(20);
                links.get(i).carry(() -> new WeakPassage(bytes, 1, 20), () -> new WeakPassage(bytes, 1, 20));
            }
            case 10 -> killOne(i);
            default -> {
                nodes.get(i).kill();
                nodes.get(i).restart();
                links.get(i).carryFaithfully();
            }
        }
    }

    private static void terminateOne(int node) {
        try {
            fixture.onNode(node, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client"
                    + " backend' AND pid <> pg_backend_pid() AND application_name NOT LIKE '%control%' LIMIT 1");
        } catch (SQLException starting) {
            // Next time.
        }
    }

    /** kill -9, after which the postmaster ends all others and recovers. */
    private static void killOne(int node) {
        try {
            String pid = fixture.ask(node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    + " AND pid <> pg_backend_pid() AND application_name NOT LIKE '%control%' LIMIT 1");
            if (pid != null) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
        } catch (SQLException starting) {
            // Next time.
        }
    }

    /** One client until its connection ends. */
    private void write(SplittableRandom random, Crowd crowd) throws IOException {
        long key = 0;
        try (PgClient client = fixture.client()) {
            while (!crowd.isOver()) {
                key = keys.incrementAndGet();
                fates.put(key, Fate.UNKNOWN);
                String insert = "INSERT INTO items VALUES (" + key + ", 'v')";
                int way = random.nextInt(5);
                ways.put(key, way);
                Fate fate = switch (way) {
                    case 0 -> fate(client, () -> client.send(new Query(insert)), 1);
                    case 1 -> fate(client, () -> client.send(all(run(insert), new Sync())), 1);
                    case 2 -> fate(client, () -> client.send(new Query("BEGIN; " + insert + "; COMMIT")), 1);
                    case 3 -> {
                        // The other node is read, so that there are two to be ended.
                        Fate all = fate(client, () -> client.send(new Query("BEGIN"), new Query(insert),
                                new Query("SELECT count(*) FROM items WHERE v = 'nothing'"), new Query("COMMIT")), 4);
                        yield all;
                    }
                    default -> fate(client, () -> client.send(all(run("BEGIN"), run(insert), new Sync(),
                            run("COMMIT"), new Sync())), 2);
                };
                fates.put(key, fate);
            }
        } catch (EOFException | java.net.SocketException e) {
            count("closed");
        }
    }

    private interface Sending {
        void send() throws IOException;
    }

    /** What has become of a write by what its client has been told, up to so many ReadyForQuery. */
    private Fate fate(PgClient client, Sending sending, int readies) throws IOException {
        sending.send();
        Fate fate = Fate.DONE;
        int left = readies;
        while (left > 0) {
            BackendMessage message = client.receive(PATIENCE_MILLIS);
            if (message == null) {
                throw new AssertionError("nothing comes\n" + fixture.report());
            }
            switch (message) {
                case ErrorResponse error -> {
                    String state = error.fields().sqlState();
                    count(state);
                    assertTrue(!error.fields().message().startsWith("internal error"), () -> error.fields().toString());
                    if (error.fields().severity().equals("FATAL")) {
                        return Fate.UNKNOWN;
                    }
                    fate = state.equals("08007") ? Fate.UNKNOWN : fate == Fate.UNKNOWN ? fate : Fate.NOT_DONE;
                }
                case BackendMessage.ReadyForQuery ready -> left--;
                default -> {
                    // Of no interest.
                }
            }
        }
        if (fate == Fate.DONE) {
            count(DONE);
        }
        return fate;
    }

    private void count(String outcome) {
        told.merge(outcome, 1, Integer::sum);
    }

    /** Bytes that come one by one, both ways, and wires that are slow: nothing is lost or mixed up. */
    @Test
    void weakWires() throws Exception {
        for (WeakPassage weak : List.of(new WeakPassage(1, 0, 0), new WeakPassage(3, 1, 100),
                new WeakPassage(2000, 5, 50))) {
            for (NodeLink link : links) {
                link.carry(() -> weak, () -> weak);
                link.cut();
            }
            fixture.awaitAllReturned();
            SessionFixture.await("the nodes are reached again", () -> {
                try (PgClient client = fixture.client()) {
                    return ask(client, "SELECT count(*) FROM items WHERE v = 'nothing'")
                            .equals("T row(0) [SELECT 1] Z:I");
                }
            });
            try (PgClient client = fixture.client()) {
                for (int node = 0; node < 2; node++) {
                    long key = fixture.key(node, 0);
                    ask(client, "DELETE FROM items WHERE k = " + key);
                    assertEquals("1 2 [INSERT 0 1] 1 2 row(vvv) [SELECT 1] Z:I",
                            exchange(client, run("INSERT INTO items VALUES ($1, 'vvv')", key),
                                    run("SELECT v FROM items WHERE k = $1", key), new Sync()));
                    assertEquals("T row(20000) [SELECT 1] Z:I", ask(client,
                            "SELECT length(repeat(v, 7000)) - 1000 FROM items WHERE k = " + key));
                    String big = ask(client, "SELECT repeat(v, 7000) FROM items WHERE k = " + key);
                    assertEquals("T row(" + "vvv".repeat(7000) + ") [SELECT 1] Z:I", big);
                }
                assertEquals("T row(2) [SELECT 1] Z:I",
                        ask(client, "SELECT count(*) FROM items WHERE v = 'vvv'"));
                ask(client, "DELETE FROM items WHERE k = " + fixture.key(0, 0));
                ask(client, "DELETE FROM items WHERE k = " + fixture.key(1, 0));
            }
        }
    }

    /** A node that has fallen silent holds up its own statements only, and those as long as their clients wait. */
    @Test
    void aSilentNode() throws Exception {
        long onA = fixture.key(0, 0);
        long onB = fixture.key(1, 0);
        try (PgClient stuck = fixture.client(); PgClient other = fixture.client()) {
            assertEquals("T [SELECT 0] Z:I", ask(stuck, "SELECT v FROM items WHERE k = " + onB));
            links.get(1).fallSilent();
            stuck.send(new Query("SELECT v FROM items WHERE k = " + onB));
            for (int i = 0; i < 20; i++) {
                assertEquals("T [SELECT 0] Z:I", ask(other, "SELECT v FROM items WHERE k = " + onA));
            }
            // Its cancel requests get no answer either; then its connections are given up.
            try (PgClient hasty = PgClient.connect("127.0.0.1", fixture.proxy.port())) {
                hasty.login(Map.of("user", SessionFixture.USER, "database", fixture.database, "statement_timeout",
                        "200"), null);
                assertTrue(ask(hasty, "SELECT v FROM items").endsWith("error 57014 Z:I"));
            }
            stuck.cancel();
            assertEquals("error 58000 Z:I", told(stuck.receiveUntilReady()));
        } finally {
            links.get(1).speakAgain();
        }
    }
}
