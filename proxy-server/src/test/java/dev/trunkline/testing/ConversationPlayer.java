package dev.trunkline.testing;

import dev.trunkline.testing.Conversation.Actor;
import dev.trunkline.testing.Conversation.Step;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.FrontendMessage.Terminate;
import dev.trunkline.wire.TransactionStatus;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Plays a conversation: its clients and nodes do, in the order of its lines, what it says, and receive what it says, and
 * nothing besides. A failure tells the line and all that was said before.
 */
public final class ConversationPlayer {

    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("patience", 60));
    /** Between the pieces of a split message, so that the other side reads them one by one. */
    private static final int PIECE_MILLIS = 2;
    /** How long after the last line something may still come that nobody expects, where nobody can be asked whether it does. */
    private static final Duration GRACE = Duration.ofMillis(20);
    private static final Duration GRACE_OF_NODES = Duration.ofMillis(5);

    private final Conversation conversation;
    private final ProxyUnderTest proxy;
    private final List<FakePostgres> nodes;
    private final Map<Integer, PgClient> clients = new LinkedHashMap<>();
    private final List<String> transcript = new ArrayList<>();
    /** Those whose last message was ReadyForQuery, outside of a transaction, and who have said nothing since. */
    private final Set<Integer> atRest = new HashSet<>();
    private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
    private Actor sender;

    private ConversationPlayer(Conversation conversation, ProxyUnderTest proxy, List<FakePostgres> nodes) {
        this.conversation = conversation;
        this.proxy = proxy;
        this.nodes = nodes;
    }

    static void play(Conversation conversation, ProxyUnderTest.Starter starter) throws Exception {
        var nodes = new ArrayList<FakePostgres>();
        try {
            for (int i = 1; i <= conversation.nodes(); i++) {
                nodes.add(FakePostgres.start(i));
            }
            List<InetSocketAddress> addresses = nodes.stream().map(FakePostgres::address).toList();
            try (ProxyUnderTest proxy = starter.start(addresses, conversation.options())) {
                play(conversation, proxy, nodes);
            }
        } finally {
            for (FakePostgres node : nodes) {
                node.close();
            }
        }
    }

    /**
     * Plays against a proxy that stands before these nodes already, or a server.
     *
     * @return what was sent and received, in order
     */
    static List<String> play(Conversation conversation, ProxyUnderTest proxy, List<FakePostgres> nodes)
            throws Exception {
        var player = new ConversationPlayer(conversation, proxy, nodes);
        Step at = null;
        try {
            for (Step step : conversation.steps()) {
                at = step;
                player.play(step);
            }
            player.send();
            player.nothingLeft();
            return player.transcript;
        } catch (AssertionError | Exception e) {
            String where = conversation.file() + ":" + (at == null ? conversation.line() : at.line());
            throw new AssertionError(where + ": " + e.getMessage() + "\nSo far:\n  "
                    + String.join("\n  ", player.transcript), e);
        } finally {
            for (PgClient client : player.clients.values()) {
                client.close();
            }
        }
    }

    private void play(Step step) throws Exception {
        if (step instanceof Step.Send s) {
            if (sender != null && !sender.equals(s.actor())) {
                send();
            }
            sender = s.actor();
            if (s.cuts().isEmpty()) {
                unsent.writeBytes(s.bytes());
            } else {
                send();
                pieces(s);
            }
            return;
        }
        send();
        switch (step) {
            case Step.Send s -> throw new IllegalStateException("played above");
            case Step.Receive s -> receive(s);
            case Step.ReceiveByte s -> {
                int got = client(s.actor()).receiveByte();
                check(got == s.expected(), "expected the byte " + s.expected() + " and got " + got);
            }
            case Step.End s -> end(s.actor());
            case Step.Nothing s -> nothing(s.actor(), s.millis());
            case Step.HangUp s -> hangUp(s);
            case Step.Connect s -> {
                check(!clients.containsKey(s.actor().number()), s.actor() + " is connected already");
                clients.put(s.actor().number(), PgClient.connect(proxy.host(), proxy.port()));
            }
            case Step.LogIn s -> logIn(s);
            case Step.Cancel s -> client(s.actor()).cancel();
            case Step.Waits s -> waits(s.actor());
            case Step.Power s -> {
                if (s.up()) {
                    node(s.actor()).up();
                } else {
                    node(s.actor()).down();
                }
            }
            case Step.ScriptStartup s -> node(s.actor()).scriptStartup();
            case Step.Pause s -> Thread.sleep(s.millis());
        }
    }

    private void send() throws IOException {
        if (unsent.size() > 0) {
            byte[] bytes = unsent.toByteArray();
            unsent.reset();
            write(sender, bytes);
        }
    }

    private void pieces(Step.Send s) throws Exception {
        int from = 0;
        for (int i = 1; i <= s.bytes().length; i++) {
            if (i == s.bytes().length || s.cuts().contains(-1) || s.cuts().contains(i)) {
                write(s.actor(), Arrays.copyOfRange(s.bytes(), from, i));
                from = i;
                Thread.sleep(PIECE_MILLIS);
            }
        }
    }

    private void write(Actor actor, byte[] bytes) throws IOException {
        transcript.add(actor + "> " + bytes.length + " bytes");
        if (actor.client()) {
            atRest.remove(actor.number());
            client(actor).sendRaw(bytes);
        } else {
            node(actor).connection(actor.label()).send(bytes);
        }
    }

    private void receive(Step.Receive s) throws Exception {
        while (true) {
            Shape got = s.actor().client() ? fromProxy(s) : fromNode(s);
            transcript.add(s.actor() + "< " + got);
            if (s.pattern().fits(got)) {
                return;
            }
            check(s.skip(), s.actor() + " expected\n    " + s.pattern() + "\n  and got\n    " + got);
        }
    }

    private Shape fromProxy(Step.Receive s) throws IOException {
        try {
            BackendMessage message = client(s.actor()).receive((int) PATIENCE.toMillis());
            check(message != null, s.actor() + " expected " + s.pattern() + " and nothing came");
            if (message instanceof ReadyForQuery ready && ready.status() == TransactionStatus.IDLE) {
                atRest.add(s.actor().number());
            } else {
                atRest.remove(s.actor().number());
            }
            return MessageShapes.of(message);
        } catch (EOFException e) {
            throw new AssertionError(s.actor() + " expected " + s.pattern() + " and the connection was closed", e);
        }
    }

    private Shape fromNode(Step.Receive s) throws InterruptedException {
        FakeConnection.Arrival arrival = node(s.actor()).take(s.actor().label(), PATIENCE);
        return switch (arrival) {
            case null -> throw new AssertionError(s.actor() + " expected " + s.pattern() + " and nothing came");
            case FakeConnection.Arrival.Message m -> MessageShapes.of(m.message());
            case FakeConnection.Arrival.End e -> throw new AssertionError(
                    s.actor() + " expected " + s.pattern() + " and the connection was closed");
            case FakeConnection.Arrival.Nonsense n -> throw new AssertionError(
                    s.actor() + " expected " + s.pattern() + " and got what is no message", n.violation());
        };
    }

    private void end(Actor actor) throws Exception {
        if (actor.client()) {
            check(client(actor).closedByServer(), actor + " is still connected");
            return;
        }
        switch (node(actor).take(actor.label(), PATIENCE)) {
            case null -> throw new AssertionError(actor + " is still connected");
            case FakeConnection.Arrival.End e -> transcript.add(actor + "< eof");
            case FakeConnection.Arrival.Message m -> throw new AssertionError(
                    actor + " expected the end and got " + MessageShapes.of(m.message()));
            case FakeConnection.Arrival.Nonsense n -> throw new AssertionError(
                    actor + " expected the end and got what is no message", n.violation());
        }
    }

    private void nothing(Actor actor, int millis) throws Exception {
        if (actor.client()) {
            BackendMessage message = client(actor).receive(millis);
            check(message == null,
                    () -> actor + " expected nothing and got " + MessageShapes.of(message));
        } else {
            FakeConnection.Arrival arrival = node(actor).take(actor.label(), Duration.ofMillis(millis));
            check(arrival == null, () -> actor + " expected nothing and got " + describe(arrival));
        }
    }

    private void waits(Actor actor) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (proxy.clientsThatWait() != 1) {
            check(System.nanoTime() - deadline < 0, actor + " does not wait for a connection");
            Thread.sleep(1);
        }
    }

    private void hangUp(Step.HangUp s) throws IOException {
        if (!s.actor().client()) {
            node(s.actor()).connection(s.actor().label()).close(s.reset());
        } else if (s.reset()) {
            client(s.actor()).reset();
            clients.remove(s.actor().number());
        } else {
            // Without a word: a Terminate would be written as one.
            client(s.actor()).socket().close();
            clients.remove(s.actor().number());
        }
    }

    private void logIn(Step.LogIn s) throws IOException {
        check(!clients.containsKey(s.actor().number()), s.actor() + " is connected already");
        var login = proxy.login();
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("user", login.user());
        parameters.put("database", login.database());
        s.parameters().named().forEach((k, v) -> parameters.put(k, Shape.value(v).text()));
        String password = parameters.containsKey("password") ? parameters.remove("password") : login.password();
        var client = PgClient.connect(proxy.host(), proxy.port());
        clients.put(s.actor().number(), client);
        client.login(parameters, password);
    }

    /** What was said and not expected is a failure, too. */
    private void nothingLeft() throws Exception {
        for (var entry : clients.entrySet()) {
            BackendMessage message;
            try {
                if (atRest.contains(entry.getKey()) && proxy.answersSync()) {
                    // What was said before the answer would come before it.
                    entry.getValue().send(new Sync());
                    message = entry.getValue().receive();
                    message = message instanceof ReadyForQuery ? null : message;
                } else {
                    message = entry.getValue().receive((int) GRACE.toMillis());
                }
            } catch (EOFException closed) {
                continue;
            }
            BackendMessage more = message;
            check(more == null, () -> "C" + entry.getKey() + " got more: " + MessageShapes.of(more));
        }
        for (FakePostgres node : nodes) {
            while (node.take("", GRACE_OF_NODES) instanceof FakeConnection.Arrival.Message m) {
                check(m.message() instanceof Terminate,
                        () -> "N" + node.number() + " got more: " + MessageShapes.of(m.message()));
            }
        }
    }

    /** The client; logged in as the proxy's default user when it was not connected before. */
    private PgClient client(Actor actor) throws IOException {
        PgClient client = clients.get(actor.number());
        if (client == null) {
            var login = proxy.login();
            client = PgClient.login(proxy.host(), proxy.port(), login.user(), login.database(), login.password());
            clients.put(actor.number(), client);
        }
        return client;
    }

    private FakePostgres node(Actor actor) {
        return nodes.get(actor.number() - 1);
    }

    private static String describe(FakeConnection.Arrival arrival) {
        return arrival instanceof FakeConnection.Arrival.Message m
                ? MessageShapes.of(m.message()).toString()
                : arrival.toString();
    }

    private static void check(boolean good, String message) {
        check(good, () -> message);
    }

    private static void check(boolean good, Supplier<String> message) {
        if (!good) {
            throw new AssertionError(message.get());
        }
    }
}
