package dev.trunkline.session;

import java.util.ArrayList;
import java.util.List;

/**
 * What the session says to its nodes of its own accord: settings, savepoints. The participants of the transaction are told; a
 * node that joins later learns of it from the transaction's journal.
 */
final class Announcements {

    private final Session session;

    Announcements(Session session) {
        this.session = session;
    }

    /** Tells every participant; the first error is the client's. Without any, there is nothing to tell. */
    void toAll(String sql, Runnable told) {
        toAll(List.of(sql), told);
    }

    /** As above, also at what the session keeps and its transaction has not come to yet: what is to go lies there. */
    void toAllKept(String sql, Runnable told) {
        for (Participant kept : List.copyOf(session.transaction().participants())) {
            if (session.participant(kept.node(), () -> toAllKept(sql, told)) == null) {
                return;
            }
        }
        toAll(sql, told);
    }

    private void toAll(List<String> statements, Runnable told) {
        List<Participant> participants = hearers();
        if (participants.isEmpty()) {
            told.run();
            return;
        }
        TellRun.start(session, participants, statements, told);
    }

    /** The participants that the transaction has begun on: the others get its journal when it does. */
    List<Participant> hearers() {
        List<Participant> participants = new ArrayList<>(session.transaction().participants());
        participants.removeIf(p -> session.transaction().isExplicit() && !p.isBegun());
        return participants;
    }

    /** The client asks a participant for what the others that are at work must do as well. No reply is awaited. */
    void tellOthers(Participant asked, String sql) {
        for (Participant other : hearers()) {
            if (other == asked || other.isUntouched()) {
                continue;
            }
            if (session.transaction().isExplicit() && !other.backend().isUnsynced()) {
                other.backend().query(sql, DroppingSink.INJECTED);
            } else {
                OwnStatement.run(other.backend(), sql, DroppingSink.TELLING);
                other.backend().settings(session.settings().current());
            }
        }
    }

    /** As {@link #toAll}, but asks one node when none takes part, so that a wrong value is an error now. */
    void toOneOrAll(List<String> statements, Runnable told) {
        List<Participant> hearers = hearers();
        for (Participant hearer : hearers) {
            // It may have joined and waited since, or be kept: what it has to have been told before comes first.
            if (hearer.isUntouched()
                    && session.participant(hearer.node(), () -> toOneOrAll(statements, told)) == null) {
                return;
            }
        }
        if (!hearers.isEmpty()) {
            toAll(statements, told);
            return;
        }
        int node = session.nodes().preferred(-1);
        Participant participant = session.participant(node, () -> toOneOrAll(statements, told));
        if (participant != null) {
            TellRun.start(session, List.of(participant), statements, told);
        }
    }
}
