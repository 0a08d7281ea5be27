package dev.trunkline.session;

import static dev.trunkline.session.ExtendedMessage.HEADER;
import static dev.trunkline.session.ExtendedMessage.text;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.catalog.SequenceCalls;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Bind: finds the node with the values, has it prepare the statement if it hasn't, and binds it there. A statement for several
 * nodes, or for the session itself, keeps its values until it is executed.
 */
final class Binding {

    /** Below this size a message is copied with its new statement name; above, only its head is. */
    private static final int SMALL = 4096;

    private final Session session;
    private final DeferredReplies deferred;
    private final ExecutePortals executions;
    private final BindLayout layout = new BindLayout();

    Binding(Session session, ExecutePortals executions) {
        this.session = session;
        this.executions = executions;
        this.deferred = session.deferred();
    }

    /** Takes a Bind; false when it has to wait. */
    boolean bind(ByteBuf in, int start, int length) {
        ByteBuf body = in.slice(start + HEADER, length - HEADER);
        layout.readNames(body);
        String portalName = text(body, layout.portalStart(), layout.portalEnd());
        ClientStatement statement = session.statements()
                .get(text(body, layout.statementStart(), layout.statementEnd()));
        layout.readValues(body);
        if (!deferred.settleBut(statement) || !session.plans().requireCurrent(statement)) {
            return false;
        }
        StatementPlan plan = statement.plan();
        checkCount(statement);
        session.actions().checkNotFailed(plan);
        if (plan.root() instanceof Plan.LocalReply local) {
            if (local.action() instanceof SessionAction.Execute execute
                    && session.statements().find(execute.name()) != null) {
                if (layout.count() != 0) {
                    throw wrongCount(statement, 0);
                }
                return executions.bind(execute, statement, portalName, resultFormats(body),
                        isDescribedNext(in, start + length));
            }
            session.portals().requireFree(portalName, null);
            deferred.keep(new Portal(portalName, statement, null, null, values(plan, body))
                    .ofFailed(session.transaction().isFailed()));
            return true;
        }
        if (!isDescribedNext(in, start + length)
                && !session.preparing().returnsWhatWasTold(statement, statement)) {
            return false;
        }
        Destination destination = plan.bind(values(statement, body, length - HEADER),
                session.database().destinations());
        if (destination instanceof Destination.Many) {
            layout.checkResultFormats(body);
            if (!deferred.settle()) {
                return false;
            }
            session.portals().requireFree(portalName, null);
            Portal portal = new Portal(portalName, statement, destination, null, values(plan, body));
            if (!hasAllFormats(plan.fanOut().merge())) {
                // The portal is there, for as long as its failed transaction.
                session.portals().put(portal);
                throw ProxyError.PROTOCOL_VIOLATION.with("bind message has " + layout.resultFormatCount()
                        + " result formats but query has " + plan.fanOut().merge().visible() + " columns");
            }
            deferred.keep(portal);
            return true;
        }
        List<ConfiguredSetting> configured = plan.action() instanceof SessionAction.Configure configure
                ? ConfiguredSetting.required(ConfiguredSetting.of(configure, statement, layout, body,
                        session.settings().clientEncoding()), session.database())
                : null;
        SequenceUse sequences = sequences(statement, body);
        Participant participant = session.participant(session.nodes().of(destination, sequences), null);
        if (participant == null || !session.replies().switchTo(participant.backend(), null)) {
            return false;
        }
        BackendConnection backend = participant.backend();
        session.portals().requireFree(portalName, participant);
        session.use(participant, plan, sequences, destination);
        if (!statement.name().isEmpty() && backend.has(statement.server())) {
            backend.usesKnown(statement.server(), !statement.hasBeenTold() || isDescribedNext(in, start + length));
        }
        deferred.prepareAt(backend, statement);
        send(backend, statement.server().name(), in, start, length);
        Portal portal = new Portal(portalName, statement, destination, participant, null).configured(configured);
        backend.expectBind(session.out(), portal);
        session.portals().put(portal);
        return true;
    }

