package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.Statement.Transaction.Isolation;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The statements that mean something to the session itself: transaction control, settings, prepared statements, cursors.
 * Those that concern nodes are told to every participant; a node that joins later learns of them from the journal.
 */
final class SessionActions {

    /** Not a setting, but shown like one: the channels that the session listens to. */
    private static final String CHANNELS = Settings.OWN + "channels";

    private final Session session;
    private final TransactionEnd end;
    private SessionAction.Begin adopted;

    SessionActions(Session session) {
        this.session = session;
        this.end = new TransactionEnd(session);
    }

    /** In an aborted transaction only its end is allowed (25P02). */
    void checkNotFailed(StatementPlan plan) {
        Transaction transaction = session.transaction();
        if (!transaction.isExplicit() || !transaction.isFailed()) {
            return;
        }
        if (plan != null && plan.action() != null) {
            switch (plan.action()) {
                case SessionAction.Commit commit -> {
                    return;
                }
                case SessionAction.Rollback rollback -> {
                    return;
                }
                case SessionAction.RollbackTo rollbackTo -> {
                    return;
                }
                default -> {
                    // Refused below.
                }
            }
        }
        ProxyException loss = session.nodeEvents().takeLoss();
        throw loss != null ? loss : ProxyError.IN_FAILED_TRANSACTION.with();
    }

    /** Does what a statement asks of the session, replies, and goes on with {@code done}. */
    void perform(StatementPlan plan, StatementSource source, Runnable done) {
        session.become(SessionState.ACTIVE);
        switch (plan.action()) {
            case SessionAction.Begin begin -> begin(begin,
                    plan.fingerprint().startsWith("start") ? "START TRANSACTION" : "BEGIN", done);
            case SessionAction.Commit commit -> end.commit(commit.chain(), done);
            case SessionAction.Rollback rollback -> end.rollback(rollback.chain(), done);
            case SessionAction.Savepoint savepoint -> savepoint(savepoint.name(), done);
            case SessionAction.Release release -> release(release.name(), done);
            case SessionAction.RollbackTo rollbackTo -> rollbackTo(rollbackTo.name(), done);
            case SessionAction.SetTransaction set -> setTransaction(set, done);
            case SessionAction.SetCharacteristics set -> setCharacteristics(set, done);
            case SessionAction.SetSetting set -> set(set, done);
            case SessionAction.ResetSetting reset -> reset(reset.name(), done);
            case SessionAction.ShowTrunkline show -> show(show.name(), done);
            case SessionAction.ExplainRoute explain -> RouteExplainer.start(session, explain, source, done);
            case SessionAction.Prepare prepare -> PrepareRun.start(session, prepare, source, done);
            case SessionAction.Execute execute -> throw new IllegalStateException("it runs as what it executes");
            case SessionAction.Deallocate deallocate -> deallocate(deallocate.name(), done);
            case SessionAction.Discard discard -> discard(discard.what(), done);
            case SessionAction.CloseCursor close -> closeAllCursors(done);
            case SessionAction.DeclareCursor declare -> throw new IllegalStateException("a cursor lives on a node");
            case SessionAction.CreateTemp create -> throw new IllegalStateException("a temp table lives on a node");
            case SessionAction.UseCursor use -> throw new IllegalStateException("a cursor lives on a node");
            case SessionAction.Listen listen -> session.startListening().listen(listen.channel(),
                    () -> done(done, "LISTEN"));
            case SessionAction.Unlisten unlisten -> {
                if (session.listening() != null) {
                    session.listening().unlisten(unlisten.channel());
                }
                done(done, "UNLISTEN");
            }
            case SessionAction.Nothing nothing -> {
                session.reply(BackendEncoder::emptyQueryResponse);
                done.run();
            }
        }
    }

    /** Whether an action answers without rows, so that its portal runs only once. */
    static boolean hasNoRows(SessionAction action) {
        return !(action instanceof SessionAction.ExplainRoute || action instanceof SessionAction.ShowTrunkline
                || action instanceof SessionAction.Execute);
    }

