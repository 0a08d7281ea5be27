package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;

/**
 * The client's messages as they come: each goes to the protocol it belongs to, is skipped after an error in its pipeline, or is
 * refused. One that can't go on yet is not consumed, and comes again from its beginning. Owned by the session's event loop.
 */
final class Intake {

    private final Session session;
    private final ClientInput input;
    private final Requests requests;
    private final Refusals refusals;
    private final Cycle cycle;
    private final MessagePlans plans;
    private final TempTables tempTables;
    private final NodeEvents nodeEvents;
    private final CopyIn copyIn;
    private final SimpleProtocol simple;
    private final ExtendedProtocol extended;
    /** Why the message at hand is refused once the replies before it are in; null while nothing is known against it. */
    private ProxyException owed;
    /** Why the next message is refused, because it has come too late; null if it has not. */
    private ProxyException overdue;
    /** Whether the message at hand has been offered before, and had to wait. */
    private boolean heldBack;

    Intake(Session session, ClientInput input, Requests requests, CopyIn copyIn) {
        this.session = session;
        this.input = input;
        this.requests = requests;
        this.refusals = session.refusals();
        this.cycle = session.cycle();
        this.plans = session.plans();
        this.tempTables = session.tempTables();
        this.nodeEvents = session.nodeEvents();
        this.copyIn = copyIn;
        this.simple = new SimpleProtocol(session);
        this.extended = new ExtendedProtocol(session);
    }

    /** Takes one whole message; false when it has to wait. */
    boolean accept(byte type, ByteBuf in, int start, int length) {
        if (refusals.wasAnswered()) {
            heldBack = false;
            plans.messageTaken();
            return true;
        }
        boolean consumed;
        if (overdue != null && owed == null) {
            owed = overdue;
        }
        try {
            consumed = owed == null || session.state() == SessionState.SKIPPING
                    ? dispatch(type, in, start, length)
                    : refuseInTurn(type, owed);
        } catch (ProtocolViolation e) {
            if (e.fatal()) {
                throw e;
            }
            consumed = refuseInTurn(type, e.error());
        } catch (ProxyException e) {
            consumed = refuseInTurn(type, e);
        } catch (RuntimeException e) {
            refusals.refuseUnexpected(e);
            consumed = true;
        }
        if (consumed && type == MessageTypes.SYNC && session.state() == SessionState.SKIPPING) {
            // What it was to settle was refused; it ends the pipeline all the same.
            consumed = dispatch(type, in, start, length);
        }
        heldBack = !consumed;
        if (consumed) {
            owed = null;
            overdue = null;
            plans.messageTaken();
        }
        return consumed;
    }

    /**
     * Refuses a message when all earlier ones of its pipeline have been answered: one of them may still fail, and then this
     * one would have been skipped. False when it has to wait; it is offered, and refused, again: what has refused it, a cancel
     * request or the end of a wait, may not do so twice.
     */
    private boolean refuseInTurn(byte type, ProxyException error) {
        if (session.run() != null) {
            // It had its turn when its run began, and what that has sent is to be answered for nobody else.
            refusals.refuse(error);
            session.replies().flushNode();
            return true;
        }
        owed = error;
        if (cycle.inPipeline()) {
            try {
                if (!session.deferred().settle()) {
                    return false;
                }
            } catch (ProxyException earlier) {
                refusals.refuse(earlier);
                return true;
            }
            if (session.replies().mustDrain(null)) {
                return false;
            }
        }
        if (error == overdue && (type == MessageTypes.QUERY || type == MessageTypes.FUNCTION_CALL)) {
            // It ends the pipeline by itself, and no Sync will come.
            cycle.leavePipeline();
        }
        refusals.refuse(error);
        return true;
    }

    /** The next message of the pipeline is refused: it comes too late. */
    void refuseNext(ProxyException why) {
        if (overdue == null) {
            overdue = why;
        }
    }

    private boolean dispatch(byte type, ByteBuf in, int start, int length) {
        SessionState state = session.state();
        switch (type) {
            case MessageTypes.COPY_DATA, MessageTypes.COPY_DONE, MessageTypes.COPY_FAIL -> {
                if (state == SessionState.COPY_IN) {
                    copyIn.frame(type, in.retainedSlice(start, length));
                }
                return true;
            }
            case MessageTypes.TERMINATE -> {
                input.close();
                return true;
            }
            default -> {
                if (state == SessionState.COPY_IN) {
                    return copyIn.interrupted(type);
                }
            }
        }
        if (state == SessionState.SKIPPING && type != MessageTypes.SYNC) {
            return true;
        }
        if (state == SessionState.IDLE && !heldBack) {
            boolean continues = session.transaction().isExplicit();
            requests.begin(continues);
            if (!continues) {
                session.settings().share(session.worker());
            }
            cycle.begin();
        }
        if (nodeEvents.hasUntoldLoss() && !session.transaction().isExplicit()) {
            refusals.refuse(nodeEvents.takeLoss());
            if (type != MessageTypes.SYNC) {
                return true;
            }
        }
        ClientEncoding encoding = session.settings().clientEncoding();
        if (encoding != null && encoding.isMissing()) {
            // A node has set it by itself, and nothing that is said in it could be read.
            input.fatal(ProxyError.UNSUPPORTED_ENCODING.with(encoding.name()));
            return true;
        }
        if (!plans.canSpeak(encoding, null) || !tempTables.knownFor(type)) {
            return false;
        }
        return switch (type) {
            case MessageTypes.QUERY -> simple.query(in, start, length);
            case MessageTypes.FUNCTION_CALL -> simple.functionCall(in, start, length);
            default -> extended.accept(type, in, start, length);
        };
    }
}
