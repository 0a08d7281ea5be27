package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.backend.Undo;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.CommentFreeText;
import dev.trunkline.sql.ConstantText;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Set;

/**
 * Has nodes prepare and describe a session's statements. A statement is prepared at a node when it is needed there. What a node
 * has said of it is remembered until the catalog changes, so that whoever prepares or describes it again needs no node.
 */
final class Preparing {

    private static final int HEADER = 5;
    /** The kinds of statement that mean the same whoever has prepared them: not so FETCH, which means the session's cursor. */
    static final Set<String> ROWS = Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt");

    private final Session session;
    private final TextMeaning meaning;

    Preparing(Session session) {
        this.session = session;
        this.meaning = new TextMeaning(session);
    }

    /** A statement as the session is to know it. Named ones whose texts differ in comments alone are one to the nodes. */
    ClientStatement statement(String name, byte[] sql, int[] types, boolean standardStrings, StatementPlan plan,
            PlanKey names) {
        if (name.isEmpty()) {
            return new ClientStatement(name, sql, ServerStatement.unnamed(sql, types), standardStrings, plan, names);
        }
        ServedDatabase database = session.database();
        byte[] text = CommentFreeText.of(sql, standardStrings);
        // Nobody else knows the tables and types that an open transaction has made, nor are they those of the same names before.
        // And what 'now' means was settled for others when they prepared.
        ServerStatement server = ROWS.contains(plan.kind()) && !session.settings().isCatalogChanging()
                && !ConstantText.namesMoment(text, standardStrings)
                        ? database.statementNames().named(text, types, database.schema(),
                                meaning.now(ConstantText.isIn(text)))
                        : database.statementNames().own(text, types);
        return new ClientStatement(name, text == sql ? server.sql() : sql, server, standardStrings, plan, names);
    }

    /** After a change of the schema, or of what its text means, the nodes know the statement by another name. */
    void renew(ClientStatement statement) {
        ServerStatement server = statement.server();
        if (server.isShared() && !isCurrent(statement)) {
            statement.server(session.database().statementNames().named(server.sql(), server.parameterTypes(),
                    session.database().schema(), meaning.now(statement.hasConstants())));
        }
    }

    private boolean isCurrent(ClientStatement statement) {
        return statement.server().schema() == session.database().schema()
                && statement.server().meaning() == meaning.now(statement.hasConstants());
    }

    /** What a node has said of the statement, if that still holds; otherwise null. */
    private ServerStatement.Accepted accepted(ClientStatement statement) {
        ServerStatement server = statement.server();
        return !server.isShared() || !isCurrent(statement) || !statement.planKey().tempTables().isEmpty()
                || !statement.planKey().equals(session.planKey())
                        ? null
                        : server.accepted();
    }

    /** Whether a node need not be asked whether the statement is right. */
    boolean isAccepted(ClientStatement statement) {
        return accepted(statement) != null;
    }

    /** How many columns a node has said that it returns, 0 for none and where nobody knows. */
    int columns(ClientStatement statement) {
        ServerStatement.Accepted said = accepted(statement);
        return said == null || said.description() == null ? 0 : shape(said).columns().size();
    }

    /** Whether the types of its parameters are known from a node. */
    boolean isDescribed(ClientStatement statement) {
        ServerStatement.Accepted said = accepted(statement);
        return said != null && said.description() != null;
    }

    /** Describes the statement from what a node has said of it; false when that isn't known. */
    boolean describeFromMemory(ClientStatement statement) {
        ServerStatement.Accepted said = accepted(statement);
        if (said == null || said.description() == null) {
            return false;
        }
        session.replies().add(b -> b.writeBytes(said.description()));
        statement.told(shape(said));
        return true;
    }

    private static ResultShape shape(ServerStatement.Accepted said) {
        ByteBuf description = Unpooled.wrappedBuffer(said.description());
        return ResultShape.of(description.skipBytes(1 + description.getInt(1)));
    }

    /**
     * Sees to it that a client which was told the columns of a statement gets no others: PostgreSQL, too, refuses to
     * execute a prepared statement whose result has changed. False when a node has to be asked first; the message is
     * offered again then.
     *
     * @param executed what the statement executes: itself, but for an EXECUTE
     * @throws dev.trunkline.error.ProxyException 0A000
     */
    boolean returnsWhatWasTold(ClientStatement statement, ClientStatement executed) {
        if (!statement.isToldOfOther(executed) || !executed.planKey().tempTables().isEmpty()) {
            return true;
        }
        ServerStatement.Accepted said = accepted(executed);
        if (said != null && said.description() != null) {
            if (!statement.stillReturns(shape(said), executed)) {
                throw ProxyError.RESULT_TYPE_CHANGED.with();
            }
            return true;
        }
        BackendConnection backend = describingAt(executed, null);
        if (backend != null) {
            at(backend, executed);
            describe(backend, executed, false);
            session.replies().mustDrain(null);
        }
        return false;
    }

