package dev.trunkline.pool;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The permits to hold connections to one node under one login, shared by the pools of all event loops. A pool that finds
 * none left lines up here, and the others give up idle connections for it. Thread-safe.
 */
public final class Quota {

    /** Below 0 after the quota has been made smaller than what is held. */
    private final AtomicInteger free;
    private final AtomicInteger permits;
    private final ConcurrentLinkedQueue<Pool> starving = new ConcurrentLinkedQueue<>();
    private final CopyOnWriteArrayList<Pool> pools = new CopyOnWriteArrayList<>();

    public Quota(int permits) {
        this.free = new AtomicInteger(permits);
        this.permits = new AtomicInteger(permits);
    }

    /** Changes how many permits there are; those that are held stay so until they are given back. */
    public void resize(int newPermits) {
        free.addAndGet(newPermits - permits.getAndSet(newPermits));
        for (Pool next = starving.poll(); next != null; next = starving.poll()) {
            next.permitMayBeFree();
        }
    }

    /** Whether more is held than there may be. */
    boolean isExceeded() {
        return free.get() < 0;
    }

    void join(Pool pool) {
        pools.add(pool);
    }

    boolean tryTake() {
        int n = free.get();
        while (n > 0) {
            if (free.compareAndSet(n, n - 1)) {
                return true;
            }
            n = free.get();
        }
        return false;
    }

    void giveBack() {
        free.incrementAndGet();
        Pool next = starving.poll();
        if (next != null) {
            next.permitMayBeFree();
        }
    }

    /** The pool waits for a permit that others may hold idle. */
    void starve(Pool pool) {
        if (pools.size() == 1) {
            return;
        }
        if (!starving.contains(pool)) {
            starving.add(pool);
        }
        for (Pool other : pools) {
            if (other != pool) {
                other.shedIdle();
            }
        }
    }

    boolean othersStarve() {
        return !starving.isEmpty();
    }
}