    /** What the statement does with sequences, of which a parameter may name one. */
    private SequenceUse sequences(ClientStatement statement, ByteBuf body) {
        SequenceUse use = statement.plan().sequences();
        if (use.asked() == null || use.asked().parameter() == 0) {
            return use;
        }
        String name = ConfiguredSetting.text(use.asked().parameter(), statement, layout, body,
                session.settings().clientEncoding());
        return use.naming(name == null
                ? null
                : SequenceCalls.named(name, session.database().catalog(), session.planKey().searchPath()));
    }

    /** Whether the client asks for the portal's columns, and so takes what comes. */
    private static boolean isDescribedNext(ByteBuf in, int next) {
        return in.writerIndex() > next + HEADER && in.getByte(next) == MessageTypes.DESCRIBE
                && in.getByte(next + HEADER) == 'P';
    }

    /** Whether there are as many formats as columns, where those are counted because hidden ones follow them. */
    private boolean hasAllFormats(Merge merge) {
        int formats = layout.resultFormatCount();
        return merge.hidden() == 0 || formats <= 1 || formats == merge.visible();
    }

    private ByteBuf resultFormats(ByteBuf body) {
        int from = layout.resultFormatsStart() - 2;
        return body.slice(from, layout.end() - from);
    }

    /** What follows the names of a Bind, where it is needed when the portal is executed; otherwise null. */
    private ByteBuf values(StatementPlan plan, ByteBuf body) {
        boolean needed = !(plan.root() instanceof Plan.LocalReply)
                || plan.action() instanceof SessionAction.ExplainRoute
                || plan.action() instanceof SessionAction.Signal;
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
        if (layout.count() == wanted) {
            return;
        }
        boolean counted = plan.root() instanceof Plan.LocalReply
                ? !(plan.action() instanceof SessionAction.ExplainRoute)
                : Preparing.ROWS.contains(plan.kind()) || wanted == 0 && hasNoParameter(statement);
        if (counted) {
            throw wrongCount(statement, wanted);
        }
    }

    private static boolean hasNoParameter(ClientStatement statement) {
        return LexedText.firstParameter(statement.sql(), 0, statement.sql().length,
                statement.standardConformingStrings()) < 0;
    }

    private RuntimeException wrongCount(ClientStatement statement, int wanted) {
        return ProxyError.PROTOCOL_VIOLATION.with("bind message supplies " + layout.count()
                + " parameters, but prepared statement \"" + statement.name() + "\" requires " + wanted);
    }

    private BoundValues values(ClientStatement statement, ByteBuf body, int size) {
        BoundValues values = session.worker().values();
        Fingerprint literals = statement.plan().readsLiterals() ? literals(statement) : null;
        values.statement(statement.sql(), literals, statement.standardConformingStrings())
                .pinnedNode(session.nodes().pinned()).hint(session.own().hint());
        int count = layout.count();
        if (count > 0 && statement.plan().keyParameters().length > 0) {
            byte[] bytes = session.worker().scratch(size);
            body.getBytes(0, bytes, 0, size);
            ClientEncoding encoding = session.settings().clientEncoding();
            if (encoding == null || ClientEncoding.isAscii(bytes, 0, size)) {
                values.parameters(bytes, layout.starts(), layout.lengths(), layout.formats(), count,
                        statement.server().parameterTypes(), count);
            } else {
                TranscodedValues utf8 = TranscodedValues.of(bytes, layout, statement, encoding);
                values.parameters(utf8.bytes(), utf8.starts(), utf8.lengths(), layout.formats(), count,
                        statement.server().parameterTypes(), count);
            }
        }
        return values;
    }

    private Fingerprint literals(ClientStatement statement) {
        LexedText lexed = session.worker().lexed();
        lexed.lex(statement.sql(), 0, statement.sql().length, statement.standardConformingStrings());
        return lexed.fingerprint(0);
    }

    /** Sends Bind under the name that the node knows the statement by. */
    private void send(BackendConnection backend, String serverName, ByteBuf in, int start, int length) {
        if (serverName.isEmpty() && layout.statementStart() == layout.statementEnd()) {
            backend.send(in, start, length);
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
            backend.send(in, tail, tailLength);
        }
    }
}
