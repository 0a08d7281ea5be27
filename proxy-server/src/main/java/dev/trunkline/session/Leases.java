package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.Waiter;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The backend connections that a session holds: leased when a transaction needs a node, returned when it ends, kept beyond
 * it only while something on the connection belongs to the session (temp tables, session locks, held cursors).
 */
final class Leases implements Waiter {

    private final Session session;
    private final Worker worker;
    private final SessionIdentity identity;
    private final Pool[] pools;
    private int acquiring = -1;
    private BackendConnection acquired;
    private ProxyException refusal;
    private boolean asking;
    /** While a statement goes on with the connection that it has waited for. */
    private boolean handedOver;
    private boolean distrusted;
    private long askedNanos;
    private int rotation;

    Leases(Session session, Worker worker, SessionIdentity identity) {
        this.session = session;
        this.worker = worker;
        this.identity = identity;
        this.pools = new Pool[identity.database().nodes().size()];
        this.rotation = identity.processId();
    }

    private Pool pool(int node) {
        Pool pool = pools[node];
        if (pool == null) {
            pool = worker.pool(identity.database(), identity.database().poolKey(node, identity.logins().get(node),
                    identity.user(), identity.pool()));
            pools[node] = pool;
        }
        return pool;
    }

    /**
     * A node for statements that any can answer: in turns, leaving out those that don't answer. A statement that has waited
     * for one keeps to it, but for a node that turned out to be down.
     */
    int anyNode() {
        if (acquiring >= 0 && (refusal == null || !isAboutTheNode(refusal))) {
            return acquiring;
        }
        int n = pools.length;
        for (int i = 0; i < n; i++) {
            int node = Math.floorMod(rotation + i, n);
            if (!pool(node).isSuspect() && identity.database().unverified(node) == null) {
                rotation = node + 1;
                return node;
            }
        }
        for (int i = 0; i < n; i++) {
            int node = Math.floorMod(rotation + i, n);
            if (node != acquiring && !pool(node).isDown() && identity.database().unverified(node) == null) {
                rotation = node + 1;
                return node;
            }
        }
        return acquiring >= 0 ? acquiring : identity.database().catalog().homeNode();
    }

    private static boolean isAboutTheNode(ProxyException why) {
        return why.error() == ProxyError.NODE_DOWN || why.error() == ProxyError.NODE_LOGIN_FAILED;
    }

    /** The home node while it can be reached, otherwise any: what is described there has the OIDs that clients know. */
    int homeOrAnyNode() {
        int home = identity.database().catalog().homeNode();
        return pool(home).isDown() ? anyNode() : home;
    }

    /** The participant at a node, begun and with the session's settings; null when the session has to wait. */
    Participant participant(int node, Runnable next) {
        Transaction transaction = session.transaction();
        Participant participant = transaction.at(node);
        if (participant == null) {
            if (transaction.isBroken() && refusal == null) {
                // It would be another transaction there than the one that was lost.
                session.actions().checkNotFailed(null);
                session.nodeEvents().refuseAfterLoss();
            }
            checkSnapshot(transaction, node);
            // A node that joins may have something to say, which must not come into the middle of another one's rows.
            if (session.replies().mustDrain(next)) {
                return null;
            }
            BackendConnection backend = acquire(node, next);
            if (backend == null) {
                return null;
            }
            participant = join(backend, pool(node));
        } else {
            giveBackUnused(node);
        }
        if (session.isListening() && !session.listening().knowsAll(participant, next)) {
            return null;
        }
        if (participant.isUntouched() && !applied(participant, transaction, next)) {
            return null;
        }
        if (participant.isUntouched()) {
            participant.backend().encoding(SessionSettings.encodingOf(participant.settingsBefore()));
        }
        if (transaction.isExplicit() && !participant.isBegun()) {
            checkSnapshot(transaction, node);
            begin(participant, transaction);
        } else if (participant.isUntouched() && !transaction.journal().isEmpty()) {
            replay(participant, transaction);
        }
        participant.backend().encoding(session.settings().clientEncoding());
        return participant;
    }

    /** Sees to it that the session's settings are in force; false when that has to be awaited. */
    private boolean applied(Participant participant, Transaction transaction, Runnable next) {
        BackendConnection backend = participant.backend();
        Settings wanted = transaction.isExplicit() ? transaction.settingsBefore() : session.settings().current();
        participant.settingsBefore(wanted);
        String difference = wanted.difference(backend.settings());
        if (difference == null) {
            // They say the same; from now on they are the same.
            backend.settings(wanted);
            return true;
        }
        session.waiting().forSettings(backend, wanted, difference, next);
        return false;
    }