    /** What Describe says of an action's result. */
    void describe(SessionAction action, ByteBuf out) {
        if (action instanceof SessionAction.ExplainRoute explain) {
            BackendEncoder.rowDescription(out, List.of(RouteExplainer.column(explain)));
        } else if (action instanceof SessionAction.ShowTrunkline show) {
            BackendEncoder.rowDescription(out, List.of(settingField(requireShown(show.name()))));
        } else {
            BackendEncoder.noData(out);
        }
    }

    private static String requireShown(String name) {
        return name.equals(CHANNELS) ? name : OwnSettings.require(name);
    }

    private static Field settingField(String name) {
        return new Field(name, 0, 0, PgOid.TEXT, -1, -1, 0);
    }

    private void show(String name, Runnable done) {
        String word = requireShown(name).equals(CHANNELS)
                ? session.listening() == null ? "" : String.join(", ", session.listening().heard())
                : session.own().shown(name, session.identity().user());
        if (!session.cycle().inPipeline()) {
            session.reply(b -> BackendEncoder.rowDescription(b, List.of(settingField(name))));
        }
        session.reply(b -> BackendEncoder.dataRow(b, List.of(Bytes.utf8(word))));
        done(done, "SHOW");
    }

    private void done(Runnable done, String tag) {
        session.commandComplete(tag);
        done.run();
    }

    private void warn(String sqlState, String message) {
        session.notice(ErrorFields.of("WARNING", sqlState, message));
    }

    // ---- transactions

    private void begin(SessionAction.Begin begin, String tag, Runnable done) {
        Transaction transaction = session.transaction();
        session.checkTransactionsAllowed();
        if (transaction.isExplicit()) {
            warn("25001", "there is already a transaction in progress");
            // PostgreSQL takes the modes all the same.
            modes(begin.modes(), begin.isolation(), () -> done(done, tag));
            return;
        }
        List<Participant> used = transaction.participants().stream().filter(Participant::isUsed).toList();
        if (used.isEmpty()) {
            open(begin);
            done(done, tag);
            return;
        }
        // A BEGIN in the middle absorbs the statements before it, if it does not ask for what must come first.
        TellRun.start(session, used, List.of(beginSql(begin)), () -> {
            open(begin);
            used.forEach(participant -> participant.begun(true));
            done(done, tag);
        });
    }

    private static String beginSql(SessionAction.Begin begin) {
        String modes = begin.modes() == null ? "" : begin.modes().strip();
        return modes.isEmpty() ? "BEGIN" : "BEGIN " + modes;
    }

    private void open(SessionAction.Begin begin) {
        session.transaction().begin(beginSql(begin),
                begin.isolation() == null ? session.settings().defaultsToSnapshot() : isSnapshot(begin.isolation()),
                session.cycle().settingsToReturnTo());
    }

    private static boolean isSnapshot(Isolation isolation) {
        return isolation == Isolation.REPEATABLE_READ || isolation == Isolation.SERIALIZABLE;
    }

    private void savepoint(String name, Runnable done) {
        requireTransaction("SAVEPOINT");
        String sql = "SAVEPOINT " + Settings.quotedName(name);
        tellAll(sql, () -> {
            session.transaction().savepoint(name, sql, session.settings().current(),
                    session.listening() == null ? 0 : session.listening().mark());
            done(done, "SAVEPOINT");
        });
    }

    private void release(String name, Runnable done) {
        requireTransaction("RELEASE SAVEPOINT");
        int index = indexOf(name);
        tellAll("RELEASE SAVEPOINT " + Settings.quotedName(name), () -> {
            session.transaction().release(index);
            done(done, "RELEASE");
        });
    }

