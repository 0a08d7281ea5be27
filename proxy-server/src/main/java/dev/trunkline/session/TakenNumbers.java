package dev.trunkline.session;

import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.SequenceUse;
import java.util.ArrayList;
import java.util.List;

/**
 * What a session has taken from sequences over one connection, as far as it is certain, and since when the connection remembers
 * nobody else's numbers. One for each participant, made when something may take a number.
 */
final class TakenNumbers {

    /** Of a participant that has taken none. Never changed. */
    static final TakenNumbers NONE = new TakenNumbers();

    /** What a kind of statement has taken, for the first time and for the last. */
    private static final class Taken {
        private final SequenceUse use;
        private final int first;
        private int last;

        private Taken(SequenceUse use, int at) {
            this.use = use;
            this.first = at;
            this.last = at;
        }

        private boolean includes(RelationName sequence) {
            return sequence == null ? use.takes() : use.draws().contains(sequence);
        }
    }

    private Taken newest;
    /** Those of other kinds; null for none. */
    private List<Taken> others;
    private int mayHaveTaken;
    private boolean own;

    /** Whether the connection remembers nothing but what the session has taken. */
    boolean isOwn() {
        return own;
    }

    /** From now on; it is made to forget what it knows, which may have been some of the session's as well. */
    void own(int now) {
        mayHaveTaken = newest == null ? mayHaveTaken : now;
        newest = null;
        others = null;
        own = true;
    }

    boolean hasAny() {
        return newest != null;
    }

    void takes(SequenceUse use, int at) {
        if (newest != null && newest.use == use) {
            newest.last = at;
            return;
        }
        Taken known = find(use);
        if (known == null) {
            known = new Taken(use, at);
        } else {
            others.remove(known);
            known.last = at;
        }
        if (newest != null) {
            others = others == null ? new ArrayList<>(2) : others;
            others.add(newest);
        }
        newest = known;
    }

    private Taken find(SequenceUse use) {
        for (int i = 0; others != null && i < others.size(); i++) {
            if (others.get(i).use == use) {
                return others.get(i);
            }
        }
        return null;
    }

    /** Something may take a number that is not certain to. */
    void mayTake(int at) {
        mayHaveTaken = at;
    }

    /** When a number of the sequence, or (null) of any, was last taken for certain; 0 for never. */
    int taken(RelationName sequence) {
        int latest = newest != null && newest.includes(sequence) ? newest.last : 0;
        for (int i = 0; others != null && i < others.size(); i++) {
            if (others.get(i).includes(sequence)) {
                latest = Math.max(latest, others.get(i).last);
            }
        }
        return latest;
    }

    /** When one may last have been taken; 0 for never. */
    int mayHaveTaken(RelationName sequence) {
        int latest = Math.max(mayHaveTaken, taken(sequence));
        // Of which sequence they take is not always known.
        return sequence == null || newest == null ? latest : Math.max(latest, takenOfUnknown());
    }

    private int takenOfUnknown() {
        int latest = newest.use.takes() && newest.use.draws().isEmpty() ? newest.last : 0;
        for (int i = 0; others != null && i < others.size(); i++) {
            if (others.get(i).use.takes() && others.get(i).use.draws().isEmpty()) {
                latest = Math.max(latest, others.get(i).last);
            }
        }
        return latest;
    }

    /** What was sent after that time may have failed: it may have taken a number, and it may not. */
    void failedSince(int time) {
        if (newest == null || newest.last <= time && mayHaveTaken <= time) {
            return;
        }
        mayHaveTaken = Math.max(mayHaveTaken, newest.last);
        List<Taken> all = others == null ? new ArrayList<>(1) : others;
        all.add(newest);
        all.removeIf(taken -> taken.first > time);
        all.forEach(taken -> taken.last = Math.min(taken.last, time));
        newest = all.isEmpty() ? null : all.removeLast();
        others = all.isEmpty() ? null : all;
    }
}
