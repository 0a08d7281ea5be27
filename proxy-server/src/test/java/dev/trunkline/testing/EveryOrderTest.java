package dev.trunkline.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Close;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Describe;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.FunctionCall;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.FrontendMessage.Target;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every message after every other, in every state of a session: the answers of the proxy, over one node and over two, are
 * PostgreSQL's. What follows each order (rollback, a look at what is written) shows that both are left in the same state.
 * In the suite it is every message and some pairs; {@code -Dtrunkline.order.stride=1} tries all pairs, and
 * {@code -Dtrunkline.order.length=3} goes on to threes.
 */
@Timeout(7200)
class EveryOrderTest {

    private static final int LENGTH = Integer.getInteger("trunkline.order.length", 2);
    /** Of longer orders every so-manieth is tried; no divisor of the numbers of messages, so that each comes in each place. */
    private static final int STRIDE = Integer.getInteger("trunkline.order.stride", 11);
    private static final int MOST_FAULTS = Integer.getInteger("trunkline.protocol.faults", 5);
    private static final int INT4_PLUS = 177;
    private static final String LAST_WORD = "this was all";

    private static final Map<String, FrontendMessage> MESSAGES = new LinkedHashMap<>();
    private static final Map<String, FrontendMessage> IN_COPY = new LinkedHashMap<>();
    private static final Map<String, List<FrontendMessage>> STATES = new LinkedHashMap<>();
    private static final Map<String, List<FrontendMessage>> COPY_STATES = new LinkedHashMap<>();
    /** What brings any session to an end that can be recognised. */
    private static final List<FrontendMessage> AFTERWARDS = List.of(new Sync(), new Query("rollback"),
            new Query("delete from kv where k = 9"), new Query("deallocate all"),
            new Query("select '" + LAST_WORD + "'"));

    static {
        MESSAGES.put("Parse", new Parse("", "select v from kv where k = 1", List.of()));
        MESSAGES.put("Parse wrong", new Parse("", "selec 1", List.of()));
        MESSAGES.put("Parse begin", new Parse("", "begin", List.of()));
        MESSAGES.put("Parse commit", new Parse("", "commit", List.of()));
        MESSAGES.put("Parse s", new Parse("s", "insert into kv values (9, 'x') returning k", List.of()));
        MESSAGES.put("Bind", new Bind("", "", List.of(), List.of(), List.of()));
        MESSAGES.put("Bind p s", new Bind("p", "s", List.of(), List.of(), List.of()));
        MESSAGES.put("Bind nothing", new Bind("", "nothing", List.of(), List.of(), List.of()));
        for (String name : List.of("", "s")) {
            MESSAGES.put("Describe statement " + name, new Describe(Target.STATEMENT, name));
            MESSAGES.put("Close statement " + name, new Close(Target.STATEMENT, name));
        }
        for (String name : List.of("", "p")) {
            MESSAGES.put("Describe portal " + name, new Describe(Target.PORTAL, name));
            MESSAGES.put("Execute " + name, new Execute(name, 0));
            MESSAGES.put("Execute " + name + " rows=1", new Execute(name, 1));
            MESSAGES.put("Close portal " + name, new Close(Target.PORTAL, name));
        }
        MESSAGES.put("Flush", new Flush());
        MESSAGES.put("Sync", new Sync());
        MESSAGES.put("Query", new Query("select 2"));
        MESSAGES.put("Query wrong", new Query("select 1 / 0"));
        MESSAGES.put("Query empty", new Query(""));
        MESSAGES.put("Query begin", new Query("begin"));
        MESSAGES.put("FunctionCall", new FunctionCall(INT4_PLUS, List.of(1), List.of(int4(1), int4(2)), 1));
        MESSAGES.put("CopyData", new CopyData(Bytes.utf8("9\tx\n")));
        MESSAGES.put("CopyDone", new CopyDone());
        MESSAGES.put("CopyFail", new CopyFail("given up"));

        for (String one : List.of("CopyData", "CopyDone", "CopyFail", "Flush", "Sync", "Query", "Parse", "Bind",
                "Execute ", "FunctionCall")) {
            IN_COPY.put(one, MESSAGES.get(one));
        }
        IN_COPY.put("CopyData wrong", new CopyData(Bytes.utf8("not a number\n")));
        IN_COPY.put("CopyData half", new CopyData(Bytes.utf8("00")));

        Parse rows = new Parse("rows", "select k from kv order by k", List.of());
        STATES.put("idle", List.of());
        STATES.put("prepared", List.of(MESSAGES.get("Parse"), MESSAGES.get("Parse s"), new Sync()));
        STATES.put("in a pipeline", List.of(MESSAGES.get("Parse s"), MESSAGES.get("Parse"), MESSAGES.get("Bind"),
                MESSAGES.get("Bind p s"), MESSAGES.get("Execute p")));
        STATES.put("skipping", List.of(MESSAGES.get("Parse s"), MESSAGES.get("Bind nothing")));
        STATES.put("in a transaction with a portal that is suspended", List.of(rows, MESSAGES.get("Parse s"),
                new Sync(), new Query("begin"), new Bind("p", "rows", List.of(), List.of(), List.of()),
                new Execute("p", 1), new Sync()));
        STATES.put("in a failed transaction", List.of(MESSAGES.get("Parse"), MESSAGES.get("Parse s"), new Sync(),
                new Query("begin"), new Query("select 1 / 0")));

        COPY_STATES.put("COPY", List.of(new Query("copy kv from stdin")));
        COPY_STATES.put("COPY in a string", List.of(new Query("select 3; copy kv from stdin; select 4")));
        COPY_STATES.put("COPY in a transaction", List.of(new Query("begin"), new Query("copy kv from stdin")));
        COPY_STATES.put("COPY by Execute", List.of(new Parse("", "copy kv from stdin", List.of()),
                MESSAGES.get("Bind"), MESSAGES.get("Execute "), new Flush()));
    }

