package dev.trunkline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.config.Configuration;
import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.error.ProxyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigurationCheckTest {

    @Test
    void aGoodFileIsGood() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("CREATE TABLE customers (id bigint PRIMARY KEY)");
            CheckRun run = CheckRun.of(nodes.yaml("customers: { shardKey: id }"), false, true);
            assertEquals(new CheckRun(0, List.of("FILE: 0 problems, 0 warnings"), List.of()), run);
        }
    }

    @Test
    void problemsOfTheNodesStandAtTheirKey() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("CREATE TABLE customers (id bigint PRIMARY KEY, f float8)");
            CheckRun run = CheckRun.of(nodes.yaml("customers:", "  shardKey: idd", "nothing: { reference: true }"),
                    false,
                    false);
            String tables = "databases." + nodes.database + ".tables.";
            assertEquals(List.of(
                    "FILE:11:19: " + tables
                            + "customers.shardKey: table customers has no column \"idd\"; did you mean id?",
                    "FILE:12:7: " + tables + "nothing: no node has a table nothing"), run.err());
            assertEquals(List.of("FILE: 2 problems, 0 warnings"), run.out());
            assertEquals(1, run.exitCode());
        }
    }

    /** Such a function costs a reset after each transaction, and nobody had been told why. */
    @Test
    void codeThatCostsEveryTransactionAResetIsNamed() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("CREATE FUNCTION noted(int, int) RETURNS bool STABLE LANGUAGE plpgsql AS"
                    + " $$ BEGIN PERFORM set_config('app.noted', 'x', false); RETURN true; END $$;"
                    + "CREATE OPERATOR === (FUNCTION = noted, LEFTARG = int, RIGHTARG = int)");
            CheckRun run = CheckRun.of(nodes.yaml(), false, false);
            assertEquals(0, run.exitCode());
            assertEquals(List.of("FILE:2:3: databases." + nodes.database
                    + ": warning: function public.noted(integer,integer) may change the session (SET, set_config, session locks,"
                    + " LISTEN, temp tables), and runs where no statement names it: operator public.===(integer,integer)."
                    + " So the connection of every transaction is reset by DISCARD ALL. Let the function change only the"
                    + " transaction (SET LOCAL, set_config(..., true), pg_advisory_xact_lock), or call it by name"),
                    run.err());
            assertEquals(List.of(), CheckRun.problems(nodes.yaml().replace("    nodes:",
                    "    pool: { mode: session }\n    nodes:")));
        }
    }

    @Test
    void offlineAsksNoNode() throws Exception {
        String yaml = """
                databases:
                  shop:
                    nodes: { a: { primary: "127.0.0.1:1" } }
                users: { app: { admin: full } }
                """;
        assertEquals(new CheckRun(0, List.of("FILE: 0 problems, 0 warnings (the nodes were not asked)"), List.of()),
                CheckRun.of(yaml, true, false));
        CheckRun wrong = CheckRun.of(yaml.replace("admin", "amdin"), true, false);
        assertEquals(1, wrong.exitCode());
        assertEquals("FILE:4:17: users.app.amdin: unknown key; did you mean admin?", wrong.err().getLast());
    }

    /** Rule 13: check fails on an unreachable node, and reports the others all the same. */
    @Test
    void rule13AnUnreachableNodeIsAProblem() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("CREATE TABLE customers (id bigint PRIMARY KEY)");
            int port = nodes.nodes.get(1).port();
            CheckRun run = CheckRun.of(
                    nodes.yaml("customers: { shardKey: idd }").replace("127.0.0.1:" + port, "127.0.0.1:1"), false,
                    false);
            assertEquals(1, run.exitCode());
            assertEquals(2, run.err().size(), run.err()::toString);
            assertTrue(run.err().getFirst().startsWith("FILE:5:21: databases." + nodes.database
                    + ".nodes.b.primary: node b at 127.0.0.1:1 can't be asked: "), run.err().getFirst());
            assertTrue(run.err().getLast().contains("no column \"idd\""));
        }
    }

    @Test
    void aWrongPasswordIsAProblemWithoutThePassword() throws Exception {
        try (RunningNode node = EmbeddedPostgres
                .start(NodeOptions.forTests().withAuthentication(NodeOptions.Authentication.SCRAM))) {
            String yaml = """
                    databases:
                      postgres:
                        nodes: { a: { primary: "127.0.0.1:%d" } }
                    users: { postgres: { admin: full, password: "%s" } }
                    """;
            assertEquals(0, CheckRun.of(yaml.formatted(node.port(), node.password()), false, false).exitCode());
            CheckRun run = CheckRun.of(yaml.formatted(node.port(), "wrong-secret"), false, false);
            assertEquals(1, run.exitCode());
            assertTrue(run.err().getFirst().contains("password authentication failed for user \"postgres\""),
                    run.err()::toString);
            assertTrue(run.err().stream().noneMatch(line -> line.contains("wrong-secret")));
        }
    }

    /** Rule 14: check --rows counts the rows that lie on another node than their virtual shard's. */
    @Test
    void rule14MisplacedRowsAreCounted() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("""
                    CREATE TABLE customers (id bigint);
                    CREATE TABLE pairs (a int, b text);
                    ALTER TABLE customers REPLICA IDENTITY FULL; ALTER TABLE pairs REPLICA IDENTITY FULL;
                    """);
            String[] tables = {"customers: { shardKey: id }", "pairs: { shardKey: [a, b] }"};
            String own = "INSERT INTO customers SELECT i FROM generate_series(1, 1000) i "
                    + "WHERE hashint8extended(i, 8816678312871386365) & 255 BETWEEN ";
            String ownPairs = "INSERT INTO pairs SELECT i, 'x' || i FROM generate_series(1, 1000) i "
                    + "WHERE hash_record_extended(ROW(i, 'x' || i), 8816678312871386365) & 255 BETWEEN ";
            nodes.on(0, own + "0 AND 127").on(1, own + "128 AND 255");
            nodes.on(0, ownPairs + "0 AND 127").on(1, ownPairs + "128 AND 255");
            assertEquals(List.of(), CheckRun.of(nodes.yaml(tables), false, true).err());

            nodes.on(0, "INSERT INTO customers VALUES (NULL)").on(1, own + "100 AND 127").on(1,
                    ownPairs + "127 AND 127");
            long moved = count(nodes, 1,
                    "SELECT count(*) FROM customers WHERE hashint8extended(id, 8816678312871386365) & 255 < 128");
            long pairs = count(nodes, 1,
                    "SELECT count(*) FROM pairs WHERE hash_record_extended(ROW(a, b), 8816678312871386365) & 255 < 128");
            CheckRun run = CheckRun.of(nodes.yaml(tables), false, true);
            assertEquals(1, run.exitCode());
            String path = "databases." + nodes.database + ".tables.";
            assertEquals(List.of(
                    "FILE:10:30: " + path
                            + "customers.shardKey: 1 row of customers on node a belongs to no node, because the key is NULL",
                    "FILE:10:30: " + path + "customers.shardKey: " + moved
                            + " rows of customers on node b belong to node a",
                    "FILE:11:26: " + path + "pairs.shardKey: " + pairs + (pairs == 1 ? " row" : " rows")
                            + " of pairs on node b " + (pairs == 1 ? "belongs" : "belong") + " to node a"),
                    run.err());
            assertEquals(List.of(), CheckRun.of(nodes.yaml(tables), false, false).err(), "only when asked");
        }
    }

    private static long count(NodeFixture nodes, int node, String sql) throws Exception {
        try (var connection = nodes.nodes.get(node).connect(nodes.database);
                var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Rule 13: a copy of an unsharded table elsewhere is a warning if it has rows. */
    @Test
    void rule13CopiesOfUnshardedTablesAreReportedIfTheyHaveRows() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("CREATE TABLE empty (id int); CREATE TABLE full_ (id int); CREATE TABLE at_b (id int)")
                    .onAll("INSERT INTO full_ VALUES (1); INSERT INTO at_b VALUES (1)");
            CheckRun run = CheckRun.of(nodes.yaml("at_b: { node: b }"), false, false);
            String path = "databases." + nodes.database;
            assertEquals(List.of(
                    "FILE:2:3: " + path
                            + ": warning: table full_ lives on node a; its copy on node b has rows that nobody reads",
                    "FILE:10:7: " + path
                            + ".tables.at_b: warning: table at_b lives on node b; its copy on node a has rows that nobody reads"),
                    run.err().stream().map(line -> line.replace(".tables: warning", ": warning").replaceFirst(
                            "^FILE:9:5(: .*full_)", "FILE:2:3$1")).toList());
            assertEquals(0, run.exitCode());
        }
    }

    @Test
    void aStandbyIsNoPrimary() throws Exception {
        try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests())) {
            node.stop();
            Files.createFile(node.dataDirectory().resolve("standby.signal"));
            node.restart();
            String yaml = """
                    databases:
                      postgres:
                        nodes: { a: { primary: "127.0.0.1:%d" } }
                    users: { postgres: { admin: full } }
                    """.formatted(node.port());
            CheckRun run = CheckRun.of(yaml, false, false);
            assertEquals(List.of("FILE:3:14: databases.postgres.nodes.a: is a standby: it can't be a node's primary"),
                    run.err());
            Configuration configuration = Configuration.parse("test.yaml", yaml, name -> null);
            ProxyException e = assertThrows(ProxyException.class,
                    () -> NodeControl.start(configuration, configuration.databases().get("postgres")));
            assertEquals("Node a: it is a standby, not a primary.", e.detail());
        }
    }

    @Test
    void aMissingFileIsAWrongCall() {
        CheckRun run = CheckRun.of(Path.of("/nowhere/trunkline.yaml"), true, false);
        assertEquals(new CheckRun(2, List.of(), List.of("cannot read FILE: no such file")), run);
    }
}
