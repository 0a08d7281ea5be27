package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.route.Destination;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.PreparedText;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * SQL's EXECUTE in the extended protocol. Its portal is the portal of what it executes: it can be described, and fetched from in
 * parts. Where its arguments have to be evaluated first, that is done when it is executed, as in PostgreSQL; until then it is open.
 */
final class ExecutePortals {

    private final Session session;
    private final ClientStatements statements;
    private final Preparing preparing;
    private final DeferredReplies deferred;

    ExecutePortals(Session session) {
        this.session = session;
        this.statements = session.statements();
        this.preparing = session.preparing();
        this.deferred = session.deferred();
    }

    /** EXECUTE returns what the statement returns that it names. */
    boolean describe(ClientStatement statement, SessionAction.Execute execute) {
        ClientStatement prepared = statements.get(execute.name());
        BackendConnection backend = describing(prepared);
        if (backend == null) {
            return false;
        }
        deferred.answerParse();
        preparing.at(backend, prepared, true);
        ClientStatement atNode = atNode(statement, prepared);
        preparing.at(backend, atNode);
        FrontendEncoder.describe(backend.stage(), Target.STATEMENT, "");
        backend.expectDescribe(new ToldSink(session.out(), statement, prepared));
        return true;
    }

    private BackendConnection describing(ClientStatement prepared) {
        return session.plans().requireCurrent(prepared) ? preparing.describingAt(prepared, null) : null;
    }

    private static ClientStatement atNode(ClientStatement execute, ClientStatement prepared) {
        return prepared.as(PreparedText.ofExecute(execute.sql(), execute.standardConformingStrings())
                .withName(prepared.server().name()), prepared.plan());
    }

    private ExecutedStatement executed(SessionAction.Execute execute, ClientStatement statement,
            ArgumentValues evaluated) {
        byte[] sql = statement.sql();
        boolean standardStrings = statement.standardConformingStrings();
        LexedText lexed = session.worker().lexed();
        lexed.lex(sql, 0, sql.length, standardStrings);
        return ExecutedStatement.of(session, execute, sql, lexed.statementStart(0), lexed.statementEnd(0),
                lexed.fingerprint(0), standardStrings, evaluated, null);
    }

    /**
     * Binds an EXECUTE; false when it has to wait.
     *
     * @param resultFormats their number and the codes, as in the client's Bind
     * @param describedNext whether the client takes any columns
     */
    boolean bind(SessionAction.Execute execute, ClientStatement statement, String portalName, ByteBuf resultFormats,
            boolean describedNext) {
        ExecutedStatement executed = executed(execute, statement, null);
        if (executed == null) {
            return false;
        }
        if (!describedNext && !preparing.returnsWhatWasTold(statement, executed.prepared())) {
            return false;
        }
        if (executed.isOpen() || executed.destination() instanceof Destination.Many) {
            checkFormats(executed.prepared(), resultFormats);
        }
        if (executed.isOpen()) {
            session.portals().requireFree(portalName, null);
            deferred.keep(new Portal(portalName, statement, null, null, resultFormats.copy())
                    .ofFailed(session.transaction().isFailed()));
            return true;
        }
        if (executed.destination() instanceof Destination.Many many) {
            session.portals().requireFree(portalName, null);
            deferred.keep(new Portal(portalName, executed.prepared(), many, null,
                    executed.bindValues(resultFormats, null)));
            return true;
        }
        Participant participant = session
                .participant(session.nodes().of(executed.destination(), executed.plan().sequences()), null);
        if (participant == null || !session.replies().switchTo(participant.backend(), null)) {
            return false;
        }
        BackendConnection backend = participant.backend();
        session.portals().requireFree(portalName, participant);
        session.use(participant, executed.plan(), executed.destination());
        deferred.answerParse();
        ClientStatement atNode = executed.atNode();
        preparing.at(backend, executed.prepared(), describedNext || !statement.hasBeenTold());
        ReplySink sink = executed.sink(session.out());
        backend.parse(atNode.server(), ReplySink.DROP, null);
        NodeMessages.bind(backend.stage(), portalName, "", withoutValues(resultFormats));
        Portal portal = new Portal(portalName, atNode, executed.destination(), participant, null, sink)
                .of(statement, executed.prepared()).configured(executed.configured());
        backend.expectBind(sink, portal);
        session.portals().put(portal);
        return true;
    }