    private static List<RunningNode> nodes;
    private static String plain;
    private static String served;
    private static RunningProxy oneNode;
    private static RunningProxy twoNodes;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        plain = TestNodes.createDatabase("order_plain", nodes.subList(0, 1));
        served = TestNodes.createDatabase("order_served", nodes);
        TestNodes.execute(nodes.getFirst(), plain, KeyValueTable.CREATE + ";" + KeyValueTable.FILL);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, served, KeyValueTable.CREATE);
        }
        oneNode = proxy(1);
        twoNodes = proxy(2);
    }

    private static RunningProxy proxy(int count) {
        String[] names = {"a", "b"};
        Catalog catalog = new CatalogBuilder(served).nodes(Arrays.copyOf(names, count))
                .table("kv", "k int4 not null", "v text").sharded("kv", "k").build();
        return RunningProxy.start("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    pool: { size: 1, waitTimeout: 30s }
                    nodes: { a: { primary: 127.0.0.1:%d }%s }
                    tables: { kv: { shardKey: k } }
                users: { postgres: { admin: full } }
                """.formatted(served, nodes.get(0).port(), count == 1
                ? ""
                : ", b: { primary: 127.0.0.1:" + nodes.get(1).port()
                        + " } }\n    shardMap: { a: 0-127, b: 128-255"),
                Map.of(served, catalog));
    }

    @AfterAll
    static void stop() throws Exception {
        oneNode.close();
        twoNodes.close();
        TestNodes.dropDatabase(plain, nodes.subList(0, 1));
        TestNodes.dropDatabase(served, nodes);
    }

    @Test
    void overOneNode() throws Exception {
        KeyValueTable.fill(nodes, served, false);
        compare(oneNode, STATES, MESSAGES);
        compare(oneNode, COPY_STATES, IN_COPY);
    }

    @Test
    void overTwoNodes() throws Exception {
        KeyValueTable.fill(nodes, served, true);
        compare(twoNodes, STATES, MESSAGES);
    }

    /** Differences that docs/protocol.md tells of. */
    private static boolean isMeant(List<FrontendMessage> dialog, List<String> expected, List<String> actual) {
        if (asksInPipeline(dialog)) {
            return true;
        }
        int at = 0;
        while (at < Math.min(expected.size(), actual.size()) - 1 && expected.get(at).equals(actual.get(at))) {
            at++;
        }
        String wanted = expected.get(at);
        String got = actual.get(at);
        // What only a node could parse is refused in a failed transaction before it is looked at. An error leaves no portal of a
        // simple query behind.
        return wanted.contains("C=\"42601\"") && got.contains("C=\"25P02\"")
                || wanted.contains("C=\"25P02\"") && got.contains("M=\"portal \\\"\\\" does not exist");
    }

    /** A query or function call in the middle of a pipeline: PostgreSQL 18 loses track of its state after it. */
    private static boolean asksInPipeline(List<FrontendMessage> dialog) {
        boolean inPipeline = false;
        for (FrontendMessage message : dialog) {
            switch (message) {
                case Query m -> {
                    if (inPipeline) {
                        return true;
                    }
                }
                case FunctionCall m -> {
                    if (inPipeline) {
                        return true;
                    }
                }
                case Sync m -> inPipeline = false;
                case Flush m -> {
                    // Begins nothing.
                }
                case CopyData m -> {
                    // Is not looked at.
                }
                case CopyDone m -> {
                    // Nor is this.
                }
                case CopyFail m -> {
                    // Nor this.
                }
                default -> inPipeline = true;
            }
        }
        return false;
    }

    private static void compare(RunningProxy proxy, Map<String, List<FrontendMessage>> states,
            Map<String, FrontendMessage> messages) throws Exception {
        List<String> wrong = new ArrayList<>();
        List<String> names = List.copyOf(messages.keySet());
        int orders = 0;
        try (Server postgres = new Server(nodes.getFirst().port(), plain);
                Server through = new Server(proxy.port(), served)) {
            for (int length = 1; length <= LENGTH; length++) {
                int count = (int) Math.pow(names.size(), length);
                for (String state : states.keySet()) {
                    for (int n = 0; n < count && wrong.size() < MOST_FAULTS; n += length == 1 ? 1 : STRIDE) {
                        List<FrontendMessage> dialog = new ArrayList<>(states.get(state));
                        StringBuilder said = new StringBuilder(state + ":");
                        for (int i = 0, rest = n; i < length; i++, rest /= names.size()) {
                            String name = names.get(rest % names.size());
                            dialog.add(messages.get(name));
                            said.append(" [").append(name).append(']');
                        }
                        List<String> expected = postgres.play(dialog);
                        List<String> actual = through.play(dialog);
                        if (!expected.equals(actual) && !isMeant(dialog, expected, actual)) {
                            wrong.add(difference(said.toString(), expected, actual));
                        }
                        orders++;
                    }
                }
            }
        }
        System.out.println(orders + " orders of messages");
        assertTrue(wrong.isEmpty(), () -> String.join("\n\n", wrong));
    }

    /** Without what is the same at the end. */
    private static String difference(String said, List<String> expected, List<String> actual) {
        int same = 0;
        while (same < Math.min(expected.size(), actual.size())
                && expected.get(expected.size() - 1 - same).equals(actual.get(actual.size() - 1 - same))) {
            same++;
        }
        return said + "\n  PostgreSQL " + expected.subList(0, expected.size() - same) + "\n  proxy      "
                + actual.subList(0, actual.size() - same);
    }

    private static Bytes int4(int value) {
        return Bytes.of(java.nio.ByteBuffer.allocate(4).putInt(value).array());
    }

    /** A server, and the connection that the next dialog begins on. */
    private static final class Server implements AutoCloseable {

        private final int port;
        private final String database;
        private PgClient client;

        Server(int port, String database) {
            this.port = port;
            this.database = database;
        }

        List<String> play(List<FrontendMessage> dialog) throws Exception {
            if (client == null) {
                client = PgClient.login("127.0.0.1", port, "postgres", database, null);
                client.query("set trunkline.fan_out = 'allow'");
            }
            List<String> answers = new ArrayList<>();
            try {
                List<FrontendMessage> unsent = new ArrayList<>();
                boolean copies = false;
                for (FrontendMessage message : dialog) {
                    unsent.add(message);
                    boolean begins = message instanceof Query q && q.sql().contains("stdin")
                            || message instanceof Flush && dialog.getFirst() instanceof Parse p
                                    && p.sql().contains("stdin") && !copies;
                    if (begins || copies && message instanceof CopyData data && data.data().text().contains("not")) {
                        // Whoever copies waits for the server, and hears of a row that is refused before he goes on.
                        send(unsent);
                        copies = await(answers, begins);
                    } else if (message instanceof CopyDone || message instanceof CopyFail) {
                        copies = false;
                    }
                }
                if (dialog.stream().anyMatch(m -> m instanceof CopyData)) {
                    unsent.add(new CopyFail("enough"));
                }
                unsent.addAll(AFTERWARDS);
                send(unsent);
                read(answers);
            } catch (EOFException e) {
                end(answers, "eof");
            } catch (SocketTimeoutException e) {
                end(answers, "silence");
            }
            return answers;
        }

        private void end(List<String> answers, String how) throws IOException {
            answers.add(how);
            client.close();
            client = null;
        }

        private void send(List<FrontendMessage> unsent) {
            try {
                client.send(unsent.toArray(FrontendMessage[]::new));
            } catch (IOException hungUp) {
                // What it has said before is still to be read.
            }
            unsent.clear();
        }

        /** Reads up to the beginning of COPY, or the error that ends it. */
        private boolean await(List<String> answers, boolean begins) throws IOException {
            while (true) {
                BackendMessage message = client.receive();
                answers.add(DialogPlayer.line(message));
                if (message instanceof CopyInResponse && begins) {
                    return true;
                }
                if (message instanceof ErrorResponse) {
                    return false;
                }
            }
        }

        private void read(List<String> answers) throws IOException {
            while (true) {
                BackendMessage message = client.receive();
                if (message instanceof DataRow row && row.values().equals(List.of(Bytes.utf8(LAST_WORD)))) {
                    client.receiveUntilReady();
                    return;
                }
                if (!(message instanceof ParameterStatus)) {
                    answers.add(DialogPlayer.line(message));
                }
            }
        }

        @Override
        public void close() throws IOException {
            if (client != null) {
                client.close();
            }
        }
    }
}
