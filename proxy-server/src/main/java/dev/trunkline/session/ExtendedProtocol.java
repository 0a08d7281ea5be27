package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The extended protocol. Parse only makes a statement known to the session; a node learns of it when Bind has found the
 * node, under a name that all sessions share. A Parse or Describe that no Bind follows goes to any node that has the tables.
 *
 * <p>Two replies are put off until the next message shows where they belong: ParseComplete, which Bind's node should give,
 * and the description of a fan-out's portal, which its Execute gives.
 */
final class ExtendedProtocol {

    private static final int HEADER = 5;
    private static final int[] NO_TYPES = {};
    /** The kinds of statement whose parameters are counted. */
    private static final Set<String> COUNTED = Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt",
            "MergeStmt");
    /** Below this size a message is copied with its new statement name; above, only its head is. */
    private static final int SMALL = 4096;

    private final Session session;
    private final Map<String, ClientStatement> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private final BindLayout layout = new BindLayout();
    private ClientStatement unnamed;
    private ClientStatement pendingParse;
    private Portal pendingDescribe;

    ExtendedProtocol(Session session) {
        this.session = session;
    }

    /** Takes one message; false when it has to wait. */
    boolean accept(byte type, ByteBuf in, int start, int length) {
        if (!session.cycle().inPipeline()) {
            session.cycle().enterPipeline();
        }
        return switch (type) {
            case MessageTypes.PARSE -> parse(in, start, length);
            case MessageTypes.BIND -> bind(in, start, length);
            case MessageTypes.DESCRIBE -> describe(in, start, length);
            case MessageTypes.EXECUTE -> execute(in, start, length);
            case MessageTypes.CLOSE -> close(in, start, length);
            case MessageTypes.FLUSH -> flush(length);
            case MessageTypes.SYNC -> sync(length);
            default -> throw ProtocolViolation.unknownFrontend(type);
        };
    }

    // ---- Parse

    private boolean parse(ByteBuf in, int start, int length) {
        if (!settlePending()) {
            return false;
        }
        int end = start + length;
        int nameEnd = zero(in, start + HEADER, end);
        int sqlEnd = zero(in, nameEnd + 1, end);
        String name = name(in, start + HEADER, nameEnd);
        int[] types = types(in, sqlEnd + 1, end);
        if (!name.isEmpty() && statements.containsKey(name)) {
            throw ProxyError.DUPLICATE_PREPARED_STATEMENT.with(name);
        }
        int size = sqlEnd - nameEnd - 1;
        byte[] sql = new byte[size];
        in.getBytes(nameEnd + 1, sql);
        boolean standardStrings = session.planKey().standardConformingStrings();
        StatementPlan plan = plan(sql, standardStrings);
        if (plan == null) {
            return false;
        }
        session.actions().checkNotFailed(plan);
        if (plan.refusal() != null) {
            throw plan.refusal();
        }
        ServerStatement server = name.isEmpty()
                ? ServerStatement.unnamed(sql, types)
                : session.database().statementNames().named(sql, types);
        ClientStatement statement = new ClientStatement(name, server, standardStrings, plan, session.planKey());
        if (name.isEmpty()) {
            unnamed = statement;
        } else {
            statements.put(name, statement);
        }
        pendingParse = statement;
        return true;
    }

    /** The plan of a text that must be one statement, or null when it is being made. */
    private StatementPlan plan(byte[] sql, boolean standardStrings) {
        LexedText lexed = session.worker().lexed();
        lexed.lex(sql, 0, sql.length, standardStrings);
        if (lexed.failed()) {
            throw SimpleProtocol.lexicalError(lexed, sql);
        }
        return switch (lexed.statementCount()) {
            case 0 -> StatementPlans.EMPTY;
            case 1 -> session.plan(lexed.fingerprint(0), sql, lexed.statementStart(0), lexed.statementEnd(0), 0);
            default -> throw ProxyError.SYNTAX_ERROR.with("cannot insert multiple commands into a prepared statement");
        };
    }

    private static int[] types(ByteBuf in, int at, int end) {
        int count = at + 2 > end ? 0 : in.getUnsignedShort(at);
        requireEnd(at + 2 + 4 * count, end);
        if (count == 0) {
            return NO_TYPES;
        }
        int[] types = new int[count];
        for (int i = 0; i < count; i++) {
            types[i] = in.getInt(at + 2 + 4 * i);
        }
        return types;
    }

    // ---- Bind

    private boolean bind(ByteBuf in, int start, int length) {
        ByteBuf body = in.slice(start + HEADER, length - HEADER);
        layout.read(body);
        String portalName = name(body, layout.portalStart(), layout.portalEnd());
        String statementName = name(body, layout.statementStart(), layout.statementEnd());
        ClientStatement statement = statement(statementName);
        if (pendingParse != statement && !settlePending()) {
            return false;
        }
        if (!currentPlan(statement)) {
            return false;
        }
        StatementPlan plan = statement.plan();
        session.actions().checkNotFailed(plan);
        checkCount(statement);
        if (plan.root() instanceof Plan.LocalReply) {
            answerPendingParse();
            session.reply(BackendEncoder::bindComplete);
            put(new Portal(portalName, statement, null, null, values(plan, body)));
            return true;
        }
        Destination destination = plan.bind(values(statement, body, length - HEADER),
                session.database().destinations());
        if (destination instanceof Destination.Many) {
            answerPendingParse();
            session.reply(BackendEncoder::bindComplete);
            put(new Portal(portalName, statement, destination, null, values(plan, body)));
            return true;
        }
        Participant participant = session.participant(session.nodeOf(destination), null);
        if (participant == null) {
            return false;
        }
        BackendConnection backend = participant.backend();
        if (!session.switchTo(backend, null)) {
            return false;
        }
        session.use(participant, plan, destination);
        sendParse(backend, statement);
        sendBind(backend, statement, portalName, in, start, length);
        backend.expectBind(session.out());
        put(new Portal(portalName, statement, destination, participant, null));
        return true;
    }

    /** What follows the names of a Bind, where it is needed when the portal is executed; otherwise null. */
    private ByteBuf values(StatementPlan plan, ByteBuf body) {
        boolean needed = !(plan.root() instanceof Plan.LocalReply)
                || plan.action() instanceof SessionAction.ExplainRoute;
        int from = layout.statementEnd() + 1;
        return needed ? body.copy(from, layout.end() - from) : null;
    }

    /**
     * The number of values, where the statement is understood: the node knows the statement under another name, and a missing
     * key must not look like none.
     */
    private void checkCount(ClientStatement statement) {
        StatementPlan plan = statement.plan();
        int wanted = Math.max(plan.parameterCount(), statement.server().parameterTypes().length);
        if (layout.count() != wanted && COUNTED.contains(plan.kind())) {
            throw ProxyError.PROTOCOL_VIOLATION.with("bind message supplies " + layout.count()
                    + " parameters, but prepared statement \"" + statement.name() + "\" requires " + wanted);
        }
    }

    private BoundValues values(ClientStatement statement, ByteBuf body, int size) {
        BoundValues values = session.worker().values();
        Fingerprint literals = statement.plan().readsLiterals() ? literals(statement) : null;
        values.statement(statement.sql(), literals, statement.standardConformingStrings())
                .pinnedNode(session.pinnedNode()).hint(session.own().hint());
        int count = layout.count();
        if (count > 0 && statement.plan().keyParameters().length > 0) {
            byte[] bytes = session.worker().scratch(size);
            body.getBytes(0, bytes, 0, size);
            values.parameters(bytes, layout.starts(), layout.lengths(), layout.formats(), count,
                    statement.server().parameterTypes(), count);
        }
        return values;
    }

    private Fingerprint literals(ClientStatement statement) {
        LexedText lexed = session.worker().lexed();
        lexed.lex(statement.sql(), 0, statement.sql().length, statement.standardConformingStrings());
        return lexed.fingerprint(0);
    }

    /** Sends Bind under the name that the node knows the statement by. */
    private void sendBind(BackendConnection backend, ClientStatement statement, String portal, ByteBuf in, int start,
            int length) {
        String serverName = statement.server().name();
        if (serverName.isEmpty()) {
            backend.send(in.retainedSlice(start, length));
            return;
        }
        int tail = start + HEADER + layout.statementEnd();
        int tailLength = start + length - tail;
        int headLength = layout.portalEnd() + 1 + serverName.length();
        ByteBuf head = backend.stage();
        head.writeByte(MessageTypes.BIND).writeInt(4 + headLength + tailLength);
        head.writeBytes(in, start + HEADER, layout.portalEnd() + 1);
        head.writeCharSequence(serverName, StandardCharsets.US_ASCII);
        if (tailLength <= SMALL) {
            head.writeBytes(in, tail, tailLength);
        } else {
            backend.send(in.retainedSlice(tail, tailLength));
        }
    }

    /** Makes sure that the node has the statement; answers the client's Parse if that is still due. */
    private void sendParse(BackendConnection backend, ClientStatement statement) {
        boolean owed = pendingParse == statement;
        pendingParse = null;
        if (backend.has(statement.server())) {
            if (owed) {
                session.reply(BackendEncoder::parseComplete, () -> forget(statement));
            }
            return;
        }
        backend.parse(statement.server(), owed ? session.out() : ReplySink.DROP,
                owed ? () -> forget(statement) : null);
    }

    // ---- Describe

    private boolean describe(ByteBuf in, int start, int length) {
        byte kind = kind(in, start, length, "DESCRIBE");
        String name = name(in, start + HEADER + 1, start + length - 1);
        if (kind == 'S') {
            return describeStatement(statement(name));
        }
        BackendConnection cursor = cursor(name);
        if (cursor == null) {
            return describePortal(portal(name), in, start, length);
        }
        if (!settlePending() || !session.switchTo(cursor, null)) {
            return false;
        }
        cursor.send(in.retainedSlice(start, length));
        cursor.expectDescribe(session.out());
        return true;
    }

    private boolean describeStatement(ClientStatement statement) {
        if (pendingParse != statement && !settlePending()) {
            return false;
        }
        if (!currentPlan(statement)) {
            return false;
        }
        session.actions().checkNotFailed(statement.plan());
        if (statement.plan().root() instanceof Plan.LocalReply local) {
            answerPendingParse();
            session.reply(b -> BackendEncoder.parameterDescription(b, RouteExplainer.parameterTypes(statement)));
            session.reply(b -> session.actions().describe(local.action(), b));
            return true;
        }
        Participant participant = session.participant(describingNode(statement.plan().rule()), null);
        if (participant == null) {
            return false;
        }
        BackendConnection backend = participant.backend();
        if (!session.switchTo(backend, null)) {
            return false;
        }
        sendParse(backend, statement);
        FrontendEncoder.describe(backend.stage(), Target.STATEMENT, statement.server().name());
        backend.expectDescribe(session.out());
        return true;
    }

    /** A node that has the statement's tables, before any value says which one has its rows. */
    private int describingNode(NodeRule rule) {
        return switch (rule) {
            case NodeRule.OnNode on -> on.node();
            case NodeRule.Home home -> session.database().catalog().homeNode();
            case NodeRule.PinnedNode pinned -> session.pinnedNode();
            case NodeRule.CursorNode cursor -> session.actions().nodeOfCursor(cursor.cursor());
            case NodeRule.ByKey byKey -> byKey.required() >= 0
                    ? byKey.required()
                    : byKey.required() == NodeRule.PINNED ? session.pinnedNode() : session.describingNode();
            case NodeRule.TransactionNode transaction -> session
                    .preferredNode(session.database().catalog().homeNode());
            case NodeRule.EveryNode every -> session.describingNode();
            case NodeRule.AnyNode any -> session.describingNode();
            case NodeRule.Hinted hinted ->
                hinted.own() == null ? session.describingNode() : describingNode(hinted.own());
        };
    }

    private boolean describePortal(Portal portal, ByteBuf in, int start, int length) {
        if (!settlePending()) {
            return false;
        }
        if (portal.participant() != null) {
            BackendConnection backend = portal.participant().backend();
            if (!session.switchTo(backend, null)) {
                return false;
            }
            backend.send(in.retainedSlice(start, length));
            backend.expectDescribe(session.out());
        } else if (portal.plan().root() instanceof Plan.LocalReply local) {
            session.reply(b -> session.actions().describe(local.action(), b));
        } else {
            pendingDescribe = portal;
        }
        return true;
    }

    /** Answers what was put off, because the next message does not; false when it has to wait. */
    boolean settlePending() {
        try {
            return settlePendingParse() && settlePendingDescribe();
        } catch (ProxyException e) {
            // It has failed now, and must not be tried again before it is refused.
            forgetPending();
            throw e;
        }
    }

    private boolean settlePendingParse() {
        if (pendingParse == null) {
            return true;
        }
        ClientStatement statement = pendingParse;
        if (statement.plan().root() instanceof Plan.LocalReply) {
            answerPendingParse();
            return true;
        }
        Participant participant = session.participant(describingNode(statement.plan().rule()), null);
        if (participant == null || !session.switchTo(participant.backend(), null)) {
            return false;
        }
        sendParse(participant.backend(), statement);
        return true;
    }

    /** Describes a fan-out's portal at one node, when its Execute does not follow. */
    private boolean settlePendingDescribe() {
        if (pendingDescribe == null) {
            return true;
        }
        Portal portal = pendingDescribe;
        int node = ((Destination.Many) portal.destination()).nodes()[0];
        Participant participant = session.participant(node, null);
        if (participant == null || !session.switchTo(participant.backend(), null)) {
            return false;
        }
        pendingDescribe = null;
        BackendConnection backend = participant.backend();
        sendParse(backend, portal.statement());
        NodeMessages.bind(backend.stage(), "", portal.statement().server().name(), portal.values());
        backend.expectBind(ReplySink.DROP);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, "");
        backend.expectDescribe(session.out());
        return true;
    }

    private void answerPendingParse() {
        if (pendingParse != null) {
            ClientStatement statement = pendingParse;
            pendingParse = null;
            session.reply(BackendEncoder::parseComplete, () -> forget(statement));
        }
    }

    // ---- Execute

    private boolean execute(ByteBuf in, int start, int length) {
        int nameEnd = zero(in, start + HEADER, start + length);
        requireEnd(nameEnd + 5, start + length);
        String name = name(in, start + HEADER, nameEnd);
        BackendConnection cursor = cursor(name);
        if (cursor != null) {
            return fetch(cursor, in, start, length);
        }
        Portal portal = portal(name);
        int maxRows = Math.max(0, in.getInt(nameEnd + 1));
        if (pendingDescribe != portal && !settlePending()) {
            return false;
        }
        StatementPlan plan = portal.plan();
        session.actions().checkNotFailed(plan);
        if (portal.participant() != null) {
            BackendConnection backend = portal.participant().backend();
            if (!session.switchTo(backend, null)) {
                return false;
            }
            session.actions().sent(plan, portal.participant());
            backend.send(in.retainedSlice(start, length));
            backend.expectExecute(session.out());
            if (plan.effects().contains(SessionEffect.COPY_IN)) {
                // What follows may be rows: it is taken when the node has said whether it takes them.
                session.await(SessionState.DRAINING, null);
            }
            return true;
        }
        if (session.mustDrain(null)) {
            return false;
        }
        if (plan.root() instanceof Plan.LocalReply) {
            session.routed(Routing.LOCAL, plan);
            session.become(SessionState.ACTIVE);
            session.actions().perform(plan, StatementSource.portal(portal, false), this::goOn);
            return true;
        }
        if (portal.isDone()) {
            session.commandComplete("SELECT 0");
            return true;
        }
        boolean describe = pendingDescribe == portal;
        pendingDescribe = null;
        if (portal.suspended() != null) {
            FanOutRun run = portal.suspended();
            portal.suspended(null);
            run.resume(maxRows);
        } else {
            FanOutRun.start(session, plan, (Destination.Many) portal.destination(),
                    StatementSource.portal(portal, describe), maxRows, this::goOn);
        }
        return true;
    }

    private boolean fetch(BackendConnection cursor, ByteBuf in, int start, int length) {
        session.actions().checkNotFailed(null);
        if (!settlePending() || !session.switchTo(cursor, null)) {
            return false;
        }
        cursor.send(in.retainedSlice(start, length));
        cursor.expectExecute(session.out());
        return true;
    }

    /** A statement that was not a node's affair alone is done: the pipeline goes on. */
    private void goOn() {
        if (session.state() == SessionState.CLOSED) {
            return;
        }
        session.cycle().enterPipeline();
        session.resumeLater();
    }

    // ---- Close, Flush, Sync

    private boolean close(ByteBuf in, int start, int length) {
        byte kind = kind(in, start, length, "CLOSE");
        String name = name(in, start + HEADER + 1, start + length - 1);
        if (!settlePending()) {
            return false;
        }
        if (kind == 'S') {
            ClientStatement closed = name.isEmpty() ? unnamed : statements.remove(name);
            if (name.isEmpty()) {
                unnamed = null;
            }
            session.reply(BackendEncoder::closeComplete, () -> restore(closed));
            return true;
        }
        Portal portal = portals.get(name);
        BackendConnection cursor = cursor(name);
        if (cursor == null && (portal == null || portal.participant() == null)) {
            Portal fanOut = portals.remove(name);
            if (fanOut != null && fanOut.suspended() != null) {
                fanOut.suspended().closeAtNodes();
            }
            drop(fanOut);
            session.reply(BackendEncoder::closeComplete);
            return true;
        }
        BackendConnection backend = cursor != null ? cursor : portal.participant().backend();
        if (!session.switchTo(backend, null)) {
            return false;
        }
        portals.remove(name);
        session.transaction().cursors().remove(name);
        backend.send(in.retainedSlice(start, length));
        backend.expectClose(session.out());
        return true;
    }

    private boolean flush(int length) {
        requireEnd(HEADER, length);
        if (!settlePending()) {
            return false;
        }
        session.flushCurrent();
        return true;
    }

    private boolean sync(int length) {
        if (session.state() != SessionState.SKIPPING && !settlePending()) {
            return false;
        }
        if (length != HEADER) {
            // It ends the pipeline even so.
            if (session.mustDrain(null)) {
                return false;
            }
            session.answerError(ProxyError.PROTOCOL_VIOLATION.with("invalid message format"));
            session.failCycle();
        }
        Transaction transaction = session.transaction();
        if (transaction.participants().size() == 1 && !transaction.isFailed()) {
            Participant only = transaction.participants().getFirst();
            if (only.backend().isUnsynced()) {
                session.cycle().syncOnly(only);
                return true;
            }
        }
        if (session.mustDrain(null)) {
            return false;
        }
        session.cycle().end();
        return true;
    }

    // ---- statements and portals

    private ClientStatement statement(String name) {
        ClientStatement statement = name.isEmpty() ? unnamed : statements.get(name);
        if (statement == null) {
            throw ProxyError.UNDEFINED_PREPARED_STATEMENT
                    .with(name.isEmpty() ? "unnamed prepared statement" : "prepared statement \"" + name + "\"");
        }
        return statement;
    }

    /** Plans again what was planned from an older catalog; false when that has to wait. */
    private boolean currentPlan(ClientStatement statement) {
        if (statement.isPlannedFor(session.database().catalog().version(), session.planKey())) {
            return true;
        }
        StatementPlan plan = plan(statement.sql(), statement.standardConformingStrings());
        if (plan == null) {
            return false;
        }
        if (plan.refusal() != null) {
            throw plan.refusal();
        }
        statement.plan(plan, session.planKey());
        return true;
    }

    private Portal portal(String name) {
        Portal portal = portals.get(name);
        if (portal == null) {
            throw ProxyError.UNDEFINED_PORTAL.with(name);
        }
        return portal;
    }

    /** Where a cursor that SQL has declared lives: to a node it is a portal like any other. Null when there is none. */
    private BackendConnection cursor(String name) {
        Integer node = portals.containsKey(name) ? null : session.transaction().cursors().get(name);
        Participant participant = node == null ? null : session.transaction().at(node);
        return participant == null ? null : participant.backend();
    }

    private void put(Portal portal) {
        drop(portals.put(portal.name(), portal));
    }

    private static void drop(Portal portal) {
        if (portal != null) {
            portal.release();
        }
    }

    private void forget(ClientStatement statement) {
        if (statement.name().isEmpty()) {
            if (unnamed == statement) {
                unnamed = null;
            }
        } else {
            statements.remove(statement.name(), statement);
        }
    }

    private void restore(ClientStatement statement) {
        if (statement != null) {
            if (statement.name().isEmpty()) {
                unnamed = statement;
            } else {
                statements.putIfAbsent(statement.name(), statement);
            }
        }
    }

    /** DEALLOCATE: {@code name} null for all. Returns whether there was one. */
    boolean deallocate(String name) {
        if (name == null) {
            statements.clear();
            return true;
        }
        return statements.remove(name) != null;
    }

    List<String> statementNames() {
        return new ArrayList<>(statements.keySet());
    }

    /** A simple query drops the unnamed statement. */
    void dropUnnamed() {
        unnamed = null;
    }

    /** What was put off is moot: an error came first. */
    void forgetPending() {
        if (pendingParse != null) {
            forget(pendingParse);
            pendingParse = null;
        }
        pendingDescribe = null;
    }

    /** Portals end with their connection. */
    void lost(Participant participant) {
        portals.values().removeIf(portal -> {
            boolean gone = portal.participant() == participant
                    || portal.suspended() != null && portal.suspended().uses(participant);
            if (gone) {
                portal.release();
            }
            return gone;
        });
    }

    /** Portals end with their transaction. */
    void closePortals() {
        if (!portals.isEmpty()) {
            portals.values().forEach(Portal::release);
            portals.clear();
        }
    }

    // ---- bytes

    private static byte kind(ByteBuf in, int start, int length, String message) {
        int end = start + length;
        if (length == HEADER) {
            throw ProxyError.PROTOCOL_VIOLATION.with("insufficient data left in message");
        }
        requireEnd(zero(in, start + HEADER + 1, end) + 1, end);
        byte kind = in.getByte(start + HEADER);
        if (kind != 'S' && kind != 'P') {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid " + message + " message subtype " + (kind & 0xFF));
        }
        return kind;
    }

    /** The last part of a message ends where the message does. */
    private static void requireEnd(int at, int end) {
        if (at != end) {
            throw ProxyError.PROTOCOL_VIOLATION
                    .with(at > end ? "insufficient data left in message" : "invalid message format");
        }
    }

    private static String name(ByteBuf in, int from, int to) {
        return from == to ? "" : in.toString(from, to - from, StandardCharsets.UTF_8);
    }

    /** @throws ProtocolViolation never fatal: the frame itself is sound */
    private static int zero(ByteBuf in, int from, int end) {
        int at = in.indexOf(from, end, (byte) 0);
        if (at < 0) {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid string in message");
        }
        return at;
    }
}