    private void checkSnapshot(Transaction transaction, int node) {
        if (!transaction.needsSnapshot()) {
            return;
        }
        for (Participant other : transaction.participants()) {
            if (other.node() != node && other.isUsed()) {
                throw ProxyError.NOT_OVER_NODES.with("a REPEATABLE READ or SERIALIZABLE transaction",
                        "Keep the transaction to one shard key, or use READ COMMITTED.");
            }
        }
    }

    private BackendConnection acquire(int node, Runnable next) {
        if (acquiring != node) {
            giveBackUnused(node);
            identity.database().requireVerified(node);
            BackendConnection backend = pool(node).tryAcquire(isUnderWay());
            if (backend != null) {
                return backend;
            }
            ask(node);
        }
        if (acquired != null && !acquired.isOpen()) {
            pool(node).releaseUnlent(acquired);
            acquired = null;
            ask(node);
        }
        if (refusal != null) {
            ProxyException why = refusal;
            refusal = null;
            acquiring = -1;
            throw why;
        }
        if (acquired == null) {
            session.waiting().forConnection(next, askedNanos);
            return null;
        }
        BackendConnection backend = acquired;
        acquired = null;
        acquiring = -1;
        return backend;
    }

    private boolean isUnderWay() {
        return !session.transaction().participants().isEmpty();
    }

    private void ask(int node) {
        acquiring = node;
        asking = true;
        askedNanos = System.nanoTime();
        pool(node).await(this, isUnderWay(), askedNanos);
        asking = false;
    }

    /** The statement that waits is given up by its client: it fails as if no connection had become free. */
    void cancelWait(ProxyException why) {
        if (acquiring >= 0 && acquired == null && refusal == null) {
            pool(acquiring).withdraw(this);
            refused(why);
        }
    }

    /** Nothing is waited for any more. */
    void stopWaiting() {
        giveBackUnused(-1);
    }

    /** A connection that was waited for and is no longer wanted, because the statement was bound to another node. */
    private void giveBackUnused(int node) {
        if (acquiring >= 0 && acquiring != node) {
            if (acquired != null) {
                pool(acquiring).releaseUnlent(acquired);
                acquired = null;
            } else if (refusal == null) {
                pool(acquiring).withdraw(this);
            }
            refusal = null;
            acquiring = -1;
        }
    }

    @Override
    public void granted(BackendConnection connection) {
        acquired = connection;
        if (!asking) {
            handedOver = true;
            try {
                session.waiting().over();
            } finally {
                handedOver = false;
            }
        }
    }

    @Override
    public void refused(ProxyException why) {
        refusal = why;
        if (why.error() == ProxyError.NODE_DOWN) {
            identity.database().suspect(acquiring);
        }
        if (!asking) {
            session.waiting().over();
        }
    }

    @Override
    public void waitsLong(ProxyException why) {
        session.replies().notice(ErrorFields.of("NOTICE", why));
        session.out().flush();
    }

    private Participant join(BackendConnection backend, Pool pool) {
        backend.lend(session.nodeEvents());
        Participant participant = new Participant(backend, pool, Settings.NONE);
        session.transaction().participants().add(participant);
        if (!session.out().isWritable()) {
            backend.reading(false);
        }
        return participant;
    }

    /** Tells a node that joins an implicit transaction what has been set for as long as that lasts. */
    private static void replay(Participant participant, Transaction transaction) {
        for (Transaction.JournalEntry entry : transaction.journal()) {
            if (entry.sql() != null) {
                OwnStatement.run(participant.backend(), entry.sql(), DroppingSink.TELLING);
            }
        }
    }

    /**
     * Tells a node that joins an explicit transaction what has been said so far. The reply is not awaited, so BEGIN goes in the
     * extended protocol: after an error (it can be cancelled, too) the node skips what follows, and runs nothing outside of it.
     */
    private static void begin(Participant participant, Transaction transaction) {
        participant.begun(true);
        BackendConnection backend = participant.backend();
        boolean atRest = backend.isAtRest();
        OwnStatement.ahead(backend, transaction.beginSql(), DroppingSink.BEGINNING);
        for (Transaction.JournalEntry entry : transaction.journal()) {
            if (entry.sql() != null) {
                OwnStatement.ahead(backend, entry.sql(), DroppingSink.INJECTED);
            }
        }
        FrontendEncoder.flush(backend.stage());
        if (atRest) {
            backend.hasBegun();
        }
    }

    /** Notes what a statement leaves on its connection. */
    void note(Participant participant, Set<SessionEffect> effects) {
        for (SessionEffect effect : effects) {
            switch (effect) {
                case TEMP_TABLE, SESSION_LOCK, HOLD_CURSOR, LIBRARY -> {
                    session.numbers().forgetOthers(participant);
                    participant.pin(effect);
                    participant.runsCode();
                }
                case HIDDEN_SETTING -> hiddenSetting(participant);
                case TAINT -> participant.runsCode();
                case CATALOG_CHANGE -> session.settings().catalogChanges();
                case SETTING, NO_TRANSACTION_BLOCK, COPY_IN, COPY_OUT -> {
                    // Nothing is left behind.
                }
            }
        }
    }

