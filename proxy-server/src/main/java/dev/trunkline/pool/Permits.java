package dev.trunkline.pool;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One pool's part in the {@link Budget}s that its connections stand under: takes a permit of each, lines up at the one that
 * is short, and says when a connection should go for somebody else's sake.
 *
 * <p>Confined to the pool's event loop, but for the methods at the end, which budgets call.
 */
final class Permits {

    /** For how long somebody else has to have waited before it comes before our own line. */
    private static final long HEAD_START_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** About what opening a connection takes: for less it is not worth closing another one. */
    private static final long LOGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Where there are fewer connections than pools that want one, each pool uses one for as long before it gives it up. */
    private static final long TENURE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final EventLoop loop;
    /** From the narrowest to the widest. */
    private final Budget[] budgets;
    private final Runnable freed;
    private final BooleanSupplier closeIdle;
    /** The budget at which this pool is in line, or null. */
    private Budget hungryAt;
    /** The budget that was short last, or null. */
    private Budget shortOf;
    /** A permit of this budget has been handed over and not been used yet. */
    private Budget reserved;
    private boolean seeking;
    /** A connection is being closed for somebody else, and counts as ours until it is. */
    private boolean yielding;
    /** For how many connections there are permits. Written on the loop only. */
    private volatile int held;
    /** Since when the first in the pool's line has waited, while it is in line here. Written on the loop only. */
    private volatile long hungrySinceNanos;

    /**
     * @param freed called when a permit has come for which this was in line
     * @param closeIdle closes a connection that nobody of the pool wants, and says whether there was one
     */
    Permits(EventLoop loop, List<Budget> budgets, Runnable freed, BooleanSupplier closeIdle) {
        this.loop = loop;
        this.budgets = budgets.toArray(Budget[]::new);
        this.freed = freed;
        this.closeIdle = closeIdle;
        budgets.forEach(budget -> budget.join(this));
    }

    /** For how many connections there are permits: those that there are and those that are being opened. */
    int held() {
        return held;
    }

    /** How many connections too many there are, after a budget has become smaller. */
    int excess() {
        int excess = 0;
        for (Budget budget : budgets) {
            excess = Math.max(excess, budget.excess());
        }
        return excess;
    }

    /** The budget that is waited for; null for none. */
    Budget hungryAt() {
        return hungryAt;
    }

    /** The budget that is waited for or was short last; null when none ever was. */
    Budget shortOf() {
        return hungryAt != null ? hungryAt : shortOf;
    }

    /** Takes a permit of every budget; otherwise none, and {@link #lineUp} is the way. */
    boolean take() {
        for (int i = 0; i < budgets.length; i++) {
            if (budgets[i] == reserved) {
                reserved = null;
            } else if (!budgets[i].tryTake()) {
                shortOf = budgets[i];
                for (int taken = 0; taken < i; taken++) {
                    budgets[taken].giveBack();
                }
                return false;
            }
        }
        held++;
        return true;
    }

    void giveBack() {
        held--;
        yielding = false;
        for (Budget budget : budgets) {
            budget.giveBack();
        }
    }

    /** Waits at the budget that was short. */
    void lineUp(long sinceNanos) {
        hungrySinceNanos = sinceNanos;
        if (hungryAt != shortOf) {
            leave();
            hungryAt = shortOf;
            hungryAt.lineUp(this);
        }
        if (held == 0) {
            hungryAt.seekIdle(this);
        } else if (!seeking) {
            // Perhaps one of our own comes back sooner than a log-in takes.
            seeking = true;
            loop.schedule(() -> {
                seeking = false;
                if (hungryAt != null) {
                    hungryAt.seekIdle(this);
                }
            }, LOGIN_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    /** Waits no longer. */
    void leave() {
        if (hungryAt != null) {
            hungryAt.leave(this);
            hungryAt = null;
        }
    }

    /**
     * Whether a connection that has come back should be closed, so that another pool can open one in its place.
     *
     * @param createdNanos when it was opened
     * @param first the first in our own line; null when nobody waits
     */
    boolean yields(long createdNanos, WaitLine.Place first) {
        for (Budget budget : budgets) {
            if (budget.excess() > 0) {
                return true;
            }
            Permits other = budget.firstBut(this);
            if (other != null && !yielding && yieldsTo(other, createdNanos, first)) {
                // To the end of the line: otherwise the permit might come straight back.
                leave();
                yielding = true;
                return true;
            }
        }
        return false;
    }

    /**
     * Nobody waits here: it goes to a pool that has none, and to another one when that has waited for longer than opening it
     * takes. Somebody waits here: only to one who has waited for longer, and only until both pools have as many; where there are
     * too few for one each, they take turns.
     */
    private boolean yieldsTo(Permits other, long createdNanos, WaitLine.Place first) {
        long since = other.hungrySinceNanos;
        long now = System.nanoTime();
        int others = other.held;
        if (first == null) {
            return others == 0 || now - since > LOGIN_NANOS;
        }
        if (now - since < HEAD_START_NANOS || first.sinceNanos - since < 0) {
            return false;
        }
        return others + 1 < held || others == 0 && now - createdNanos > TENURE_NANOS;
    }

    // ---- called on other event loops, by budgets

    /** A permit of this budget is ours. */
    void granted(Budget budget) {
        loop.execute(() -> {
            if (hungryAt == budget) {
                hungryAt = null;
            }
            reserved = budget;
            freed.run();
            if (reserved != null) {
                reserved = null;
                budget.giveBack();
            }
        });
    }

    /** Closes an idle connection, and says whether there was one. */
    void shedIdle(Consumer<Boolean> answer) {
        loop.execute(() -> answer.accept(closeIdle.getAsBoolean()));
    }
}
