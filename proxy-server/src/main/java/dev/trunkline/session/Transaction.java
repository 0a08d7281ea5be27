package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Access;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.wire.ClientEncoding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A session's transaction, explicit or implicit, with the nodes that take part in it. BEGIN is lazy: nothing is sent before
 * the first statement names a node, and what was said in between (savepoints, settings) is kept in a journal and replayed on
 * every node that joins later.
 */
final class Transaction {

    /**
     * Something that a node that joins later has to be told. {@code savepoint} is null for a setting; {@code sql} is null for
     * one of the proxy's own, of which no node hears: {@code ownValue} is its value then, null where the session's holds; and
     * for what {@link #HIDDEN} stands for. {@code channelChanges} is how many LISTEN and UNLISTEN came before a savepoint,
     * {@code numbersTaken} the {@link SequenceNumbers#clock} then.
     */
    record JournalEntry(String savepoint, String sql, Settings settingsBefore, String ownName, String ownValue,
            int channelChanges, int numbersTaken) {}

    /** A setting of which only the node knows, the first one that the session has: while it is in the journal, it can be undone. */
    private static final JournalEntry HIDDEN = new JournalEntry(null, null, null, null, null, 0, 0);
    private static final String SET_MODES = "SET TRANSACTION ";

    /** How a transaction begins. */
    record Modes(String begin, boolean snapshot) {}

    private final List<Participant> participants = new ArrayList<>(2);
    private final List<JournalEntry> journal = new ArrayList<>(0);
    private final Map<String, Integer> cursors = new HashMap<>(0);
    /** Those WITH HOLD, of this transaction and earlier ones. */
    private final Set<String> held = new HashSet<>(0);
    private boolean explicit;
    private long begunNanos;
    private boolean failed;
    private boolean snapshot;
    private boolean broken;
    /** How many entries of the journal are settings of the proxy's own. */
    private int own;
    private String begin = "BEGIN";
    /** What it has from the transaction that it was chained to; null if it was not. */
    private Modes inherited;
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