    /** No node counts them before the portal is executed. */
    private void checkFormats(ClientStatement prepared, ByteBuf resultFormats) {
        int formats = resultFormats.getUnsignedShort(resultFormats.readerIndex());
        int columns = preparing.columns(prepared);
        if (formats > 1 && columns > 0 && formats != columns) {
            throw ProxyError.PROTOCOL_VIOLATION
                    .with("bind message has " + formats + " result formats but query has " + columns + " columns");
        }
    }

    private static ByteBuf withoutValues(ByteBuf resultFormats) {
        return Unpooled.buffer(4 + resultFormats.readableBytes()).writeInt(0)
                .writeBytes(resultFormats, resultFormats.readerIndex(), resultFormats.readableBytes());
    }

    /** Describes an open portal: its node knows the columns before it evaluates anything. */
    boolean describe(Portal open) {
        SessionAction.Execute execute = (SessionAction.Execute) open.plan().action();
        ClientStatement prepared = statements.get(execute.name());
        BackendConnection backend = describing(prepared);
        if (backend == null) {
            return false;
        }
        preparing.at(backend, prepared, true);
        preparing.at(backend, atNode(open.statement(), prepared));
        NodeMessages.bind(backend.stage(), OwnStatement.PORTAL, "", withoutValues(open.values()));
        backend.expectBind(ReplySink.DROP, null);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, OwnStatement.PORTAL);
        backend.expectDescribe(new ToldSink(session.out(), open.statement(), prepared));
        FrontendEncoder.close(backend.stage(), Target.PORTAL, OwnStatement.PORTAL);
        backend.expectClose(ReplySink.DROP);
        return true;
    }

    /**
     * Has a node evaluate the arguments of an open portal, and puts the portal of what it executes in its place; false when that
     * has to be awaited.
     */
    boolean open(Portal open) {
        ExecutedStatement executed = executed((SessionAction.Execute) open.plan().action(), open.statement(),
                open.evaluated());
        if (executed == null) {
            return false;
        }
        if (executed.isOpen()) {
            if (open.isDone()) {
                throw ProxyError.PORTAL_CANNOT_BE_RUN.with(open.name());
            }
            executed.evaluate(session, open::evaluated, null);
            return false;
        }
        if (executed.destination() instanceof Destination.Many many) {
            replace(new Portal(open.name(), executed.prepared(), many, null,
                    executed.bindValues(open.values(), null)).boundUnder(session.settings()));
            return true;
        }
        Participant participant = session
                .participant(session.nodes().of(executed.destination(), executed.plan().sequences()), null);
        if (participant == null || !session.replies().switchTo(participant.backend(), null)) {
            return false;
        }
        BackendConnection backend = participant.backend();
        session.use(participant, executed.plan(), executed.destination());
        ClientStatement prepared = executed.prepared();
        if (backend.has(prepared.server())) {
            backend.usesKnown(prepared.server(), !open.statement().hasBeenTold());
        }
        preparing.at(backend, prepared);
        NodeMessages.bind(backend.stage(), open.name(), prepared.server().name(),
                executed.bindValues(open.values(), session.settings().clientEncoding()));
        Portal portal = new Portal(open.name(), executed.atNode(), executed.destination(), participant, null)
                .of(open.statement(), prepared).configured(executed.configured());
        backend.expectBind(ReplySink.DROP, null);
        replace(portal);
        return true;
    }

    /** In place of an open one, which nobody can come back to. */
    private void replace(Portal portal) {
        session.portals().put(portal);
        portal.replaces(null);
    }
}
