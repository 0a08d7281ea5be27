package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.plan.Access;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.pool.Pool;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A node's part in a transaction: the connection leased for it, and what it has been used for. */
final class Participant {

    /** What of the client's has run at a node. */
    enum Use {
        NONE,
        READ,
        /** Has taken numbers from sequences; its commit comes before the writer's. */
        SEQUENCE,
        /** Holds advisory locks and the like, which end with its commit: it comes after the writer's. */
        HOLD,
        WRITE;

        /** The use after another statement. What would have to commit both before and after the writer is one itself. */
        Use and(Access.Mode mode, boolean explicit) {
            Use next = switch (mode) {
                case READ -> READ;
                case SEQUENCE -> SEQUENCE;
                // The parts of an implicit transaction end before its writer.
                case OUTSIDE_TRANSACTION -> explicit ? HOLD : WRITE;
                case LOCK, WRITE -> WRITE;
            };
            if (this == SEQUENCE && next == HOLD || this == HOLD && next == SEQUENCE) {
                return WRITE;
            }
            return next.compareTo(this) > 0 ? next : this;
        }
    }

    private final BackendConnection backend;
    private final Pool pool;
    /** What the connection goes back to if the transaction is rolled back. */
    private Settings settingsBefore;
    private boolean ending;
    private boolean begun;
    private Use use = Use.NONE;
    private TakenNumbers numbers = TakenNumbers.NONE;
    private final Set<SessionEffect> pinnedFor = EnumSet.noneOf(SessionEffect.class);
    /** What the node reported before code ran here that may have changed settings; null without such code. */
    private Map<String, String> reportedBefore;
    private boolean committing;
    private boolean aborted;
    private boolean heardOut;
    private BitSet virtualShards;

    Participant(BackendConnection backend, Pool pool, Settings settingsBefore) {
        this.backend = backend;
        this.pool = pool;
        this.settingsBefore = settingsBefore;
    }

    BackendConnection backend() {
        return backend;
    }

    Pool pool() {
        return pool;
    }

    int node() {
        return backend.node();
    }

    Settings settingsBefore() {
        return settingsBefore;
    }

    /** The settings that are in force when a transaction begins here. */
    void settingsBefore(Settings settings) {
        settingsBefore = settings;
    }

    /** Whether it has been told the end of its part, and nothing depends on the answer. */
    boolean isEnding() {
        return ending;
    }

    void ending(boolean is) {
        ending = is;
    }

    /** Whether nothing of the transaction at hand has reached it. */
    boolean isUntouched() {
        return !begun && !isUsed() && !backend.isUnsynced() && !backend.isBusy();
    }

    /** Whether it was told BEGIN. */
    boolean isBegun() {
        return begun;
    }

    void begun(boolean is) {
        begun = is;
    }

    boolean writes() {
        return use == Use.WRITE;
    }

    Use use() {
        return use;
    }

    /** What the session has taken from sequences here; only to be read. */
    TakenNumbers numbers() {
        return numbers;
    }

    /** As above, to note more. */
    TakenNumbers takingNumbers() {
        if (numbers == TakenNumbers.NONE) {
            numbers = new TakenNumbers();
        }
        return numbers;
    }

    /** Whether any statement of the client has run here; a SET alone takes no snapshot. */
    boolean isUsed() {
        return use != Use.NONE;
    }

    void use(Use next, int virtualShard) {
        use = next;
        if (virtualShard >= 0) {
            if (virtualShards == null) {
                virtualShards = new BitSet();
            }
            virtualShards.set(virtualShard);
        }
    }

    /** The virtual shards touched here, null when none was named. */
    BitSet virtualShards() {
        return virtualShards;
    }

    /** Whether all is in that others have notified on the connection: what comes from now on is the session's own. */
    boolean isHeardOut() {
        return heardOut;
    }

    void heardOut() {
        heardOut = true;
    }

    /** Whether the session keeps it beyond the transaction. */
    boolean isPinned() {
        return !pinnedFor.isEmpty();
    }

    boolean isPinnedFor(SessionEffect why) {
        return pinnedFor.contains(why);
    }

    /** What the session keeps it for, in words. */
    String pinnedFor() {
        return pinnedFor.stream().map(why -> why.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
    }

    void pin(SessionEffect why) {
        pinnedFor.add(why);
    }

    /** After DISCARD ALL, which unloads nothing. */
    void unpin() {
        pinnedFor.removeIf(why -> why != SessionEffect.LIBRARY);
    }

    /** Whether nobody else may have the connection: nothing takes away what is left on it. */
    boolean isLast() {
        return pinnedFor.contains(SessionEffect.LIBRARY);
    }

    void unpin(SessionEffect why) {
        pinnedFor.remove(why);
    }

    /** Code runs here that may change anything. */
    void runsCode() {
        backend.taint();
        if (reportedBefore == null) {
            reportedBefore = Map.copyOf(backend.parameters());
        }
    }

    Map<String, String> reportedBefore() {
        return reportedBefore;
    }

    /** Whether a commit, or a write that commits by itself, has been sent and not answered. */
    boolean isCommitting() {
        return committing;
    }

    void committing(boolean is) {
        committing = is;
    }

    /** Whether the node itself has reported an error and rolls back by itself. */
    boolean isAborted() {
        return aborted;
    }

    void aborted() {
        aborted = true;
    }

    /** A pinned participant after its transaction. */
    void ended() {
        begun = false;
        use = Use.NONE;
        committing = false;
        aborted = false;
        ending = false;
        virtualShards = null;
        reportedBefore = null;
    }
}
