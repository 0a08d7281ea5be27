package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.pool.Pool;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;

/** A node's part in a transaction: the connection leased for it, and what it has been used for. */
final class Participant {

    private final BackendConnection backend;
    private final Pool pool;
    /** What the connection goes back to if the transaction is rolled back. */
    private Settings settingsBefore;
    private boolean ending;
    private boolean begun;
    private boolean writes;
    private boolean read;
    private final Set<SessionEffect> pinnedFor = EnumSet.noneOf(SessionEffect.class);
    private boolean committing;
    private boolean aborted;
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
        return writes;
    }

    /** Whether any statement of the client has run here; a SET alone takes no snapshot. */
    boolean isUsed() {
        return read || writes;
    }

    void uses(boolean write, int virtualShard) {
        read = true;
        writes |= write;
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

    /** Whether the session keeps it beyond the transaction. */
    boolean isPinned() {
        return !pinnedFor.isEmpty();
    }

    void pin(SessionEffect why) {
        pinnedFor.add(why);
    }

    void unpin() {
        pinnedFor.clear();
    }

    void unpin(SessionEffect why) {
        pinnedFor.remove(why);
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
        writes = false;
        read = false;
        committing = false;
        aborted = false;
        ending = false;
        virtualShards = null;
    }
}
