package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RoteNode;
import dev.trunkline.testing.RoteNode.Event;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.ParseComplete;
import dev.trunkline.wire.BackendMessage.PortalSuspended;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.CopyFail;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.FunctionCall;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every dialog, and at each message of a node something that may happen there: the connection ends, is reset, ends in the middle of the
 * message, the node is shut down, or says what nobody has asked for. The client gets its answer or an error that is true of what the
 * node has done (semantics.md 28), its session goes on, and the one connection of each pool is there for the next dialog.
 */
@Timeout(300)
class EveryMomentTest {

    /** A write of a client, and the message that it waits for then. */
    private record Step(FrontendMessage[] messages, Class<? extends BackendMessage> awaited) {}

    /** @param writes how many statements have been committed when all goes well */
    private record Dialog(int writes, List<Step> steps) {

        boolean mayWrite() {
            return messages().stream().map(Object::toString)
                    .anyMatch(m -> m.contains("UPDATE") || m.contains("FunctionCall") || m.contains("STDIN"));
        }

        boolean pins() {
            return messages().stream().anyMatch(m -> m.toString().contains("advisory"));
        }

        /** Whether each of several steps is a transaction. */
        boolean eachForItself() {
            return steps.size() > 1 && steps.stream().allMatch(step -> step.awaited() == ReadyForQuery.class)
                    && messages().stream().noneMatch(m -> m.toString().contains("BEGIN"));
        }

        List<FrontendMessage> messages() {
            return steps.stream().flatMap(step -> Stream.of(step.messages())).toList();
        }
    }

    private static final Map<String, Dialog> ONE_NODE = new LinkedHashMap<>();
    private static final Map<String, Dialog> TWO_NODES = new LinkedHashMap<>();
    // Two nodes: the first has the key 4, the second 1.
    private static final String READ = "SELECT v FROM kv WHERE k = 1";
    private static final String ANSWER = "T row(one) row(two) [SELECT 2] Z:I";
    private static final String WRITE = "UPDATE kv SET v = 'x' WHERE k = 1";
    private static final String READ_OTHER = "SELECT v FROM kv WHERE k = 4";
    private static final String WRITE_OTHER = "UPDATE kv SET v = 'x' WHERE k = 4";

