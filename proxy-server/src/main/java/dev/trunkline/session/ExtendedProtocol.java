package dev.trunkline.session;

import static dev.trunkline.session.ExtendedMessage.HEADER;
import static dev.trunkline.session.ExtendedMessage.kind;
import static dev.trunkline.session.ExtendedMessage.name;
import static dev.trunkline.session.ExtendedMessage.requireEnd;
import static dev.trunkline.session.ExtendedMessage.text;
import static dev.trunkline.session.ExtendedMessage.types;
import static dev.trunkline.session.ExtendedMessage.zero;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.CString;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * The extended protocol. Parse only makes a statement known to the session; a node learns of it when Bind has found the
 * node, under a name that all sessions share. A Parse or Describe that no Bind follows goes to any node that has the tables.
 */
final class ExtendedProtocol {

    private final Session session;
    private final ClientStatements statements;
    private final Portals portals;
    private final Preparing preparing;
    private final ExecutePortals executions;
    private final Binding binding;
    private final DeferredReplies deferred;

    ExtendedProtocol(Session session) {
        this.session = session;
        this.statements = session.statements();
        this.portals = session.portals();
        this.preparing = session.preparing();
        this.executions = new ExecutePortals(session);
        this.binding = new Binding(session, executions);
        this.deferred = session.deferred();
    }

    /** Takes one message; false when it has to wait. */
    boolean accept(byte type, ByteBuf in, int start, int length) {
        if (!session.cycle().inPipeline()) {
            session.cycle().enterPipeline();
        }
        if (type == MessageTypes.PARSE || type == MessageTypes.BIND || type == MessageTypes.DESCRIBE) {
            session.cycle().prepares();
        }
        return switch (type) {
            case MessageTypes.PARSE -> parse(in, start, length);
            case MessageTypes.BIND -> binding.bind(in, start, length);
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
        if (!deferred.settle()) {
            return false;
        }
        int end = start + length;
        int nameEnd = zero(in, start + HEADER, end);
        String name = text(in, start + HEADER, nameEnd);
        int sqlEnd = zero(in, nameEnd + 1, end);
        int[] types = types(in, sqlEnd + 1, end);
        boolean standardStrings = session.planKey().standardConformingStrings();
        ClientStatement before = name.isEmpty() ? repeated(in, nameEnd + 1, sqlEnd, standardStrings) : null;
        byte[] sql = before != null
                ? before.sql()
                : bytes(in, nameEnd + 1, sqlEnd, session.settings().clientEncoding());
        if (name.isEmpty() && before == null && session.settings().speaksUtf8()
                && !ClientEncoding.isAscii(sql, 0, sql.length)) {
            // It would be refused by its node, but as a statement that is wrong, not as a message that can't be read.
            text(in, nameEnd + 1, sqlEnd);
        }
        try {
            return parse(name, sql, types, standardStrings, before);
        } catch (ProxyException refusal) {
            // A body that can't be read is none: it leaves the unnamed statement.
            if (name.isEmpty()) {
                statements.dropUnnamed();
            }
            throw refusal;
        }
    }

    private boolean parse(String name, byte[] sql, int[] types, boolean standardStrings, ClientStatement before) {
        StatementPlan plan = before != null ? before.plan() : plan(sql, standardStrings);
        if (plan == null) {
            return false;
        }
        if (plan.root() instanceof Plan.LocalReply) {
            // No node will look at it.
            CString.text(Unpooled.wrappedBuffer(sql), 0, sql.length);
        }
        if (plan != StatementPlans.EMPTY) {
            session.actions().checkNotFailed(plan);
        }
        if (plan.refusal() != null) {
            throw plan.refusal();
        }
        statements.requireFree(name);
        ClientStatement statement = preparing.statement(name, sql, types, standardStrings, plan, session.planKey());
        statement.early(plan.action() instanceof SessionAction.Execute execute
                && statements.find(execute.name()) == null);
        deferred.parse(statement);
        return true;
    }

    private static byte[] bytes(ByteBuf in, int from, int to, ClientEncoding encoding) {
        byte[] bytes = new byte[to - from];
        in.getBytes(from, bytes);
        return encoding == null || ClientEncoding.isAscii(bytes, 0, bytes.length)
                ? bytes
                : encoding.toUtf8(bytes, 0, bytes.length);
    }

    /** The unnamed statement that this one replaces, if it says the same: then it need not be read again. */
    private ClientStatement repeated(ByteBuf in, int from, int to, boolean standardStrings) {
        ClientStatement before = statements.find("");
        if (before == null || before.sql().length != to - from || session.settings().clientEncoding() != null
                || before.standardConformingStrings() != standardStrings
                || !before.isPlannedFor(session.database().catalog().version(), session.planKey())) {
            return null;
        }
        byte[] text = session.worker().scratch(to - from);
        in.getBytes(from, text, 0, to - from);
        return Arrays.equals(text, 0, to - from, before.sql(), 0, to - from) ? before : null;
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
            case 1 ->
                session.plans().plan(lexed.fingerprint(0), sql, lexed.statementStart(0), lexed.statementEnd(0), 0);
            default -> throw ProxyError.SYNTAX_ERROR.with("cannot insert multiple commands into a prepared statement");
        };
    }

