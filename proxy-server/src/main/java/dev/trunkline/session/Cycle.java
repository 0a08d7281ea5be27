package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.FrontendEncoder;

/**
 * A simple query, or a pipeline up to Sync: everything that one ReadyForQuery answers. Knows how far it has got, and brings
 * its nodes to rest at its end.
 */
final class Cycle {

    private final Session session;

    private boolean inPipeline;
    private boolean inString;
    private boolean erred;
    /** How many statements of a pipeline have been executed in its transaction. */
    private int executed;
    /** Whether the pipeline has begun with a statement that it has not executed yet. */
    private boolean preparing;
    /** How many statements have been begun in pipelines so far. */
    private int prepared;
    private Settings settingsBefore;
    /** Whether its end has been asked for: by the client's Sync, or by the end of a simple query. */
    private boolean ending;
    private int pendingReady;
    private Runnable afterReady;
    private boolean adoptsStatus;

    Cycle(Session session) {
        this.session = session;
    }

    /** The first message of a cycle is at hand. */
    void begin() {
        erred = false;
        executed = 0;
        preparing = false;
        settingsBefore = session.settings().current();
        if (!session.transaction().isExplicit()) {
            session.reported().lasts();
        }
    }

    // ---- what it is

    void enterPipeline() {
        inPipeline = true;
        session.become(SessionState.PIPELINE);
    }

    boolean inPipeline() {
        return inPipeline;
    }

    /** From here on an error ends the cycle, whatever came before. */
    void leavePipeline() {
        inPipeline = false;
    }

    /** Whether a string is run statement by statement, so that no statement of it ends the cycle. */
    void inString(boolean is) {
        inString = is;
    }

    /** Whether the statement at hand is the whole of its simple query. */
    boolean isAlone() {
        return !inString;
    }

    /** Whether what is done without BEGIN is part of an implicit transaction of more than one statement. */
    boolean isPartOfMore() {
        return !session.transaction().isExplicit() && (inPipeline || inString);
    }

    /** A statement of a pipeline is executed. */
    void executes() {
        executed++;
        preparing = false;
    }

    /** A statement of a pipeline is parsed, bound or described. */
    void prepares() {
        if (!preparing) {
            preparing = true;
            prepared++;
        }
    }

    /** Which statement it is that is to be executed: another number than that of any other one not long ago. */
    int prepared() {
        return prepared;
    }

    /** Whether a statement is to be executed in the pipeline: PostgreSQL's statement_timeout runs until it is. */
    boolean isPreparing() {
        return preparing;
    }

    /** Whether the statement at hand is the first of its transaction. */
    boolean isFirst() {
        return executed <= 1 && !inString;
    }

    /** COMMIT or ROLLBACK has ended a transaction: no error of what follows in the cycle undoes what it was for. */
    void transactionEnded() {
        executed = 0;
        settingsBefore = session.settings().current();
        session.reported().lasts();
    }

    /** Those that ROLLBACK without BEGIN goes back to. */
    Settings settingsBefore() {
        return settingsBefore;
    }

    /** Whether the client has had an error in this cycle. */
    boolean hasErred() {
        return erred;
    }

    void erred(boolean has) {
        erred = has;
    }

    boolean isEnding() {
        return ending;
    }

    /** A simple query in the middle of a pipeline: what came before it is not over, and ends with it. */
    boolean hasUnsynced() {
        for (Participant participant : session.transaction().participants()) {
            if (participant.backend().isUnsynced()) {
                return true;
            }
        }
        return false;
    }

    /** The settings that a ROLLBACK of a transaction that begins now goes back to: BEGIN absorbs what came before it. */
    Settings settingsToReturnTo() {
        if (hasUnsynced()) {
            return settingsBefore;
        }
        session.reported().lasts();
        return session.settings().current();
    }

    /** What takes the client's next message, if nothing has to be awaited. */
    SessionState stateForInput() {
        return erred && inPipeline
                ? SessionState.SKIPPING
                : inPipeline ? SessionState.PIPELINE : SessionState.IDLE;
    }

    // ---- waiting for ReadyForQuery

    /** Awaits ReadyForQuery of {@code count} backends; then {@code next} runs, or (null) the cycle is settled. */
    void awaitReady(int count, Runnable next) {
        session.become(SessionState.ACTIVE);
        pendingReady = count;
        afterReady = next;
    }

    /** The next ReadyForQuery tells whether a transaction is open: the client's own transaction control is in the text. */
    void adoptStatus() {
        adoptsStatus = true;
    }

    /** The text does not run at all, so that the node's status tells nothing of the session's transaction. */
    void keepStatus() {
        adoptsStatus = false;
    }

    boolean awaitsReady() {
        return pendingReady > 0;
    }

    /** Whether something comes after the ReadyForQuery that is awaited. */
    boolean goesOn() {
        return afterReady != null;
    }