    static {
        one("read", 0, query(READ));
        one("write", 1, query(WRITE));
        one("nothing", 0, query(""));
        one("an error", 0, query("SELECT v FROM kv WHERE k = 1 AND v = 'fail'"));
        one("string of reads", 0, query(READ + ";" + READ));
        one("string of writes", 2, query(WRITE + ";" + WRITE));
        one("string with an error", 0, query(WRITE + ";" + READ + " AND v = 'fail';" + WRITE));
        one("string with a transaction", 1, query("BEGIN;" + WRITE + ";COMMIT;" + READ));
        one("string that opens a transaction", 1, query(READ + ";BEGIN;" + WRITE), query("COMMIT"));
        one("transaction", 2, query("BEGIN"), query(WRITE), query(READ), query(WRITE), query("COMMIT"));
        one("transaction that is rolled back", 0, query("BEGIN"), query(WRITE), query("ROLLBACK"));
        one("transaction with a savepoint", 1, query("BEGIN"), query("SAVEPOINT s"), query(WRITE),
                query("RELEASE s"), query("COMMIT"));
        one("transaction that fails", 0, query("BEGIN"), query(WRITE), query(READ + " AND v = 'fail'"),
                query("COMMIT"));
        one("transaction that only reads", 0, query("BEGIN"), query(READ), query("COMMIT"));
        one("function call", 0, until(ReadyForQuery.class, new FunctionCall(177, List.of(), List.of(), 1)));
        one("extended", 0, sync(parse("", READ), bind("", ""), describePortal(""), execute(""), new Sync()));
        one("extended write", 1, sync(run(WRITE), new Sync()));
        one("described first", 0, sync(parse("s", READ), describeStatement("s"), new Sync()),
                sync(bind("", "s"), execute(""), new Sync()), sync(closeStatement("s"), new Sync()));
        one("pipeline of writes", 2, sync(run(WRITE), run(READ), run(WRITE), new Sync()));
        one("pipelines", 1, sync(run(READ), new Sync()), sync(run(WRITE), new Sync()), sync(run(READ), new Sync()));
        one("pipeline with an error", 0, sync(run(WRITE), run(READ + " AND v = 'fail'"), run(WRITE), new Sync()));
        one("pipeline with a transaction", 1, sync(run("BEGIN"), run(WRITE), run("COMMIT"), new Sync()));
        one("flushed", 1, until(ParseComplete.class, parse("", WRITE), new Flush()),
                until(CommandComplete.class, bind("", ""), execute(""), new Flush()), sync(new Sync()));
        one("rows by and by", 0, query("BEGIN"),
                sync(parse("", READ), bind("p", ""), execute("p", 1), new Sync()), sync(execute("p", 1), new Sync()),
                sync(execute("p"), closePortal("p"), new Sync()), query("COMMIT"));
        one("rows by and by, flushed", 0,
                until(PortalSuspended.class, parse("", READ), bind("", ""), execute("", 1), new Flush()),
                sync(execute(""), new Sync()));
        one("copy out", 0, query("COPY (SELECT 1) TO STDOUT"));
        one("copy in", 1, until(CopyInResponse.class, new Query("COPY kv FROM STDIN")),
                sync(row(), row(), new CopyDone()));
        one("copy in, given up", 0, until(CopyInResponse.class, new Query("COPY kv FROM STDIN")),
                sync(row(), new CopyFail("enough")));
        one("copy in by Execute", 1, sync(run("COPY kv FROM STDIN"), row(), new CopyDone(), new Sync()));
        one("copy in a transaction", 1, query("BEGIN"),
                until(CopyInResponse.class, new Query("COPY kv FROM STDIN")), sync(row(), new CopyDone()),
                query("COMMIT"));
        one("settings", 0, query("SET work_mem = '5MB'"), query(READ), query("RESET work_mem"));
        one("pinned", 0, query("SELECT pg_advisory_lock(1)"), query(READ), query("SELECT pg_advisory_unlock_all()"));
        one("prepared by SQL", 0, query("PREPARE q AS " + READ), query("EXECUTE q"), query("DEALLOCATE q"));

        TWO_NODES.putAll(ONE_NODE);
        TWO_NODES.keySet().removeIf(name -> !name.matches("(transaction|pipeline|settings|described|prepared).*"));
        two("fan-out", 0, query("SELECT v FROM kv"));
        two("fan-out by the extended protocol", 0, sync(parse("", "SELECT v FROM kv"), describeStatement(""),
                bind("", ""), describePortal(""), execute(""), new Sync()));
        two("fan-out by and by", 0, query("BEGIN"),
                sync(parse("", "SELECT v FROM kv"), bind("p", ""), execute("p", 1), new Sync()),
                sync(execute("p", 1), new Sync()), sync(execute("p"), new Sync()), query("COMMIT"));
        two("list of keys", 0, query("SELECT v FROM kv WHERE k IN (1, 4)"));
        two("writer and reader", 1, query("BEGIN"), query(READ_OTHER), query(WRITE), query("COMMIT"));
        two("reader that joins the writer", 1, query("BEGIN"), query(WRITE), query(READ_OTHER), query("COMMIT"));
        two("fan-out of a transaction that has written", 1, query("BEGIN"), query(WRITE), query("SELECT v FROM kv"),
                query("COMMIT"));
        two("second writer", 0, query("BEGIN"), query(WRITE), query(WRITE_OTHER), query("COMMIT"));
        two("pipeline over both", 1, sync(run(READ_OTHER), run(WRITE), run(READ_OTHER), new Sync()));
        two("string over both", 1, query(READ_OTHER + ";" + WRITE + ";" + READ_OTHER));
    }

    private static List<RoteNode> nodes;
    private static RunningProxy oneNode;
    private static RunningProxy twoNodes;
    private static final Map<String, Integer> OUTCOMES = new TreeMap<>();

    private static void one(String name, int writes, Step... steps) {
        ONE_NODE.put(name, new Dialog(writes, List.of(steps)));
    }

    private static void two(String name, int writes, Step... steps) {
        TWO_NODES.put(name, new Dialog(writes, List.of(steps)));
    }

    private static Step query(String sql) {
        return until(ReadyForQuery.class, new Query(sql));
    }

    private static Step sync(Object... messages) {
        return until(ReadyForQuery.class, messages);
    }

    private static Step until(Class<? extends BackendMessage> awaited, Object... messages) {
        return new Step(all(messages), awaited);
    }

    private static CopyData row() {
        return new CopyData(Bytes.utf8("1\tx\n"));
    }

    @BeforeAll
    static void start() throws Exception {
        nodes = List.of(RoteNode.start(), RoteNode.start());
        oneNode = proxy(1);
        twoNodes = proxy(2);
    }

