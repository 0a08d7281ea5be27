package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.Statement.Transaction.Isolation;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The statements that mean something to the session itself: transaction control, settings, prepared statements, cursors.
 * Those that concern nodes are told to every participant; a node that joins later learns of them from the journal.
 */
final class SessionActions {

    private final Session session;
    private final TransactionEnd end;
    private final Announcements announcements;
    private final SettingActions settings;
    private SessionAction.Begin adopted;

    SessionActions(Session session) {
        this.session = session;
        this.end = new TransactionEnd(session);
        this.announcements = new Announcements(session);
        this.settings = new SettingActions(session, announcements);
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
                case SessionAction.PrepareTransaction prepare -> {
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
            case SessionAction.PrepareTransaction prepare -> end.prepare(prepare.name(), done);
            case SessionAction.Rollback rollback -> end.rollback(rollback.chain(), done);
            case SessionAction.Savepoint savepoint -> savepoint(savepoint.name(), done);
            case SessionAction.Release release -> release(release.name(), done);
            case SessionAction.RollbackTo rollbackTo -> rollbackTo(rollbackTo.name(), done);
            case SessionAction.SetTransaction set -> setTransaction(set, done);
            case SessionAction.SetConstraints set -> setConstraints(set, done);
            case SessionAction.SetCharacteristics set -> settings.setCharacteristics(set, done);
            case SessionAction.SetSetting set -> settings.set(set, done);
            case SessionAction.ResetSetting reset -> settings.reset(reset.name(), done);
            case SessionAction.ShowTrunkline show -> settings.show(show.name(), done);
            case SessionAction.ListChannels list -> listChannels(list.column(), done);
            case SessionAction.Signal signal -> ClientSignal.start(session, signal, source, done);
            case SessionAction.ExplainRoute explain -> RouteExplainer.start(session, explain, source, done);
            case SessionAction.Prepare prepare -> PrepareRun.start(session, prepare, source, done);
            case SessionAction.Execute execute -> throw boundTooEarly(execute);
            case SessionAction.Deallocate deallocate -> deallocate(deallocate.name(), done);
            case SessionAction.Discard discard -> discard(discard.what(), done);
            case SessionAction.CloseCursor close -> closeAllCursors(done);
            case SessionAction.DeclareCursor declare -> throw new IllegalStateException("a cursor lives on a node");
            case SessionAction.CreateTemp create -> throw new IllegalStateException("a temp table lives on a node");
            case SessionAction.Configure configure -> throw new IllegalStateException("a function runs on a node");
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
                session.replies().add(BackendEncoder::emptyQueryResponse);
                done.run();
            }
        }
    }

    /** Whether an action answers without rows, so that its portal runs only once. */
    static boolean hasNoRows(SessionAction action) {
        return !(action instanceof SessionAction.ExplainRoute || action instanceof SessionAction.ShowTrunkline
                || action instanceof SessionAction.ListChannels || action instanceof SessionAction.Signal
                || action instanceof SessionAction.Execute);
    }

    /** What Describe says of an action's result; {@code portal} is null for a statement. */
    void describe(SessionAction action, Portal portal, ByteBuf out) {
        if (action instanceof SessionAction.ExplainRoute explain) {
            BackendEncoder.rowDescription(out, List.of(RouteExplainer.column(explain)));
        } else if (action instanceof SessionAction.Signal signal) {
            BackendEncoder.rowDescription(out, List.of(ClientSignal.column(signal, portal)));
        } else if (action instanceof SessionAction.ListChannels list) {
            BackendEncoder.rowDescription(out, List.of(SettingActions.text(list.column())));
        } else if (action instanceof SessionAction.ShowTrunkline show) {
            BackendEncoder.rowDescription(out, SettingActions.columns(show.name()));
        } else {
            BackendEncoder.noData(out);
        }
    }

    /** What a commit has made the session's, as PostgreSQL tells it: LISTEN shows after its transaction. */
    private void listChannels(String column, Runnable done) {
        Set<String> heard = session.listening() == null ? Set.of() : session.listening().heard();
        if (!session.cycle().inPipeline()) {
            session.replies().add(b -> BackendEncoder.rowDescription(b, List.of(SettingActions.text(column))));
        }
        heard.forEach(channel -> session.replies()
                .add(b -> BackendEncoder.dataRow(b, List.of(Bytes.utf8(channel)))));
        done(done, "SELECT " + heard.size());
    }

    /** It runs as what it executes, but for one that was bound when there was nothing of its name. */
    private ProxyException boundTooEarly(SessionAction.Execute execute) {
        session.statements().get(execute.name());
        return ProxyError.NOT_OVER_NODES.with("an EXECUTE that was bound before its PREPARE has run",
                "Bind it again.");
    }

    private void done(Runnable done, String tag) {
        session.replies().commandComplete(tag);
        done.run();
    }

    private void warn(String sqlState, String message) {
        session.replies().notice(ErrorFields.of("WARNING", sqlState, message));
    }

    // ---- transactions

    private void begin(SessionAction.Begin begin, String tag, Runnable done) {
        Transaction transaction = session.transaction();
        session.identity().requireTransactions();
        if (transaction.isExplicit()) {
            warn("25001", "there is already a transaction in progress");
            // PostgreSQL takes the modes all the same.
            modes(begin.modes(), begin.isolation(), () -> done(done, tag));
            return;
        }
        List<Participant> used = transaction.participants().stream()
                .filter(p -> p.isUsed() || p.backend().isUnsynced()).toList();
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
                begin.isolation() == null
                        ? session.transaction().needsSnapshot() || session.settings().defaultsToSnapshot()
                        : isSnapshot(begin.isolation()),
                session.cycle().settingsToReturnTo());
    }

    private static boolean isSnapshot(Isolation isolation) {
        return isolation == Isolation.REPEATABLE_READ || isolation == Isolation.SERIALIZABLE;
    }

    private void savepoint(String name, Runnable done) {
        requireTransaction("SAVEPOINT");
        String sql = "SAVEPOINT " + Settings.quotedName(name);
        announcements.toAll(sql, () -> {
            session.transaction().savepoint(name, sql, session.settings().current(),
                    session.listening() == null ? 0 : session.listening().mark(), session.numbers().clock());
            done(done, "SAVEPOINT");
        });
    }

    private void release(String name, Runnable done) {
        requireTransaction("RELEASE SAVEPOINT");
        int index = indexOf(name);
        announcements.toAll("RELEASE SAVEPOINT " + Settings.quotedName(name), () -> {
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
        announcements.toAll("ROLLBACK TO SAVEPOINT " + Settings.quotedName(name), () -> {
            boolean hid = session.transaction().hasHidden();
            boolean failed = session.transaction().isFailed();
            Transaction.JournalEntry savepoint = session.transaction().rollbackTo(index);
            if (failed) {
                session.numbers().failedSince(savepoint.numbersTaken());
            }
            session.leases().settingsUndone(hid && !session.transaction().hasHidden());
            session.settings().restore(savepoint.settingsBefore());
            session.transaction().speak(session.settings().clientEncoding());
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
        if (!session.transaction().isExplicit()) {
            if (session.cycle().isFirst()) {
                warn("25P01", "SET TRANSACTION can only be used in transaction blocks");
            }
            if (!session.cycle().isPartOfMore()) {
                done(done, "SET");
                return;
            }
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
        String sql = Transaction.setModes(modes);
        Runnable told = () -> {
            if (isolation != null) {
                transaction.needsSnapshot(isSnapshot(isolation));
            }
            transaction.setting(sql);
            done.run();
        };
        if (transaction.hasSavepoint()) {
            // Behind one some modes are an error, which only a node can tell.
            announcements.toOneOrAll(List.of(sql), told);
        } else {
            announcements.toAll(sql, told);
        }
    }

    /** For as long as the transaction lasts, or what came after its last savepoint. What is deferred is checked now if it is no longer to be. */
    private void setConstraints(SessionAction.SetConstraints set, Runnable done) {
        String sql = "SET CONSTRAINTS " + (set.names().isEmpty()
                ? "ALL"
                : set.names().stream()
                        .map(parts -> parts.stream().map(Settings::quotedName).collect(Collectors.joining(".")))
                        .collect(Collectors.joining(", ")))
                + (set.deferred() ? " DEFERRED" : " IMMEDIATE");
        if (!session.transaction().isExplicit() && session.cycle().isFirst()) {
            warn("25P01", "SET CONSTRAINTS can only be used in transaction blocks");
        }
        boolean lasts = session.transaction().isExplicit() || session.cycle().isPartOfMore();
        Runnable told = () -> {
            if (lasts) {
                session.transaction().setting(sql);
            }
            done(done, "SET CONSTRAINTS");
        };
        if (!set.names().isEmpty()) {
            // A name may be wrong, or not of what can be deferred.
            announcements.toOneOrAll(List.of(sql), told);
        } else if (lasts) {
            announcements.toAll(sql, told);
        } else {
            told.run();
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
                if (session.transaction().isExplicit() || !session.cycle().isAlone()
                        || session.cycle().hasUnsynced()) {
                    throw ProxyError.ACTIVE_TRANSACTION.with("DISCARD ALL cannot run inside a transaction block");
                }
                boolean holds = !session.transaction().participants().isEmpty();
                announcements.toAll("DISCARD ALL", () -> {
                    session.transaction().participants().forEach(p -> p.backend().wasReset());
                    settings.discarded(holds, done);
                });
            }
            case "TEMP" -> announcements.toAllKept("DISCARD TEMP", () -> {
                session.tempTables().mayHaveChanged();
                done(done, "DISCARD TEMP");
            });
            case "SEQUENCES" -> announcements.toAllKept("DISCARD SEQUENCES", () -> done(done, "DISCARD SEQUENCES"));
            default -> done(done, "DISCARD " + what);
        }
    }

    private void closeAllCursors(Runnable done) {
        announcements.toAllKept("CLOSE ALL", () -> {
            session.transaction().noCursors();
            done(done, "CLOSE CURSOR ALL");
        });
    }

    int nodeOfCursor(String name) {
        Integer node = session.transaction().cursors().get(name);
        if (node != null) {
            return node;
        }
        if (session.nodes().pinned() >= 0) {
            return session.nodes().pinned();
        }
        // A function may have opened it there; otherwise the node says that there is none.
        return session.nodes().preferred(session.database().catalog().homeNode());
    }

    /** A statement without parameters goes to a participant: notes what it means to the session. */
    void sent(StatementPlan plan, Participant participant) {
        sent(plan, participant,
                plan.action() instanceof SessionAction.Configure configure ? ConfiguredSetting.of(configure) : null);
    }

    /** As above; {@code configured} is what its set_config sets, null where that can't be seen. */
    void sent(StatementPlan plan, Participant participant, List<ConfiguredSetting> configured) {
        if (plan.action() instanceof SessionAction.DeclareCursor declare) {
            session.transaction().declared(declare.name(), declare.hold(), participant.node());
        }
        if (plan.action() instanceof SessionAction.CreateTemp create) {
            // Between Bind and Execute the node may have said that there are none, which gave the pin up.
            participant.pin(SessionEffect.TEMP_TABLE);
            create.names().forEach(name -> session.tempTables().made(name, create.passing()));
            if (create.names().isEmpty()) {
                session.tempTables().madeOther();
            }
        }
        session.tempTables().executes(plan);
        if (plan.sequences() != SequenceUse.NONE) {
            session.numbers().executed(participant, plan.sequences());
        }
        if (plan.action() instanceof SessionAction.Configure) {
            settings.configured(configured, participant);
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
                session.settlement().transactionEnded(!session.cycle().hasErred());
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