    // ---- Describe

    private boolean describe(ByteBuf in, int start, int length) {
        byte kind = kind(in, start, length, "DESCRIBE");
        String name = name(in, start, length);
        if (kind == 'S') {
            return describeStatement(statements.get(name));
        }
        BackendConnection cursor = portals.cursor(name);
        if (cursor == null) {
            return describePortal(existing(name), in, start, length);
        }
        if (!deferred.settle() || !session.replies().switchTo(cursor, null)) {
            return false;
        }
        cursor.send(in, start, length);
        cursor.expectDescribe(session.out());
        return true;
    }

    private boolean describeStatement(ClientStatement statement) {
        if (!deferred.settleBut(statement) || !session.plans().requireCurrent(statement)) {
            return false;
        }
        if (statement.plan().root() instanceof Plan.LocalReply local && SessionActions.hasNoRows(local.action())) {
            // It can be described in a failed transaction, too.
            deferred.answerParse();
            session.replies()
                    .add(b -> BackendEncoder.parameterDescription(b, RouteExplainer.parameterTypes(statement)));
            session.replies().add(BackendEncoder::noData);
            return true;
        }
        session.actions().checkNotFailed(statement.plan());
        if (statement.plan().root() instanceof Plan.LocalReply local) {
            if (local.action() instanceof SessionAction.Execute execute && !statement.isEarly()
                    && statements.find(execute.name()) != null) {
                return executions.describe(statement, execute);
            }
            deferred.answerParse();
            session.replies()
                    .add(b -> BackendEncoder.parameterDescription(b, RouteExplainer.parameterTypes(statement)));
            session.replies().add(b -> session.actions().describe(local.action(), null, b));
            return true;
        }
        if (preparing.isDescribed(statement)) {
            deferred.answerParse();
            preparing.describeFromMemory(statement);
            return true;
        }
        BackendConnection backend = preparing.describingAt(statement, null);
        if (backend == null) {
            return false;
        }
        deferred.prepareAt(backend, statement);
        preparing.describe(backend, statement, true);
        return true;
    }

    private boolean describePortal(Portal portal, ByteBuf in, int start, int length) {
        if (!deferred.settle()) {
            return false;
        }
        if (portal.participant() != null) {
            session.actions().checkNotFailed(portal.plan());
            BackendConnection backend = portal.participant().backend();
            if (!session.replies().switchTo(backend, null)) {
                return false;
            }
            backend.send(in, start, length);
            backend.expectDescribe(preparing.describingPortal(portal));
        } else if (portal.isOpen()) {
            session.actions().checkNotFailed(portal.plan());
            return executions.describe(portal);
        } else if (portal.plan().root() instanceof Plan.LocalReply local) {
            session.replies().add(b -> session.actions().describe(local.action(), portal, b));
        } else {
            session.actions().checkNotFailed(portal.plan());
            deferred.describe(portal);
        }
        return true;
    }

    // ---- Execute

    /** One that was lost with its node is not simply missing: the client is told why. */
    private Portal existing(String name) {
        if (portals.find(name) == null && session.transaction().isBroken()) {
            session.actions().checkNotFailed(null);
        }
        return portals.get(name);
    }