    private static RunningProxy proxy(int count) {
        CatalogBuilder catalog = new CatalogBuilder("shop").fanOut(FanOutPolicy.ALLOW).nodes("a");
        StringBuilder yaml = new StringBuilder("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  shop:
                    pool: { size: 1, waitTimeout: 30s }
                    tables: { kv: { shardKey: k } }
                    nodes:
                      a: { primary: 127.0.0.1:%d }
                """.formatted(nodes.get(0).port()));
        if (count == 2) {
            catalog.nodes("b");
            yaml.append("      b: { primary: 127.0.0.1:").append(nodes.get(1).port())
                    .append(" }\n    shardMap: { a: 0-127, b: 128-255 }\n");
        }
        return RunningProxy.start(yaml + "users: { app: { admin: full } }\n", Map.of("shop",
                catalog.table("kv", "k int4 not null", "v text").sharded("kv", "k").build()));
    }

    @AfterAll
    static void stop() throws Exception {
        oneNode.close();
        twoNodes.close();
        for (RoteNode node : nodes) {
            node.close();
        }
    }

    @Test
    void overOneNode() throws Exception {
        compare(oneNode, ONE_NODE, nodes.subList(0, 1));
    }

    @Test
    void overTwoNodes() throws Exception {
        compare(twoNodes, TWO_NODES, nodes);
    }

    private static void compare(RunningProxy proxy, Map<String, Dialog> dialogs, List<RoteNode> disturbed)
            throws Exception {
        List<String> wrong = new ArrayList<>();
        int played = 0;
        for (String name : dialogs.keySet()) {
            Dialog dialog = dialogs.get(name);
            Played well = play(proxy, dialog, disturbed.getFirst());
            String fault = well.fault(dialog, null, well);
            if (fault != null) {
                wrong.add(name + ", undisturbed: " + fault + "\n    " + well.answers);
            }
            for (RoteNode node : disturbed) {
                for (Event event : List.of(Event.END, Event.CUT, Event.FATAL, Event.ASIDE)) {
                    Played now = well;
                    for (int at = 0; now != null; at++) {
                        node.arm(event == Event.END && at % 2 == 1 ? Event.RESET : event, at, false);
                        now = play(proxy, dialog, node);
                        played++;
                        String what = now.fault(dialog, now.disturbed ? event : null, well);
                        if (what != null) {
                            wrong.add(name + ", node " + disturbed.indexOf(node) + ", " + event + " at message " + at
                                    + ": "
                                    + what + "\n    " + now.answers);
                        }
                        now = now.disturbed ? now : null;
                    }
                }
            }
        }
        System.out.println(played + " dialogs: " + OUTCOMES);
        assertTrue(wrong.isEmpty(), () -> wrong.size() + " faults\n" + String.join("\n", wrong));
    }

    /** Nodes are lost while they are logged in at: the statement fails, or is served by the next connection. */
    @Test
    void atLogin() throws Exception {
        RoteNode node = nodes.getFirst();
        for (Event event : Event.values()) {
            for (int at : new int[]{0, 1, 9, 16, 17}) {
                // The connection that there is has to go.
                node.arm(Event.END, 0, false);
                read(oneNode);
                assertTrue(!node.disarm());
                SessionFixture.await("a new connection", () -> {
                    node.arm(event, at, true);
                    String told = read(oneNode);
                    boolean happened = !node.disarm();
                    assertTrue(told.equals(event == Event.ASIDE ? ANSWER : "error 58000 Z:I") || !happened,
                            () -> event + " at message " + at + " of the login: " + told);
                    return happened;
                });
                SessionFixture.await("the node is used again", () -> read(oneNode).equals(ANSWER));
            }
        }
    }

    private static String read(RunningProxy proxy) throws IOException {
        try (PgClient client = PgClient.login("127.0.0.1", proxy.port(), "app", "shop", null)) {
            return ask(client, READ);
        }
    }

    /** The client is gone at every message, and in the middle of it: nothing is committed, and its connections are free. */
    @Test
    void theClientLeaves() throws Exception {
        for (RunningProxy proxy : List.of(oneNode, twoNodes)) {
            Map<String, Dialog> dialogs = proxy == oneNode ? ONE_NODE : TWO_NODES;
            nodes.forEach(RoteNode::takeCommitted);
            for (String name : dialogs.keySet()) {
                Dialog dialog = dialogs.get(name);
                if (dialog.eachForItself() && dialog.mayWrite()) {
                    continue;
                }
                List<FrontendMessage> messages = dialog.messages();
                for (int at = 0; at < messages.size(); at++) {
                    for (Leave how : Leave.values()) {
                        leave(proxy, messages.subList(0, at), messages.get(at), how);
                        int count = at;
                        assertEquals(ANSWER, read(proxy), () -> name + ", " + how + " after " + count);
                        int committed = nodes.stream().mapToInt(RoteNode::takeCommitted).sum();
                        assertEquals(0, committed, () -> name + ", " + how + " after " + count);
                    }
                }
            }
        }
    }

    /** How a client goes. */
    private enum Leave {
        TERMINATE,
        CLOSE,
        RESET,
        IN_THE_MIDDLE
    }

    private static void leave(RunningProxy proxy, List<FrontendMessage> said, FrontendMessage next, Leave how)
            throws IOException {
        PgClient client = PgClient.login("127.0.0.1", proxy.port(), "app", "shop", null);
        client.send(said.toArray(FrontendMessage[]::new));
        switch (how) {
            case TERMINATE -> client.close();
            case CLOSE -> client.socket().close();
            case RESET -> client.reset();
            case IN_THE_MIDDLE -> {
                ByteBuf frame = Unpooled.buffer();
                FrontendEncoder.encode(next, frame);
                client.sendRaw(Arrays.copyOf(frame.array(), Math.max(1, frame.readableBytes() / 2)));
                client.socket().close();
            }
        }
    }

    private static Played play(RunningProxy proxy, Dialog dialog, RoteNode node) throws Exception {
        nodes.forEach(RoteNode::takeCommitted);
        Played played = new Played();
        try (PgClient client = PgClient.login("127.0.0.1", proxy.port(), "app", "shop", null)) {
            for (Step step : dialog.steps()) {
                client.send(step.messages());
                if (!played.await(client, step)) {
                    client.send(new Sync());
                    played.await(client, new Step(null, ReadyForQuery.class));
                    break;
                }
            }
            played.disturbed = !node.disarm();
            played.committed = nodes.stream().mapToInt(RoteNode::takeCommitted).sum();
            if (!played.status.equals("Z:I")) {
                assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"), () -> played.answers.toString());
            }
            played.after = ask(client, READ);
        } catch (EOFException e) {
            played.disturbed |= !node.disarm();
            played.ended = true;
        } catch (IOException e) {
            throw new AssertionError("after " + played.answers, e);
        }
        return played;
    }

    /** What a client was told. */
    private static final class Played {

        private final List<String> answers = new ArrayList<>();
        private int asides;
        private String status = "Z:I";
        private String after;
        private int committed;
        private boolean disturbed;
        private boolean ended;

        /** False when something else has come than what was awaited. */
        boolean await(PgClient client, Step step) throws IOException {
            boolean simple = step.messages() != null && step.messages()[0] instanceof Query;
            while (true) {
                BackendMessage message = client.receive();
                if (message instanceof NoticeResponse notice && notice.fields().message().equals(RoteNode.ASIDE)) {
                    asides++;
                    continue;
                }
                String word = word(message);
                if (!word.isEmpty()) {
                    answers.add(word);
                }
                if (message instanceof ReadyForQuery) {
                    status = word;
                }
                if (step.awaited().isInstance(message)) {
                    return true;
                }
                if (message instanceof ReadyForQuery && step.awaited() != ReadyForQuery.class) {
                    return false;
                }
                if (message instanceof ErrorResponse && !simple && step.awaited() != ReadyForQuery.class) {
                    return false;
                }
            }
        }

        /** What is wrong with it, or null. */
        String fault(Dialog dialog, Event event, Played well) {
            List<String> errors = new ArrayList<>(answers);
            errors.removeIf(a -> !a.startsWith("error") && !a.startsWith("FATAL"));
            // Rows of several nodes come in any order.
            boolean same = answers.stream().sorted().toList().equals(well.answers.stream().sorted().toList());
            OUTCOMES.merge((event == null ? "-" : event) + " " + (ended ? "ended" : same ? "as ever" : errors), 1,
                    Integer::sum);
            if (ended) {
                // A message that is cut off, or what only that connection had: both leave nothing to go on with.
                boolean told = dialog.pins() && !answers.isEmpty() && answers.getLast().matches("FATAL 0800[67]");
                return event == Event.CUT || told ? null : "the session has ended";
            }
            if (!ANSWER.equals(after)) {
                return "afterwards " + after;
            }
            if (same) {
                return committed == dialog.writes() ? null : "all is well, and " + committed + " are committed";
            }
            if (event == null || event == Event.ASIDE) {
                return "differs from " + well.answers;
            }
            if (errors.contains("error 08007")) {
                return dialog.mayWrite() ? null : "nothing was written";
            }
            if (!errors.contains("error 58000")) {
                return "not told of the loss";
            }
            if (!errors.getFirst().matches("error (58000|22012)")) {
                return "told of " + errors.getFirst() + " first";
            }
            int done = dialog.eachForItself() ? toldDone() : 0;
            return committed == done ? null : "told of " + done + ", and " + committed + " are committed";
        }

        /** How many writes were answered without an error before ReadyForQuery. */
        private int toldDone() {
            return (int) Stream.of(String.join(" ", answers).split("Z:."))
                    .filter(cycle -> cycle.contains("[UPDATE 1]") && !cycle.contains("error")).count();
        }
    }
}
