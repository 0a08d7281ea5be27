package dev.trunkline.pool;

import java.util.Iterator;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bound on connections that several pools share: those of one login at a node on all event loops, those of a user, of a
 * database, of a server, or all that there are. A connection takes a permit of each bound that it stands under, and gives
 * them back when it is closed. Thread-safe.
 *
 * <p><b>Turns.</b> A pool that finds no permit lines up here. A permit that is given back goes to the first in line, never
 * to somebody who comes by just then: otherwise the loop that gives one back would take it again at once, for its own
 * sessions, and the others would starve. While anyone is in line, nobody else gets a permit.
 *
 * <p><b>Idle connections.</b> A permit that is held by a connection nobody uses is of no use: the pools are asked one after
 * the other, each on its loop, to close one for whoever is in line.
 */
public final class Budget {

    /** What no bound is; far enough from the end of the numbers that changing it overflows nothing. */
    private static final int UNBOUNDED = 1 << 30;

    private final String key;
    /** Below 0 after the bound has been lowered below what is held. */
    private final AtomicInteger free;
    private final AtomicInteger permits;
    /** The length of {@link #hungry}; raised before a pool is added, so that it is never too low. */
    private final AtomicInteger inLine = new AtomicInteger();
    private final ConcurrentLinkedQueue<Permits> hungry = new ConcurrentLinkedQueue<>();
    private final CopyOnWriteArrayList<Permits> pools = new CopyOnWriteArrayList<>();

    /**
     * @param key the key of the configuration that sets it
     * @param permits null for no bound
     */
    public Budget(String key, Integer permits) {
        int number = permits == null ? UNBOUNDED : permits;
        this.key = key;
        this.free = new AtomicInteger(number);
        this.permits = new AtomicInteger(number);
    }

    /** The key of the configuration that sets the bound. */
    public String key() {
        return key;
    }

    /** How many connections there may be; null without a bound. */
    public Integer bound() {
        int n = permits.get();
        return n == UNBOUNDED ? null : n;
    }

    /** How many connections there are, those included that are being opened. */
    public int held() {
        return permits.get() - free.get();
    }

    /** Changes the bound; permits that are held stay so until they are given back. */
    public void resize(Integer newPermits) {
        int number = newPermits == null ? UNBOUNDED : newPermits;
        free.addAndGet(number - permits.getAndSet(number));
        handOut();
    }

    /** How many more are held than there may be; 0 as a rule. */
    int excess() {
        return Math.max(0, -free.get());
    }

    void join(Permits pool) {
        pools.add(pool);
    }

    /** Takes a permit, unless there is none or somebody waits for one. */
    boolean tryTake() {
        return inLine.get() == 0 && takeFree();
    }

    private boolean takeFree() {
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
        handOut();
    }

    /** Who adds a permit and who lines up both call this afterwards, so that one of the two sees the other. */
    private void handOut() {
        while (inLine.get() > 0 && takeFree()) {
            Permits next = hungry.poll();
            if (next == null) {
                // Somebody is about to line up, and calls this then.
                free.incrementAndGet();
                if (hungry.isEmpty()) {
                    return;
                }
            } else {
                inLine.decrementAndGet();
                next.granted(this);
            }
        }
    }

    /** The pool waits for a permit. */
    void lineUp(Permits pool) {
        inLine.incrementAndGet();
        hungry.add(pool);
        handOut();
    }

    /** The pool needs none any more; one may be on its way to it all the same. */
    void leave(Permits pool) {
        if (hungry.remove(pool)) {
            inLine.decrementAndGet();
        }
    }

    /** Who of the others waits longest for a permit, or null. */
    Permits firstBut(Permits self) {
        if (inLine.get() > 0) {
            for (Permits pool : hungry) {
                if (pool != self) {
                    return pool;
                }
            }
        }
        return null;
    }

    /** Has one of the other pools close an idle connection, if any has one. */
    void seekIdle(Permits seeker) {
        seekIdle(seeker, pools.iterator());
    }

    private void seekIdle(Permits seeker, Iterator<Permits> others) {
        while (others.hasNext()) {
            Permits other = others.next();
            if (other != seeker && hungry.contains(seeker)) {
                other.shedIdle(found -> {
                    if (!found) {
                        seekIdle(seeker, others);
                    }
                });
                return;
            }
        }
    }
}