    /** A setting of which only the node knows: the session stays with it, unless a rollback takes it back. */
    void hiddenSetting(Participant participant) {
        if (!participant.isPinnedFor(SessionEffect.HIDDEN_SETTING)) {
            session.transaction().hidden();
            session.numbers().forgetOthers(participant);
        }
        participant.pin(SessionEffect.HIDDEN_SETTING);
        participant.runsCode();
    }

    /** The transaction, or what came after a savepoint, is undone, and {@code hidden} says whether such settings were in it. */
    void settingsUndone(boolean hidden) {
        if (hidden) {
            session.transaction().participants().forEach(p -> p.unpin(SessionEffect.HIDDEN_SETTING));
        }
    }

    /** Whether a node takes less than it is sent: what the client sends next has to wait. */
    boolean isNodeFull() {
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            if (!participants.get(i).backend().isWritable()) {
                return true;
            }
        }
        return false;
    }

    boolean hasPinned() {
        return pinned() != null;
    }

    Participant pinned() {
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            if (participants.get(i).isPinned()) {
                return participants.get(i);
            }
        }
        return null;
    }

    /** What pins the session, in words; null when nothing does. */
    String pinnedFor() {
        Participant participant = pinned();
        return participant == null ? null : participant.pinnedFor();
    }

    int pinnedNode() {
        Participant participant = pinned();
        return participant == null ? identity.database().catalog().homeNode() : participant.node();
    }

    /** Ends every pin: after DISCARD ALL. */
    void unpin() {
        for (Participant participant : session.transaction().participants()) {
            participant.unpin();
        }
    }

    /** Whether the session keeps its connections until its client leaves. */
    boolean keepsAll() {
        return identity.poolMode() == PoolConfig.Mode.SESSION;
    }

    private boolean keeps(Participant participant) {
        boolean held = keepsAll() || session.isListening() && session.listening().holdsConnections();
        return participant.isPinned()
                || held && participant.backend().isOpen() && !participant.backend().isUnsynced();
    }

    /** Returns every connection that nothing keeps. */
    void releaseAll() {
        giveBackUnused(-1);
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            Participant p = participants.get(i);
            if (p.reportedBefore() != null) {
                ReportedChanges.adopt(session, p.backend(), p.reportedBefore(), keeps(p));
            }
        }
        if (participants.size() == 1 && !keeps(participants.getFirst())) {
            Participant only = participants.getFirst();
            participants.clear();
            only.backend().reading(true);
            only.pool().release(only.backend());
            return;
        }
        for (Iterator<Participant> i = participants.iterator(); i.hasNext();) {
            Participant participant = i.next();
            if (keeps(participant)) {
                session.numbers().ended(participant);
                participant.ended();
            } else {
                i.remove();
                session.numbers().left(participant);
                participant.backend().reading(true);
                participant.pool().release(participant.backend());
            }
        }
        session.numbers().settled();
    }

    /** A connection has gone by itself. */
    void lost(Participant participant) {
        if (participant != null) {
            session.numbers().left(participant);
            session.transaction().participants().remove(participant);
            participant.pool().release(participant.backend());
        }
    }

    /** Every connection is closed in the end, whatever state it seems to be in. */
    void distrust() {
        distrusted = true;
    }

    /** The client is gone: what runs is cancelled, what is open is rolled back by closing the connection. */
    void abandonAll() {
        if (acquiring >= 0) {
            giveBackUnused(-1);
        }
        List<Participant> participants = session.transaction().participants();
        for (Participant participant : participants.toArray(Participant[]::new)) {
            participants.remove(participant);
            BackendConnection backend = participant.backend();
            backend.reading(true);
            if (keepsAll()) {
                // Sequences, plans and whatever else it has gathered in a whole session.
                backend.taint();
            }
            if (backend.isBusy() || distrusted) {
                worker.connector().cancel(backend);
                backend.takeBack();
                backend.close();
                participant.pool().release(backend);
            } else if (participant.isLast()) {
                backend.takeBack();
                backend.terminate();
                participant.pool().release(backend);
            } else if (backend.transactionStatus() != 'I' && !backend.isUnsynced() && !participant.isPinned()) {
                participant.pool().rollBackAndRelease(backend);
            } else {
                participant.pool().release(backend);
            }
        }
    }

    /**
     * Sends the nodes what they are to have. Where statements wait for connections, a node gets the next one's at the end of the
     * loop's turn, with all the others': there is no hurry to wake it.
     */
    void flush() {
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            if (handedOver) {
                participants.get(i).backend().flushSoon();
            } else {
                participants.get(i).backend().flush();
            }
        }
    }
}