    private boolean execute(ByteBuf in, int start, int length) {
        int nameEnd = zero(in, start + HEADER, start + length);
        requireEnd(nameEnd + 5, start + length);
        String name = text(in, start + HEADER, nameEnd);
        BackendConnection cursor = portals.cursor(name);
        if (cursor != null) {
            return fetch(cursor, in, start, length);
        }
        Portal portal = existing(name);
        int maxRows = Math.max(0, in.getInt(nameEnd + 1));
        if ((!deferred.describes(portal) || portal.hasRun()) && !deferred.settle()) {
            return false;
        }
        StatementPlan plan = portal.plan();
        session.actions().checkNotFailed(portal.isOfFailed() || session.transaction().isBroken() ? plan : null);
        if (portal.isOpen()) {
            return executions.open(portal) && execute(in, start, length);
        }
        if (portal.participant() != null) {
            BackendConnection backend = portal.participant().backend();
            if (!session.replies().switchTo(backend, null)) {
                return false;
            }
            session.cycle().executes();
            session.actions().sent(plan, portal.participant(), portal.configured());
            backend.send(in, start, length);
            backend.expectExecute(portal.sink(session.out()));
            if (plan.effects().contains(SessionEffect.COPY_IN)) {
                // What follows may be rows: it is taken when the node has said whether it takes them.
                session.waiting().begin(SessionState.DRAINING, null);
            }
            return true;
        }
        if (session.replies().mustDrain(null)) {
            return false;
        }
        if (plan != StatementPlans.EMPTY) {
            session.cycle().executes();
        }
        if (plan.root() instanceof Plan.LocalReply local) {
            if (portal.isDone()) {
                throw ProxyError.PORTAL_CANNOT_BE_RUN.with(name);
            }
            if (SessionActions.hasNoRows(local.action()) && plan != StatementPlans.EMPTY) {
                portal.done();
            }
            session.routed(Routing.LOCAL, plan);
            session.become(SessionState.ACTIVE);
            session.actions().perform(plan, StatementSource.portal(portal, false), this::goOn);
            return true;
        }
        if (portal.isDone()) {
            session.replies().commandComplete("SELECT 0");
            return true;
        }
        portal.requireEncoding(session.settings());
        boolean describe = deferred.takeDescribe(portal);
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
        if (!deferred.settle() || !session.replies().switchTo(cursor, null)) {
            return false;
        }
        cursor.send(in, start, length);
        cursor.expectExecute(session.out());
        return true;
    }

    /** A statement that was not a node's affair alone is done: the pipeline goes on. */
    private void goOn() {
        if (session.state() == SessionState.CLOSED) {
            return;
        }
        session.cycle().enterPipeline();
        session.waiting().offerLater();
    }

    // ---- Close, Flush, Sync

    private boolean close(ByteBuf in, int start, int length) {
        byte kind = kind(in, start, length, "CLOSE");
        String name = name(in, start, length);
        if (!deferred.settle()) {
            return false;
        }
        if (kind == 'S') {
            ClientStatement closed = statements.remove(name);
            session.replies().add(BackendEncoder::closeComplete, deferred.ofClose(closed));
            return true;
        }
        Portal portal = portals.find(name);
        BackendConnection cursor = portals.cursor(name);
        if (cursor == null && (portal == null || portal.participant() == null)) {
            portals.remove(name);
            session.replies().add(BackendEncoder::closeComplete);
            return true;
        }
        BackendConnection backend = cursor != null ? cursor : portal.participant().backend();
        if (!session.replies().switchTo(backend, null)) {
            return false;
        }
        portals.remove(name);
        backend.send(in, start, length);
        backend.expectClose(session.out());
        return true;
    }

    private boolean flush(int length) {
        requireEnd(HEADER, length);
        if (!deferred.settle()) {
            return false;
        }
        session.replies().flushNode();
        return true;
    }

    private boolean sync(int length) {
        if (session.state() != SessionState.SKIPPING && !deferred.settle()) {
            return false;
        }
        if (length != HEADER) {
            // It ends the pipeline even so.
            if (session.replies().mustDrain(null)) {
                return false;
            }
            session.refusals().answer(ProxyError.PROTOCOL_VIOLATION.with("invalid message format"));
            session.refusals().failCycle();
        }
        Transaction transaction = session.transaction();
        if (transaction.participants().size() == 1 && !transaction.isFailed()) {
            Participant only = transaction.participants().getFirst();
            if (only.backend().isUnsynced()) {
                session.cycle().syncOnly(only);
                return true;
            }
        }
        if (session.replies().mustDrain(null)) {
            return false;
        }
        session.cycle().end();
        return true;
    }
}