    private void rollbackTo(String name, Runnable done) {
        requireTransaction("ROLLBACK TO SAVEPOINT");
        int index = indexOf(name);
        if (session.transaction().isBroken()) {
            throw ProxyError.IN_FAILED_TRANSACTION.with().withDetail("A node that took part is gone with its changes.");
        }
        tellAll("ROLLBACK TO SAVEPOINT " + Settings.quotedName(name), () -> {
            Transaction.JournalEntry savepoint = session.transaction().rollbackTo(index);
            session.settings().restore(savepoint.settingsBefore());
            if (session.listening() != null) {
                session.listening().rollbackTo(savepoint.channelChanges());
            }
            session.portals().someMayHaveGone();
            session.tempTables().mayHaveChanged();
            done(done, "ROLLBACK");
        });
    }

    private int indexOf(String savepoint) {
        int index = session.transaction().indexOf(savepoint);
        if (index < 0) {
            throw ProxyError.UNDEFINED_SAVEPOINT.with(savepoint);
        }
        return index;
    }

    private void requireTransaction(String command) {
        if (!session.transaction().isExplicit()) {
            throw ProxyError.NO_ACTIVE_TRANSACTION.with(command + " can only be used in transaction blocks");
        }
    }

    private void setTransaction(SessionAction.SetTransaction set, Runnable done) {
        Transaction transaction = session.transaction();
        if (!transaction.isExplicit()) {
            warn("25P01", "SET TRANSACTION can only be used in transaction blocks");
            done(done, "SET");
            return;
        }
        modes(set.modes(), set.isolation(), () -> done(done, "SET"));
    }

    /** Changes the modes of the transaction that is open. */
    private void modes(String modes, Isolation isolation, Runnable done) {
        if (modes == null || modes.isBlank()) {
            done.run();
            return;
        }
        Transaction transaction = session.transaction();
        String sql = "SET TRANSACTION " + modes;
        tellAll(sql, () -> {
            if (isolation != null) {
                transaction.needsSnapshot(isSnapshot(isolation));
            }
            transaction.setting(sql);
            done.run();
        });
    }

    private void setCharacteristics(SessionAction.SetCharacteristics set, Runnable done) {
        SessionSettings settings = session.settings();
        if (set.isolation() != null) {
            settings.set("default_transaction_isolation",
                    "'" + set.isolation().name().toLowerCase(Locale.ROOT).replace('_', ' ') + "'");
        }
        if (set.readOnly() != null) {
            settings.set("default_transaction_read_only", set.readOnly() ? "on" : "off");
        }
        String modes = set.modes().toLowerCase(Locale.ROOT);
        if (modes.contains("deferrable")) {
            settings.set("default_transaction_deferrable", modes.matches("(?s).*not\\s+deferrable.*") ? "off" : "on");
        }
        done(done, "SET");
    }

    // ---- settings

    private void set(SessionAction.SetSetting set, Runnable done) {
        String name = set.name();
        if (set.local() && !session.transaction().isExplicit()) {
            if (session.cycle().isFirst()) {
                warn("25P01", "SET LOCAL can only be used in transaction blocks");
            }
            if (!session.cycle().isPartOfMore()) {
                done(done, "SET");
                return;
            }
        }
        if (name.startsWith(Settings.OWN)) {
            setOwn(set);
            done(done, "SET");
            return;
        }
        if (name.equals("client_encoding")) {
            requireUtf8(set.valueText());
            done(done, "SET");
            return;
        }
        String value = set.valueText() == null ? "DEFAULT" : set.valueText();
        String sql = set.local()
                ? "SET LOCAL " + Settings.quoted(name) + " TO " + value
                : set.valueText() == null
                        ? session.settings().resetStatement(name)
                        : SessionSettings.statement(name, value);
        tellOneOrAll(List.of(sql), () -> {
            if (!set.local()) {
                session.settings().set(name, set.valueText());
            }
            settingTold(sql, set.local());
            done(done, "SET");
        });
    }