    /** What comes after the ReadyForQuery that is awaited: {@code next}. */
    void thenGoOn(Runnable next) {
        afterReady = next;
    }

    /** Whether a node's ReadyForQuery is the session's own, word for word. */
    boolean relaysReady(BackendConnection backend, byte nodeStatus) {
        Transaction transaction = session.transaction();
        if (pendingReady != 1 || afterReady != null || session.run() != null || session.reported().hasNews()
                || session.isListening() || transaction.participants().size() != 1) {
            return false;
        }
        if (adoptsStatus || session.actions().ends(backend)) {
            return true;
        }
        return transaction.isExplicit() ? nodeStatus == (transaction.isFailed() ? 'E' : 'T') : nodeStatus == 'I';
    }

    /** A backend that was awaited is at rest. */
    void ready(BackendConnection backend, Participant participant, byte nodeStatus, boolean relayed) {
        pendingReady--;
        if (adoptsStatus) {
            adoptsStatus = false;
            session.actions().adopt(participant, nodeStatus);
        } else if (nodeStatus == 'E') {
            session.transaction().failed(true);
        }
        if (pendingReady > 0) {
            return;
        }
        session.actions().end().readyFrom(backend);
        atRest(relayed);
    }

    /** A backend whose end was awaited is gone, which ends its part as well. */
    void readyByLoss() {
        if (--pendingReady == 0) {
            atRest(false);
        }
    }

    /** No ReadyForQuery comes any more; what was to follow it does. */
    void goOnWithoutReady() {
        pendingReady = 0;
        atRest(false);
    }

    /** No ReadyForQuery comes any more, and nothing follows. */
    void forgetReady() {
        pendingReady = 0;
        afterReady = null;
        adoptsStatus = false;
    }

    /** Every ReadyForQuery that was awaited is there. */
    private void atRest(boolean relayed) {
        Runnable next = afterReady;
        afterReady = null;
        if (next != null) {
            session.guarded(next);
        } else {
            settle(relayed);
        }
    }

    // ---- the end

    /**
     * Ends the cycle: brings every participant to rest, the only writer last, so that nothing is committed before all earlier
     * replies are in (semantics.md 20). Needs the replies to be in.
     */
    void end() {
        ending = true;
        Transaction transaction = session.transaction();
        boolean implicit = !transaction.isExplicit();
        boolean rollback = implicit && transaction.isFailed();
        Participant writer = implicit && !rollback ? transaction.writer() : null;
        int synced = 0;
        for (Participant p : transaction.participants()) {
            if (p.backend().isUnsynced() && p != writer) {
                if (rollback && !p.isAborted()
                        && (p.writes() || p.isPinned() || session.settings().current() != settingsBefore)) {
                    injectRollback(p.backend());
                }
                sync(p, DroppingSink.ENDING);
                p.ending(true);
                synced++;
            } else if (p.isEnding() && p.backend().isBusy()) {
                synced++;
            }
        }
        boolean writerLeft = writer != null && writer.backend().isUnsynced();
        if (synced > 0) {
            awaitReady(synced, writerLeft ? () -> syncWriter(writer) : this::settle);
        } else if (writerLeft) {
            syncWriter(writer);
        } else {
            settle();
        }
    }

    /**
     * A simple query comes where Sync was to come, as asyncpg sends it after Parse, Describe and Flush. If nothing has been executed
     * there is nothing that the query would have to be part of, and it goes to its nodes as it is.
     */
    void syncUnexecuted() {
        if (executed == 0) {
            for (Participant p : session.transaction().participants()) {
                if (p.backend().isUnsynced()) {
                    sync(p, DroppingSink.INJECTED);
                }
            }
        }
    }

    private void syncWriter(Participant writer) {
        writer.committing(true);
        awaitReady(1, this::settle);
        sync(writer, session.out());
    }

    /** The common end: one participant, nothing refused. Its ReadyForQuery may go to the client as it comes. */
    void syncOnly(Participant participant) {
        ending = true;
        participant.committing(!session.transaction().isExplicit() && participant.writes());
        awaitReady(1, null);
        sync(participant, session.out());
    }

    private static void sync(Participant participant, ReplySink sink) {
        FrontendEncoder.sync(participant.backend().stage());
        participant.backend().expectSync(sink);
    }

    /** ROLLBACK in an implicit transaction rolls back all of it, with a warning that nobody sees. */
    private static void injectRollback(BackendConnection backend) {
        OwnStatement.ahead(backend, "ROLLBACK", DroppingSink.ENDING);
    }

    /** Everything is at rest: releases what is no longer needed and says ReadyForQuery. */
    void settle() {
        settle(false);
    }

    /** As above; {@code relayed} when the client has ReadyForQuery from the node. */
    private void settle(boolean relayed) {
        inPipeline = false;
        inString = false;
        ending = false;
        forgetReady();
        session.settlement().cycleEnded(settingsBefore, relayed);
    }
}
