package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.catalog.SequenceUse.Asked;
import dev.trunkline.catalog.SequenceUse.Doubt;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.Destination;
import java.util.List;
import java.util.Set;

/**
 * Answers for what {@code currval} and {@code lastval} tell. Those read what the connection remembers, and it remembers whoever had it
 * before: so the numbers must be the session's own, and its newest.
 *
 * <pre>
 *   the number was surely taken here, since the session has the connection --> the node answers
 *   the connection remembers nothing but the session's numbers             --> the node answers, or says that there is none (55000)
 *   another connection of the session's may have taken a newer one         --> refused
 *   anything else                                                          --> refused
 * </pre>
 *
 * <p>What a statement surely takes, its plan knows; nothing is asked or sent for that. Where it can't be known (rows of a query, code of the
 * user's), and somebody may ask for the number, the connection is made to forget what it remembers before the statement runs in a
 * transaction block: then what it knows is the session's. Owned by the session's event loop.
 */
final class SequenceNumbers {

    private static final String FORGET = "DISCARD SEQUENCES";

    private static final int CURRVAL = 1575;
    private static final int LASTVAL = 2559;

    private final Session session;
    /** Counts what takes numbers, or may, in the order in which it is sent. */
    private int clock;
    /** When something may last have taken one on a connection that the session has no more. */
    private int elsewhere;
    /** When the last transaction ended after which the session has kept a connection. */
    private int settled;

    SequenceNumbers(Session session) {
        this.session = session;
    }

    /** The time now: what is sent after it is newer. */
    int clock() {
        return clock;
    }

    /** A statement is about to be sent. */
    void before(Participant participant, SequenceUse use, Destination destination) {
        if (use.asked() != null && !areOwn(participant, use.asked())) {
            boolean itself = destination != null && (use.isCertain() || use.doubt() != Doubt.NONE);
            if (!itself || participant.numbers().hasAny() || othersMayHaveTaken(participant, null) > 0) {
                throw refusal();
            }
            // What it takes itself it may ask for; in which order, the node knows.
            forgetAll(participant);
        }
        Asked inside = use.askedInside();
        if (inside != null && !areOwn(participant, inside)) {
            forgetAll(participant);
        }
        boolean several = destination instanceof Destination.Many;
        if (use.doubt() == Doubt.OWN && use.draws().isEmpty() && session.transaction().isExplicit()) {
            forgetOthers(participant);
        }
        if (use.doubt() != Doubt.NONE || several && use.isCertain()) {
            participant.takingNumbers().mayTake(++clock);
        }
    }

    /** What a function does that is called by its OID. */
    static SequenceUse ofFunction(int oid) {
        return oid == CURRVAL || oid == LASTVAL
                ? SequenceUse.asking(new Asked(Set.of(), false, 0, true))
                : SequenceUse.PERHAPS;
    }

    /** A statement is being sent to be executed, at one node. */
    void executed(Participant participant, SequenceUse use) {
        if (use.isCertain()) {
            participant.takingNumbers().takes(use, ++clock);
        }
    }

    /**
     * From here on the connection remembers only what the session takes, unless that would lose numbers of its own. What follows in the same
     * packet runs afterwards.
     */
    void forgetOthers(Participant participant) {
        if (!participant.numbers().hasAny()) {
            forgetAll(participant);
        }
    }

    /** As above, whatever the session has taken. */
    private void forgetAll(Participant participant) {
        if (owns(participant)) {
            return;
        }
        BackendConnection backend = participant.backend();
        if (session.transaction().isExplicit() || backend.isUnsynced()) {
            OwnStatement.run(backend, FORGET, DroppingSink.TELLING);
        } else {
            // By itself: a simple query that follows an unfinished pipeline would not commit.
            backend.query(FORGET, DroppingSink.INJECTED);
        }
        participant.takingNumbers().own(++clock);
    }

    private boolean owns(Participant participant) {
        return participant.numbers().isOwn() || session.leases().keepsAll();
    }

    /** The participant whose connection knows the answer, or null. */
    Participant knowing(Asked asked) {
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            if (areOwn(participants.get(i), asked)) {
                return participants.get(i);
            }
        }
        return null;
    }

    /** For what the node's memory would answer with another client's number, or with an old one of the session's. */
    private ProxyException refusal() {
        return ProxyError.NOT_OVER_NODES.with(session.transaction().isExplicit()
                ? "currval or lastval of a number that is not sure to have been taken in the same transaction"
                : "currval or lastval outside of a transaction",
                "Use INSERT ... RETURNING, or put the INSERT and the call into one transaction.");
    }

    private boolean areOwn(Participant participant, Asked asked) {
        boolean own = !asked.last() || isOwn(participant, null);
        for (RelationName sequence : asked.sequences()) {
            own &= isOwn(participant, sequence);
        }
        if (asked.others() || asked.parameter() > 0) {
            own &= owns(participant) && othersMayHaveTaken(participant, null) == 0;
        }
        return own;
    }

    /** Whether what the connection remembers of a sequence, or (null) of the last number, is the session's newest. */
    private boolean isOwn(Participant participant, RelationName sequence) {
        int others = othersMayHaveTaken(participant, sequence);
        int taken = participant.numbers().taken(sequence);
        return taken > 0 ? taken > others : others == 0 && owns(participant);
    }

    /** When a connection other than this may last have taken a number of a sequence, or (null) of any; 0 if none may. */
    private int othersMayHaveTaken(Participant participant, RelationName sequence) {
        int latest = elsewhere;
        List<Participant> participants = session.transaction().participants();
        for (int i = 0; i < participants.size(); i++) {
            if (participants.get(i) != participant) {
                latest = Math.max(latest, participants.get(i).numbers().mayHaveTaken(sequence));
            }
        }
        return latest;
    }

    /** The session has this connection no more. */
    void left(Participant participant) {
        if (participant.numbers().mayHaveTaken(null) > 0) {
            // What was deferred to the commit may have taken some only then.
            elsewhere = ++clock;
        }
    }

    /** A transaction is over. What the session keeps may not have run what was sent in it if it has failed there. */
    void ended(Participant kept) {
        if (kept.isAborted()) {
            kept.numbers().failedSince(settled);
        }
    }

    /** All that was sent has been answered, and looked at by {@link #ended}. */
    void settled() {
        settled = clock;
    }

    /** What was sent after that time may not have run: something has failed since. */
    void failedSince(int time) {
        for (Participant participant : session.transaction().participants()) {
            participant.numbers().failedSince(time);
        }
    }
}