    /** The connection that a statement is described at, or null when it has to be waited for. */
    BackendConnection describingAt(ClientStatement statement, Runnable next) {
        Participant participant = session.participant(session.nodes().describing(statement.plan().rule()), next);
        return participant == null || !session.replies().switchTo(participant.backend(), next)
                ? null
                : participant.backend();
    }

    /** Where the description of a portal goes: what a client is told of a statement for the first time is remembered. */
    ReplySink describingPortal(Portal portal) {
        ReplySink sink = portal.sink(session.out());
        return portal.executed().server().name().isEmpty() || portal.bound().hasBeenTold()
                ? sink
                : new ToldSink(sink, portal.bound(), portal.executed());
    }

    /** The parameters' types as a node has described them, null if they aren't known. */
    int[] describedTypes(ClientStatement statement) {
        ServerStatement.Accepted said = accepted(statement);
        if (said != null && said.description() != null) {
            statement.describedTypes(parameterTypes(said.description()));
        }
        return statement.describedTypes();
    }

    /** The columns' types likewise, {@link ClientStatement#NO_ROWS} for none. */
    int[] describedColumns(ClientStatement statement) {
        ServerStatement.Accepted said = accepted(statement);
        if (said != null && said.description() != null) {
            statement.describedColumns(columnTypes(said.description()));
        }
        return statement.describedColumns();
    }

    /** @param description a ParameterDescription, and a RowDescription or NoData */
    static int[] columnTypes(byte[] description) {
        ByteBuf columns = Unpooled.wrappedBuffer(description)
                .skipBytes(1 + Unpooled.wrappedBuffer(description).getInt(1));
        return columns.getByte(columns.readerIndex()) == MessageTypes.NO_DATA
                ? ClientStatement.NO_ROWS
                : ResultShape.of(columns).types();
    }

    /** @param description begins with a whole ParameterDescription */
    static int[] parameterTypes(byte[] description) {
        // Of more than 65,535 parameters the message has all, and no number.
        ByteBuf message = Unpooled.wrappedBuffer(description);
        int[] types = new int[(message.getInt(1) - Integer.BYTES - Short.BYTES) / Integer.BYTES];
        for (int i = 0; i < types.length; i++) {
            types[i] = message.getInt(HEADER + Short.BYTES + i * Integer.BYTES);
        }
        return types;
    }

    /** Has a node have a statement of our own. */
    void at(BackendConnection backend, ServerStatement own) {
        if (!backend.has(own)) {
            backend.parse(own, ReplySink.DROP, null);
        } else {
            look(backend, own, true);
        }
    }

    /** Sees to it that a node has the statement, without a reply to the client. */
    void at(BackendConnection backend, ClientStatement statement) {
        at(backend, statement, false, null);
    }

    /**
     * Sees to it that a node has the statement.
     *
     * @param owed whether the client awaits ParseComplete
     * @param ifSkipped run when an earlier error makes the node skip it
     */
    void at(BackendConnection backend, ClientStatement statement, boolean owed, Undo ifSkipped) {
        ServerStatement server = statement.server();
        if (backend.has(server)) {
            if (owed) {
                session.replies().add(BackendEncoder::parseComplete, ifSkipped);
            }
            return;
        }
        backend.parse(server, sink(statement, owed), ifSkipped);
    }

    /**
     * As above, for an EXECUTE of the statement that comes next in the extended protocol. The node looks at what it executes only
     * when it runs it, and the client has had answers then: so it is made to look at it before.
     *
     * @param anyColumns whether the client takes any columns, or relies on those that it knows
     */
    void at(BackendConnection backend, ClientStatement executed, boolean anyColumns) {
        ServerStatement server = executed.server();
        if (!backend.has(server)) {
            at(backend, executed);
        } else {
            look(backend, server, anyColumns);
        }
    }

    /** Has a node look at a statement that it has, if that is the first that it is asked for. */
    private static void look(BackendConnection backend, ServerStatement server, boolean anyColumns) {
        if (backend.usesKnown(server, anyColumns)) {
            FrontendEncoder.describe(backend.stage(), Target.STATEMENT, server.name());
            backend.expectDescribe(ReplySink.DROP);
        }
    }

    private ReplySink sink(ClientStatement statement, boolean owed) {
        ServerStatement server = statement.server();
        if (!server.name().isEmpty() && (statement.isCommented() || !isAccepted(statement))) {
            return new PreparingSink(session, statement, owed);
        }
        return owed ? session.out() : ReplySink.DROP;
    }

    /** Has a node that has the statement describe it, to the client or only to us. */
    void describe(BackendConnection backend, ClientStatement statement, boolean forClient) {
        ServerStatement server = statement.server();
        if (!server.name().isEmpty() && backend.has(server)) {
            // It tells the parameters before it finds out about the columns.
            look(backend, server, true);
        }
        FrontendEncoder.describe(backend.stage(), Target.STATEMENT, server.name());
        backend.expectDescribe(server.name().isEmpty()
                ? session.out()
                : new PreparingSink(session, statement, forClient));
    }
}