    /** The participant that has cursors WITH HOLD, or null. */
    Participant holdingCursors() {
        for (int i = 0; i < participants.size(); i++) {
            if (participants.get(i).isPinnedFor(SessionEffect.HOLD_CURSOR)) {
                return participants.get(i);
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

    /** The settings have changed: what is said to its nodes from now on is spoken like this, null for UTF-8. */
    void speak(ClientEncoding encoding) {
        for (Participant participant : participants) {
            participant.backend().encoding(encoding);
        }
    }

    /** Notes what runs at a node, and refuses a second writer; {@code virtualShard} is -1 where none is named. */
    void use(Participant participant, Access access, int virtualShard, ServedDatabase database) {
        Participant.Use use = participant.use().and(access.mode(), explicit);
        if (use == Participant.Use.WRITE) {
            requireOnlyWriter(participant, database);
        }
        participant.use(use, virtualShard);
    }

    /** Refuses that this participant writes when another one has written: nobody could commit both. */
    void requireOnlyWriter(Participant participant, ServedDatabase database) {
        Participant writer = writer();
        if (writer != null && writer != participant) {
            throw ProxyError.NOT_OVER_NODES.with("a transaction that writes on more than one node",
                    "Keep the writes of a transaction to one shard key, or split it: it has written on node "
                            + database.nodeName(writer.node()) + ", this statement would write on node "
                            + database.nodeName(participant.node()) + ".");
        }
    }

    /** The one that writes, else the first participant that ran a statement, else any, or null. */
    Participant preferred() {
        Participant writer = writer();
        if (writer != null) {
            return writer;
        }
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

    /** COMMIT AND CHAIN, ROLLBACK AND CHAIN: the modes of the one that is over hold for the next. */
    void chain(Modes modes, Settings settings) {
        begin(modes.begin, modes.snapshot, settings);
        inherited = modes;
    }

    /**
     * What a transaction has that is chained to this one. One that has failed has lost the modes of its own, and kept those that it
     * had by chaining.
     */
    Modes passedOn(boolean defaultsToSnapshot) {
        if (!failed) {
            StringBuilder all = new StringBuilder(begin);
            for (JournalEntry entry : journal) {
                if (entry.sql != null && entry.sql.startsWith(SET_MODES)) {
                    // The later of two holds.
                    all.append('\n').append(entry.sql, SET_MODES.length(), entry.sql.length());
                }
            }
            return new Modes(all.toString(), snapshot);
        }
        return inherited != null ? inherited : new Modes("BEGIN", defaultsToSnapshot);
    }

    Settings settingsBefore() {
        return settingsBefore;
    }

    /** When BEGIN was said. */
    long begunNanos() {
        return begunNanos;
    }

    void begin(String sql, boolean needsSnapshot, Settings settings) {
        begunNanos = System.nanoTime();
        explicit = true;
        failed = false;
        begin = sql;
        inherited = null;
        snapshot = needsSnapshot;
        settingsBefore = settings;
    }

    private void clearJournal() {
        journal.clear();
        own = 0;
    }

    List<JournalEntry> journal() {
        return journal;
    }

    void savepoint(String name, String sql, Settings settings, int channelChanges, int numbersTaken) {
        journal.add(new JournalEntry(name, sql, settings, null, null, channelChanges, numbersTaken));
    }

    void setting(String sql) {
        journal.add(new JournalEntry(null, sql, null, null, null, 0, 0));
    }

    /** The statement that sets modes of the transaction at hand. */
    static String setModes(String modes) {
        return SET_MODES + modes;
    }

    /** SET [LOCAL] of one of the proxy's own settings; null means that the session's holds again. */
    void own(String name, String value) {
        journal.add(new JournalEntry(null, null, null, name, value, 0, 0));
        own++;
    }

    /** The first setting of which only the node knows. */
    void hidden() {
        journal.add(HIDDEN);
    }

    /** Whether no setting of which only the node knows is older than the transaction, or than what is left of it. */
    boolean hasHidden() {
        return journal.contains(HIDDEN);
    }

    /** Whether any of the proxy's own settings was set since it began. */
    boolean hasOwn() {
        return own > 0;
    }

    /** What SET LOCAL has given one of the proxy's own settings until the transaction's end, or null. */
    String own(String name) {
        for (int i = journal.size() - 1; own > 0 && i >= 0; i--) {
            if (name.equals(journal.get(i).ownName)) {
                return journal.get(i).ownValue;
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

    boolean hasSavepoint() {
        for (int i = 0; i < journal.size(); i++) {
            if (journal.get(i).savepoint != null) {
                return true;
            }
        }
        return false;
    }

    /** ROLLBACK TO: forgets what came after the savepoint and gives its entry. */
    JournalEntry rollbackTo(int index) {
        while (journal.size() > index + 1) {
            own -= journal.removeLast().ownName == null ? 0 : 1;
        }
        failed = false;
        return journal.get(index);
    }

    /** RELEASE: the savepoint and those set after it are gone, the settings stay. */
    void release(int index) {
        for (int i = journal.size() - 1; i >= index; i--) {
            if (journal.get(i).savepoint != null) {
                journal.remove(i);
            }
        }
    }

    /** By name, the node on which a cursor is open, or was. */
    Map<String, Integer> cursors() {
        return cursors;
    }

    /** A cursor is declared at a node; {@code hold} if it outlives the transaction. */
    void declared(String name, boolean hold, int node) {
        cursors.put(name, node);
        if (hold) {
            held.add(name);
        } else {
            held.remove(name);
        }
    }

    /** All are closed, those of earlier transactions too. */
    void noCursors() {
        cursors.clear();
        held.clear();
    }

    /** Back to nothing; pinned participants stay. */
    void end() {
        explicit = false;
        failed = false;
        broken = false;
        snapshot = false;
        begin = "BEGIN";
        clearJournal();
        cursors.keySet().retainAll(held);
    }
}
