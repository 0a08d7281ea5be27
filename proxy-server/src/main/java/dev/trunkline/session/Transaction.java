package dev.trunkline.session;

import dev.trunkline.config.FanOutPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A session's transaction, explicit or implicit, with the nodes that take part in it. BEGIN is lazy: nothing is sent before
 * the first statement names a node, and what was said in between (savepoints, settings) is kept in a journal and replayed on
 * every node that joins later.
 */
final class Transaction {

    /**
     * Something that a node that joins later has to be told. {@code savepoint} is null for a setting; {@code sql} is null for
     * {@code trunkline.fan_out}, of which no node hears: {@code fanOut} is its word then, empty for DEFAULT.
     */
    record JournalEntry(String savepoint, String sql, Settings settingsBefore, String fanOut) {}

    private final List<Participant> participants = new ArrayList<>(2);
    private final List<JournalEntry> journal = new ArrayList<>(0);
    private final Map<String, Integer> cursors = new HashMap<>(0);
    private boolean explicit;
    private boolean failed;
    private boolean snapshot;
    private boolean broken;
    private String begin = "BEGIN";
    private Settings settingsBefore = Settings.NONE;

    List<Participant> participants() {
        return participants;
    }

    /** The participant at a node, or null. */
    Participant at(int node) {
        for (int i = 0; i < participants.size(); i++) {
            Participant participant = participants.get(i);
            if (participant.node() == node) {
                return participant;
            }
        }
        return null;
    }

    /** The only participant that writes, or null. */
    Participant writer() {
        for (int i = 0; i < participants.size(); i++) {
            if (participants.get(i).writes()) {
                return participants.get(i);
            }
        }
        return null;
    }

    /** The first participant that ran a statement, or any, or null. */
    Participant preferred() {
        Participant any = null;
        for (int i = 0; i < participants.size(); i++) {
            Participant participant = participants.get(i);
            if (participant.isUsed()) {
                return participant;
            }
            any = any == null ? participant : any;
        }
        return any;
    }

    /** Whether BEGIN was said. */
    boolean isExplicit() {
        return explicit;
    }

    /** Whether an error has aborted it: only its end is allowed. */
    boolean isFailed() {
        return failed;
    }

    void failed(boolean is) {
        failed = is;
    }

    /** Whether a node that took part has been lost, and its changes with it: no savepoint can mend that. */
    boolean isBroken() {
        return broken;
    }

    void broken() {
        broken = true;
        failed = true;
    }

    /** Whether it asked for one snapshot (REPEATABLE READ, SERIALIZABLE) and so must stay on one node. */
    boolean needsSnapshot() {
        return snapshot;
    }

    void needsSnapshot(boolean is) {
        snapshot = is;
    }

    /** The BEGIN statement for a node that joins. */
    String beginSql() {
        return begin;
    }

    void beginSql(String sql) {
        begin = sql;
    }

    Settings settingsBefore() {
        return settingsBefore;
    }

    void begin(String sql, boolean needsSnapshot, Settings settings) {
        explicit = true;
        failed = false;
        begin = sql;
        snapshot = needsSnapshot;
        settingsBefore = settings;
        journal.clear();
    }

    List<JournalEntry> journal() {
        return journal;
    }

    void savepoint(String name, String sql, Settings settings) {
        journal.add(new JournalEntry(name, sql, settings, null));
    }

    void setting(String sql) {
        journal.add(new JournalEntry(null, sql, null, null));
    }

    /** SET [LOCAL] trunkline.fan_out; null means that the session's setting holds again. */
    void fanOut(String word) {
        journal.add(new JournalEntry(null, null, null, word == null ? "" : word));
    }

    /** The policy that SET LOCAL has given until the transaction's end, or null. */
    FanOutPolicy fanOut() {
        for (int i = journal.size() - 1; i >= 0; i--) {
            String word = journal.get(i).fanOut;
            if (word != null) {
                return word.isEmpty() ? null : FanOutRules.policy(word);
            }
        }
        return null;
    }

    /** The index of the newest savepoint of a name, -1 if there is none. */
    int indexOf(String savepoint) {
        for (int i = journal.size() - 1; i >= 0; i--) {
            if (savepoint.equals(journal.get(i).savepoint)) {
                return i;
            }
        }
        return -1;
    }

    /** ROLLBACK TO: forgets what came after the savepoint and gives the settings that held when it was set. */
    Settings rollbackTo(int index) {
        while (journal.size() > index + 1) {
            journal.removeLast();
        }
        failed = false;
        return journal.get(index).settingsBefore;
    }

    /** RELEASE: the savepoint and those set after it are gone, the settings stay. */
    void release(int index) {
        for (int i = journal.size() - 1; i >= index; i--) {
            if (journal.get(i).savepoint != null) {
                journal.remove(i);
            }
        }
    }

    /** By name, the node on which a cursor is open. */
    Map<String, Integer> cursors() {
        return cursors;
    }

    /** Back to nothing; pinned participants stay. */
    void end() {
        explicit = false;
        failed = false;
        broken = false;
        snapshot = false;
        begin = "BEGIN";
        journal.clear();
        cursors.clear();
    }
}
