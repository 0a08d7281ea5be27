package dev.trunkline.session;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.TransactionStatus;

/**
 * The ends of what a session does: of a transaction, of what was done without BEGIN, and of a cycle. What is no longer needed
 * is given back, and what hangs on the outcome, settings and channels, takes effect or is undone. Owned by the session's event
 * loop.
 */
final class Settlement {

    private final Session session;
    private final Transaction transaction;
    private final SessionSettings settings;
    private final Cycle cycle;
    private final Leases leases;
    private final Requests requests;

    Settlement(Session session, Leases leases, Requests requests) {
        this.session = session;
        this.transaction = session.transaction();
        this.settings = session.settings();
        this.cycle = session.cycle();
        this.leases = leases;
        this.requests = requests;
    }

    /** COMMIT or ROLLBACK has ended the transaction on the nodes; {@code committed} decides which settings hold. */
    void transactionEnded(boolean committed) {
        if (!committed) {
            settings.restore(transaction.settingsBefore());
            session.reported().takeBack();
            leases.settingsUndone(transaction.hasHidden());
        }
        settings.transactionEnded();
        transaction.speak(settings.clientEncoding());
        for (Participant p : transaction.participants()) {
            if (p.isBegun()) {
                p.backend().settings(committed ? settings.current() : p.settingsBefore());
            }
        }
        session.nodeEvents().takeLoss();
        ended(committed);
    }

    /** COMMIT or ROLLBACK in an implicit transaction. */
    void implicitEnded(boolean committed) {
        if (!committed) {
            undo(cycle.settingsBefore());
            leases.settingsUndone(transaction.hasHidden());
        }
        settings.transactionEnded();
        ended(committed);
    }

    /** What ends with either, in the middle of a cycle; the settings have come to their end before. */
    private void ended(boolean committed) {
        if (session.listening() != null) {
            session.listening().transactionEnded(committed);
        }
        cycle.transactionEnded();
        session.tempTables().transactionEnded();
        transaction.end();
        session.portals().close();
        leases.releaseAll();
        session.replies().complete();
    }

    /** What was done without BEGIN is rolled back: the settings are those before it again. */
    private void undo(Settings before) {
        if (settings.current() == before) {
            return;
        }
        // The nodes have undone some of them, and kept those that were told outside of the transaction.
        Settings doubtful = before.onTheWayTo(settings.current());
        settings.restore(before);
        transaction.participants().forEach(p -> p.backend().settings(doubtful));
        session.reported().takeBack();
    }

    /**
     * The cycle is over: releases what is no longer needed and says ReadyForQuery.
     *
     * @param settingsBefore those at the cycle's beginning
     * @param relayed whether the client has ReadyForQuery from the node
     */
    void cycleEnded(Settings settingsBefore, boolean relayed) {
        session.replies().complete();
        leases.stopWaiting();
        Listening listening = session.listening();
        if (!transaction.isExplicit()) {
            if (listening != null && !listening.isCaughtUp(() -> cycleEnded(settingsBefore, relayed))) {
                return;
            }
            if (transaction.isFailed()) {
                undo(settingsBefore);
            }
            leases.settingsUndone(transaction.isFailed() && transaction.hasHidden());
            settings.transactionEnded();
            session.tempTables().implicitEnded();
            leases.releaseAll();
            if (listening != null) {
                listening.transactionEnded(!transaction.isFailed());
                listening.tell();
            }
            transaction.end();
            session.portals().close();
            if (settings.takeCatalogChange()) {
                session.database().schemaChanged();
            }
        }
        if (!relayed) {
            session.reported().tell(session.out());
            BackendEncoder.readyForQuery(session.out().stage(), status());
        }
        requests.end(cycle.hasErred());
        if (!transaction.isExplicit()) {
            session.nodeEvents().takeLoss();
        }
        session.rest();
    }

    private TransactionStatus status() {
        return !transaction.isExplicit()
                ? TransactionStatus.IDLE
                : transaction.isFailed() ? TransactionStatus.FAILED : TransactionStatus.IN_TRANSACTION;
    }
}