    /** {@code trunkline.*}: the proxy's own affair, of which no node hears. */
    private void setOwn(SessionAction.SetSetting set) {
        String name = OwnSettings.require(set.name());
        boolean isDefault = set.valueText() == null || set.valueText().equalsIgnoreCase("default");
        String value = isDefault
                ? null
                : OwnSettings.valueOf(name, set.valueText(), session.database().catalog());
        if (session.transaction().isExplicit() || set.local()) {
            session.transaction().own(name, set.local() ? value : null);
        }
        if (!set.local()) {
            session.settings().setOwn(name, value);
        }
    }

    private static void requireUtf8(String valueText) {
        String encoding = valueText == null ? "UTF8" : valueText.replaceAll("['\"\\s_-]", "").toUpperCase(Locale.ROOT);
        if (!encoding.equals("UTF8") && !encoding.equals("UNICODE") && !encoding.equals("DEFAULT")) {
            throw ProxyError.UNSUPPORTED_ENCODING.with(valueText);
        }
    }

    private void reset(String name, Runnable done) {
        if (name != null && name.startsWith(Settings.OWN)) {
            setOwn(new SessionAction.SetSetting(false, name, null));
            done(done, "RESET");
            return;
        }
        List<String> statements = name == null
                ? session.settings().resetAllStatements()
                : List.of(session.settings().resetStatement(name));
        tellOneOrAll(statements, () -> {
            if (name == null) {
                session.settings().resetAll();
                if (session.transaction().hasOwn()) {
                    OwnSettings.NAMES.forEach(own -> session.transaction().own(own, null));
                }
            } else {
                session.settings().set(name, null);
            }
            settingTold(String.join(";", statements), false);
            done(done, "RESET");
        });
    }

    private void settingTold(String sql, boolean local) {
        Transaction transaction = session.transaction();
        if (transaction.isExplicit() || local) {
            transaction.setting(sql);
            return;
        }
        for (Participant participant : transaction.participants()) {
            participant.backend().settings(session.settings().current());
        }
    }

    // ---- telling nodes

    /** Tells every participant; the first error is the client's. Without any, there is nothing to tell. */
    private void tellAll(String sql, Runnable told) {
        tellAll(List.of(sql), told);
    }

    private void tellAll(List<String> statements, Runnable told) {
        List<Participant> participants = listening();
        if (participants.isEmpty()) {
            told.run();
            return;
        }
        TellRun.start(session, participants, statements, told);
    }

    /** The participants that the transaction has begun on: the others get its journal when it does. */
    private List<Participant> listening() {
        List<Participant> participants = new ArrayList<>(session.transaction().participants());
        participants.removeIf(p -> session.transaction().isExplicit() && !p.isBegun());
        return participants;
    }

    /** As {@link #tellAll}, but asks one node when none takes part, so that a wrong value is an error now. */
    private void tellOneOrAll(List<String> statements, Runnable told) {
        if (!listening().isEmpty()) {
            tellAll(statements, told);
            return;
        }
        int node = session.preferredNode(-1);
        Participant participant = session.participant(node, () -> tellOneOrAll(statements, told));
        if (participant != null) {
            TellRun.start(session, List.of(participant), statements, told);
        }
    }

    // ---- prepared statements and cursors

    private void deallocate(String name, Runnable done) {
        if (name == null) {
            session.statements().deallocateAll();
        } else {
            session.statements().deallocate(name);
        }
        done(done, name == null ? "DEALLOCATE ALL" : "DEALLOCATE");
    }

    private void discard(String what, Runnable done) {
        switch (what) {
            case "ALL" -> {
                if (session.transaction().isExplicit()) {
                    throw ProxyError.ACTIVE_TRANSACTION.with("DISCARD ALL cannot run inside a transaction block");
                }
                session.statements().deallocateAll();
                session.settings().resetAll();
                session.settings().tempTables(Set.of());
                session.unpin();
                if (session.listening() != null) {
                    session.listening().unlisten(null);
                }
                done(done, "DISCARD ALL");
            }
            case "TEMP" -> tellAll("DISCARD TEMP", () -> {
                session.tempTables().mayHaveChanged();
                done(done, "DISCARD TEMP");
            });
            default -> done(done, "DISCARD " + what);
        }
    }

