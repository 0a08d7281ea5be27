package dev.trunkline.session;

import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.wire.MessageTypes;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps the names of the session's temp tables true: whatever may have made or dropped one puts them in doubt, and the pinned
 * connection is asked before a name is read again (semantics.md 9).
 */
final class TempTables {

    /** The kinds of statement that neither make nor drop a temp table, but for SELECT INTO, which says so. */
    private static final Set<String> QUERIES = Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt",
            "MergeStmt", "CopyStmt", "ExplainStmt", "VariableShowStmt");

    private final Session session;
    private final Leases leases;
    /** The names of those that are sure to be gone with the transaction. */
    private final Set<String> passing = new HashSet<>(0);
    /** Whether there are, or may be, temp objects that are no tables: functions, types. They have names of their own. */
    private boolean others;
    /** Whether the transaction at hand has dropped some that a rollback brings back. */
    private boolean vanished;
    private boolean inDoubt;

    TempTables(Session session, Leases leases) {
        this.session = session;
        this.leases = leases;
    }

    /** Something may have made or dropped temp tables. */
    void mayHaveChanged() {
        inDoubt |= others || vanished || session.settings().hasTempTables();
    }

    /** Something is about to be made that may be a temp object, or is one that is no table. */
    void madeOther() {
        others = true;
        inDoubt = true;
    }

    /** One is about to be made; {@code untilCommit} with ON COMMIT DROP. */
    void made(String name, boolean untilCommit) {
        if (!untilCommit) {
            passing.remove(name);
        } else if (!session.settings().hasTempTable(name)) {
            passing.add(name);
        }
        session.settings().tempTable(name);
    }

    /** COMMIT or ROLLBACK. */
    void transactionEnded() {
        implicitEnded();
        mayHaveChanged();
    }

    /** A transaction is over: the session is free where all of its temp tables were for that alone. */
    void implicitEnded() {
        if (vanished) {
            vanished = false;
            passing.clear();
            inDoubt = true;
        }
        if (passing.isEmpty()) {
            return;
        }
        Set<String> left = session.settings().withoutTempTables(passing);
        passing.clear();
        Participant holder = leases.pinned();
        if (left.isEmpty() && !others && holder != null) {
            inDoubt = false;
            holder.unpin(SessionEffect.TEMP_TABLE);
        }
    }

    /** A statement is sent to be executed. */
    void executes(StatementPlan plan) {
        if (!QUERIES.contains(plan.kind())) {
            mayHaveChanged();
        }
    }

    /** Whether the names that a message may use are known; if not, they are being asked for and the message has to wait. */
    boolean knownFor(byte type) {
        return !inDoubt || !readsNames(type) || known();
    }

    private static boolean readsNames(byte type) {
        return switch (type) {
            case MessageTypes.QUERY, MessageTypes.PARSE, MessageTypes.BIND, MessageTypes.DESCRIBE -> true;
            default -> false;
        };
    }

    private boolean known() {
        Participant holder = leases.pinned();
        if (holder == null) {
            none();
            return true;
        }
        if (session.transaction().isFailed()) {
            // Nothing but its end can come, and a node answers no question before.
            return true;
        }
        if (session.replies().mustDrain(null)) {
            return false;
        }
        inDoubt = false;
        TempTableQuestion.ask(session, holder);
        return false;
    }

    /** The answer; {@code more} when there are others than tables. */
    void are(Participant holder, Set<String> names, boolean more) {
        Transaction transaction = session.transaction();
        if (transaction.isExplicit() || holder.backend().isUnsynced()) {
            vanished |= others && !more || session.settings().hasOtherTempTables(names,
                    transaction.hasSavepoint() ? Set.of() : passing);
        }
        session.settings().tempTables(names);
        others = more;
        if (names.isEmpty() && !more && !vanished) {
            holder.unpin(SessionEffect.TEMP_TABLE);
        }
    }

    /** There are none: after DISCARD ALL, or without the connection that had them. */
    void none() {
        passing.clear();
        others = false;
        vanished = false;
        inDoubt = false;
        session.settings().tempTables(Set.of());
    }
}
