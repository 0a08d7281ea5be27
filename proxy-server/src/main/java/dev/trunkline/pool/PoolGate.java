package dev.trunkline.pool;

/**
 * Whether a database lends connections to its nodes at all, and since when they have to be new: what PAUSE, RESUME and
 * RECONNECT change. Shared by all pools of the database; thread-safe.
 */
public final class PoolGate {

    private volatile boolean paused;
    private volatile long madeAfterNanos = Long.MIN_VALUE;

    public boolean isPaused() {
        return paused;
    }

    /** From now on only transactions under way get connections; the pools have to be told to close what is idle. */
    public void pause() {
        paused = true;
    }

    /** Lends again; the pools have to be told to serve those in line. */
    public void resume() {
        paused = false;
    }

    /** Connections made before now are not lent again. */
    public void reconnect(long nowNanos) {
        madeAfterNanos = nowNanos;
    }

    /** Whether a connection made then may be lent. */
    boolean accepts(long createdNanos) {
        return madeAfterNanos == Long.MIN_VALUE || createdNanos - madeAfterNanos >= 0;
    }
}