    private void closeAllCursors(Runnable done) {
        tellAll("CLOSE ALL", () -> {
            session.transaction().cursors().clear();
            done(done, "CLOSE CURSOR ALL");
        });
    }

    int nodeOfCursor(String name) {
        Integer node = session.transaction().cursors().get(name);
        if (node != null) {
            return node;
        }
        if (session.pinnedNode() >= 0) {
            return session.pinnedNode();
        }
        if (session.transaction().participants().size() > 1) {
            throw ProxyError.UNDEFINED_CURSOR.with(name);
        }
        // A function may have opened it there; otherwise the node says that there is none.
        return session.preferredNode(session.database().catalog().homeNode());
    }

    /** A statement goes to a participant: notes what it means to the session. */
    void sent(StatementPlan plan, Participant participant) {
        if (plan.action() instanceof SessionAction.DeclareCursor declare) {
            session.transaction().cursors().put(declare.name(), participant.node());
        }
        if (plan.action() instanceof SessionAction.CreateTemp create) {
            // Between Bind and Execute the node may have said that there are none, which gave the pin up.
            participant.pin(SessionEffect.TEMP_TABLE);
            create.names().forEach(session.settings()::tempTable);
        }
        session.tempTables().executes(plan);
        if (plan.action() instanceof SessionAction.SetSetting set) {
            configured(set, participant);
        }
    }

    /**
     * A setting that {@code SELECT set_config(...)} changes. It is noted before the node has answered: when the node refuses
     * it, its transaction fails, and that takes the note back.
     */
    private void configured(SessionAction.SetSetting set, Participant asked) {
        String name = set.name();
        Transaction transaction = session.transaction();
        if (name.startsWith(Settings.OWN)) {
            setOwn(set);
            return;
        }
        if (name.equals("client_encoding")) {
            requireUtf8(set.valueText());
        }
        if (set.local() && !transaction.isExplicit()) {
            return;
        }
        // set_config takes a list as one string.
        String value = name.equals("search_path") ? Settings.unquoted(set.valueText()) : set.valueText();
        String sql = set.local()
                ? "SET LOCAL " + Settings.quoted(name) + " TO " + value
                : SessionSettings.statement(name, value);
        if (!set.local()) {
            session.settings().set(name, value);
        }
        if (transaction.isExplicit()) {
            transaction.setting(sql);
            for (Participant other : listening()) {
                if (other != asked) {
                    other.backend().query(sql, Session.INJECTED);
                }
            }
        }
    }

    // ---- transaction control inside forwarded strings

    /** A whole string goes to one node; what it does to the transaction shows in the node's status. */
    void adoptFrom(List<StatementPlan> plans, LexedText lexed, byte[] sql) {
        adopted = null;
        for (StatementPlan plan : plans) {
            if (plan.action() instanceof SessionAction.Begin begin) {
                adopted = begin;
            }
        }
    }

    void adopt(Participant participant, byte status) {
        Transaction transaction = session.transaction();
        if (status == 'I') {
            if (transaction.isExplicit()) {
                session.transactionEnded(!session.cycle().hasErred());
            }
            return;
        }
        if (adopted != null || !transaction.isExplicit()) {
            open(adopted == null ? new SessionAction.Begin(null, null, "") : adopted);
            if (participant != null) {
                participant.begun(true);
            }
        }
        transaction.failed(status == 'E');
    }

    TransactionEnd end() {
        return end;
    }

    /** Whether the reply at hand ends the transaction. */
    boolean ends(BackendConnection backend) {
        return end.isAwaitedFrom(backend);
    }
}
