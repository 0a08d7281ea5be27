package dev.trunkline.pool;

import java.util.ArrayDeque;
import java.util.Iterator;

/** The sessions that wait for a connection of a pool, in the order in which they came. Confined to the pool's event loop. */
final class WaitLine {

    /** A session in line. */
    static final class Place {

        final Waiter waiter;
        /** For a transaction that has connections already. */
        final boolean underWay;
        final long sinceNanos;
        boolean told;

        Place(Waiter waiter, boolean underWay, long sinceNanos) {
            this.waiter = waiter;
            this.underWay = underWay;
            this.sinceNanos = sinceNanos;
        }
    }

    private final ArrayDeque<Place> places = new ArrayDeque<>();

    boolean isEmpty() {
        return places.isEmpty();
    }

    int size() {
        return places.size();
    }

    /** How many would be served now: in a pause only those whose transactions are under way. */
    int servable(boolean paused) {
        if (!paused) {
            return places.size();
        }
        int n = 0;
        for (Place place : places) {
            n += place.underWay ? 1 : 0;
        }
        return n;
    }

    void add(Waiter waiter, boolean underWay, long now) {
        places.add(new Place(waiter, underWay, now));
    }

    void remove(Waiter waiter) {
        places.removeIf(place -> place.waiter == waiter);
    }

    /** The first, or null. */
    Place first() {
        return places.peekFirst();
    }

    /** Takes the first out of the line; null when it is empty. */
    Place poll() {
        return places.poll();
    }

    /** Takes the first out of the line that may be served; null when there is none. */
    Place pollServable(boolean paused) {
        if (!paused) {
            return places.poll();
        }
        for (Iterator<Place> i = places.iterator(); i.hasNext();) {
            Place place = i.next();
            if (place.underWay) {
                i.remove();
                return place;
            }
        }
        return null;
    }

    /** Takes the first out of the line if he has waited for longer than this, or null. */
    Place pollLate(long now, long waitNanos) {
        Place first = places.peekFirst();
        return first != null && now - first.sinceNanos > waitNanos ? places.poll() : null;
    }

    /** The first who has waited so long (0: nobody ever has) and has not been told of it, or null; from now on he has. */
    Place pollUntold(long now, long longNanos) {
        for (Place place : places) {
            if (longNanos == 0 || now - place.sinceNanos < longNanos) {
                return null;
            }
            if (!place.told) {
                place.told = true;
                return place;
            }
        }
        return null;
    }
}
