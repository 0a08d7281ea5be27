package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.Undo;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Plan;
import dev.trunkline.route.Destination;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;

/**
 * Two replies of the extended protocol that are put off until the next message shows where they belong: ParseComplete, which
 * Bind's node should give, and the description of a fan-out's portal, which its Execute gives. Owned by the session's event loop.
 */
final class DeferredReplies {

    private final Session session;
    private final ClientStatements statements;
    private final Preparing preparing;
    private ClientStatement parse;
    /** The unnamed statement before that: a Parse that is skipped has not replaced it. */
    private ClientStatement replaced;
    private Portal describe;

    DeferredReplies(Session session) {
        this.session = session;
        this.statements = session.statements();
        this.preparing = session.preparing();
    }

    /** A Parse has made this statement known, and is owed ParseComplete. */
    void parse(ClientStatement statement) {
        replaced = statements.find("");
        statements.put(statement);
        parse = statement;
    }

    /** A Describe of this portal is owed a description. */
    void describe(Portal portal) {
        describe = portal;
    }

    /** Whether the description that is owed is this portal's. */
    boolean describes(Portal portal) {
        return describe == portal;
    }

    /** Whoever asks gives the description that is owed of this portal, if one is. */
    boolean takeDescribe(Portal portal) {
        boolean owed = describe == portal;
        describe = null;
        return owed;
    }

    /** Gives what is owed, because the next message does not; false when it has to wait. */
    boolean settle() {
        try {
            return settleParse() && settleDescribe();
        } catch (ProxyException e) {
            // It has failed now, and must not be tried again before it is refused.
            forget();
            throw e;
        }
    }

    /** As above, but for this statement's Parse, which the message at hand settles. */
    boolean settleBut(ClientStatement statement) {
        return parse == statement || settle();
    }

    private boolean settleParse() {
        if (parse == null) {
            return true;
        }
        ClientStatement statement = parse;
        if (statement.plan().root() instanceof Plan.LocalReply || preparing.isAccepted(statement)) {
            answerParse();
            return true;
        }
        BackendConnection backend = preparing.describingAt(statement, null);
        if (backend == null) {
            return false;
        }
        prepareAt(backend, statement);
        return true;
    }

    /** Describes a fan-out's portal at one node, when its Execute does not follow. */
    private boolean settleDescribe() {
        if (describe == null) {
            return true;
        }
        Portal portal = describe;
        int node = ((Destination.Many) portal.destination()).nodes()[0];
        Participant participant = session.participant(node, null);
        if (participant == null || !session.replies().switchTo(participant.backend(), null)) {
            return false;
        }
        describe = null;
        BackendConnection backend = participant.backend();
        prepareAt(backend, portal.statement());
        String name = session.portals().unnamedIsAtNode() ? session.portals().nameAtNodes("") : "";
        NodeMessages.bind(backend.stage(), name, portal.statement().server().name(), portal.values());
        backend.expectBind(ReplySink.DROP, null);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, name);
        backend.expectDescribe(session.out());
        if (!name.isEmpty()) {
            FrontendEncoder.close(backend.stage(), Target.PORTAL, name);
            backend.expectClose(ReplySink.DROP);
        }
        return true;
    }

    /** Sees to it that a node has the statement; answers the client's Parse if that is still due. */
    void prepareAt(BackendConnection backend, ClientStatement statement) {
        boolean owed = parse == statement;
        preparing.at(backend, statement, owed, owed ? takeParse() : null);
    }

    /** Answers the client's Parse, if that is still due, without asking a node. */
    void answerParse() {
        if (parse != null) {
            session.replies().add(BackendEncoder::parseComplete, takeParse());
        }
    }

    /** It is about to be answered; gives what is to be done if it isn't. */
    private Undo takeParse() {
        ClientStatement statement = parse;
        ClientStatement before = replaced;
        parse = null;
        replaced = null;
        return refused -> {
            forget();
            statements.undo(statement, before, refused);
        };
    }

    /** A portal that no node has yet: its Bind is answered. */
    void keep(Portal portal) {
        answerParse();
        session.replies().add(BackendEncoder::bindComplete, portal);
        session.portals().put(portal.boundUnder(session.settings()));
    }

    /** What is to be done if the Close of a statement is skipped. */
    Undo ofClose(ClientStatement closed) {
        return refused -> {
            forget();
            statements.restore(closed);
        };
    }

    /** What was put off is moot: an error came first. It is the last that was done, and the first to be undone. */
    void forget() {
        if (parse != null) {
            takeParse().undo(false);
        }
        describe = null;
    }
}
