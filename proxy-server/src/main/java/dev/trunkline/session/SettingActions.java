package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * SET, RESET, SHOW of the proxy's own settings, and set_config: each is said to the nodes that take part, or to one, so that a
 * wrong value is an error now; noted for those that come later; and undone with its transaction.
 */
final class SettingActions {

    /** Not a setting, but shown like one: the channels that the session listens to. */
    private static final String CHANNELS = Settings.OWN + "channels";
    /** Neither is this: the session's prepared statements, by name. */
    private static final String STATEMENTS = Settings.OWN + "prepared_statements";

    private final Session session;
    private final Announcements announcements;

    SettingActions(Session session, Announcements announcements) {
        this.session = session;
        this.announcements = announcements;
    }

    /** The columns of SHOW. */
    static List<Field> columns(String name) {
        return name.equals(STATEMENTS)
                ? List.of(text("name"), text("statement"))
                : List.of(text(requireShown(name)));
    }

    /** A column of text. */
    static Field text(String name) {
        return new Field(name, 0, 0, PgOid.TEXT, -1, -1, 0);
    }

    private static String requireShown(String name) {
        return name.equals(CHANNELS) ? name : OwnSettings.require(name);
    }

    void show(String name, Runnable done) {
        List<Field> columns = columns(name);
        if (!session.cycle().inPipeline()) {
            session.replies().add(b -> BackendEncoder.rowDescription(b, columns));
        }
        for (List<Bytes> row : shown(name)) {
            session.replies().add(b -> BackendEncoder.dataRow(b, row));
        }
        done("SHOW", done);
    }

    private List<List<Bytes>> shown(String name) {
        return switch (name) {
            case CHANNELS -> List.of(List.of(Bytes.utf8(session.listening() == null
                    ? ""
                    : String.join(", ", session.listening().heard()))));
            case STATEMENTS -> session.statements().named().stream()
                    .map(statement -> List.of(Bytes.utf8(statement.name()), Bytes.of(statement.sql()))).toList();
            default -> List.of(List.of(Bytes.utf8(session.own().shown(name, session.identity().user()))));
        };
    }

    void set(SessionAction.SetSetting asWritten, Runnable done) {
        SessionAction.SetSetting set = whole(asWritten);
        String name = set.name();
        boolean speaks = name.equals(SessionSettings.ENCODING) && set.valueText() != null;
        if (speaks && !session.plans().canSpeak(ClientEncoding.of(set.valueText()), () -> set(set, done))) {
            return;
        }
        if (set.local() && !session.transaction().isExplicit()) {
            if (session.cycle().isFirst()) {
                session.replies()
                        .notice(ErrorFields.of("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks"));
            }
            if (!session.cycle().isPartOfMore()) {
                check(set, () -> done("SET", done));
                return;
            }
        }
        if (name.startsWith(Settings.OWN)) {
            setOwn(set);
            done("SET", done);
            return;
        }
        if (speaks) {
            requireServed(set.valueText());
        }
        String sql = set.local()
                ? session.settings().localStatement(name, set.valueText())
                : set.valueText() == null
                        ? session.settings().resetStatement(name)
                        : SessionSettings.statement(name, set.valueText());
        if (PassingSetting.isOne(name)) {
            announcements.toOneOrAll(List.of(sql), () -> {
                passes(name, set.valueText());
                done("SET", done);
            });
            return;
        }
        if (name.equals(Timeouts.IDLE_SESSION)) {
            // A node says whether the value is one, and doesn't keep it.
            announcements.toOneOrAll(List.of(sql, "SET " + name + " TO 0"), () -> {
                if (!set.local()) {
                    session.settings().set(name, set.valueText());
                }
                done("SET", done);
            });
            return;
        }
        if (!set.local() && set.valueText() == null) {
            reset(name, "SET", done);
            return;
        }
        announcements.toOneOrAll(List.of(sql), () -> {
            if (set.local()) {
                session.settings().setLocal(name, sql);
            } else {
                session.settings().set(name, set.valueText());
            }
            settingTold(List.of(sql), set.local());
            done("SET", done);
        });
    }

    /** As other connections have to be told of it, too. */
    private SessionAction.SetSetting whole(SessionAction.SetSetting set) {
        if (!set.name().equals(DateStyle.SETTING) || set.valueText() == null) {
            return set;
        }
        List<String> words = SettingValues.of(set.valueText());
        String whole = words == null ? null : wholeDateStyle(String.join(",", words));
        return whole == null ? set : new SessionAction.SetSetting(set.local(), set.name(), Settings.literal(whole));
    }

    private String wholeDateStyle(String wanted) {
        String said = session.settings().saidSince(DateStyle.SETTING);
        String before = said == null ? session.reported().dateStyleAtLogin() : said.replace("'", "");
        return before == null ? null : DateStyle.whole(wanted, before);
    }

    /** SET LOCAL outside of a transaction sets nothing, but has to be right. */
    private void check(SessionAction.SetSetting set, Runnable right) {
        if (set.name().startsWith(Settings.OWN)) {
            ownValue(set);
            right.run();
        } else {
            announcements.toOneOrAll(List.of(session.settings().localStatement(set.name(), set.valueText())), right);
        }
    }

    /** The nodes of the transaction have taken what ends with it, or, as the seed, can't be taken back. */
    private void passes(String name, String valueText) {
        Transaction transaction = session.transaction();
        if (!PassingSetting.isMode(name)) {
            transaction.participants().forEach(p -> p.backend().taint());
        } else if (transaction.isExplicit() || session.cycle().isPartOfMore()) {
            String modes = PassingSetting.modes(name, valueText);
            if (PassingSetting.isIsolation(name)) {
                transaction.needsSnapshot(PassingSetting.isSnapshot(modes));
            }
            transaction.setting(Transaction.setModes(modes));
        }
    }

    /** The value of one of the proxy's own, null for its default. */
    private String ownValue(SessionAction.SetSetting set) {
        String name = OwnSettings.require(set.name());
        boolean isDefault = set.valueText() == null || set.valueText().equalsIgnoreCase("default");
        return isDefault ? null : OwnSettings.valueOf(name, set.valueText(), session.database().catalog());
    }

    /** {@code trunkline.*}: the proxy's own affair, of which no node hears. */
    private void setOwn(SessionAction.SetSetting set) {
        String name = set.name();
        String value = ownValue(set);
        if (session.transaction().isExplicit() || set.local()) {
            session.transaction().own(name, set.local() ? value : null);
        }
        if (!set.local()) {
            session.settings().setOwn(name, value);
        }
    }

    /** What PostgreSQL does not know either, a node refuses. */
    private static void requireServed(String valueText) {
        if (ClientEncoding.isUnserved(valueText)) {
            throw ProxyError.UNSUPPORTED_ENCODING.with(ClientEncoding.canonical(valueText));
        }
    }

    void reset(String name, Runnable done) {
        if (name != null && name.startsWith(Settings.OWN)) {
            setOwn(new SessionAction.SetSetting(false, name, null));
            done("RESET", done);
            return;
        }
        reset(name, "RESET", done);
    }

    private void reset(String name, String tag, Runnable done) {
        List<String> statements = name == null
                ? session.settings().resetAllStatements()
                : session.settings().resetStatements(name);
        announcements.toOneOrAll(statements, () -> {
            if (name == null) {
                session.settings().resetAll();
                if (session.transaction().hasOwn()) {
                    OwnSettings.NAMES.forEach(own -> session.transaction().own(own, null));
                }
            } else {
                session.settings().set(name, null);
            }
            settingTold(statements, false);
            done(tag, done);
        });
    }

    /** @param statements one by one: a node that joins the transaction later is told each of them by itself */
    private void settingTold(List<String> statements, boolean local) {
        session.transaction().speak(session.settings().clientEncoding());
        Transaction transaction = session.transaction();
        boolean ofTransaction = transaction.isExplicit() || local;
        // A BEGIN may follow that absorbs it.
        if (ofTransaction || session.cycle().isPartOfMore()) {
            statements.forEach(transaction::setting);
        }
        if (ofTransaction) {
            return;
        }
        for (Participant participant : transaction.participants()) {
            participant.backend().settings(session.settings().current());
        }
    }

    void setCharacteristics(SessionAction.SetCharacteristics set, Runnable done) {
        String sql = "SET SESSION CHARACTERISTICS AS TRANSACTION " + set.modes();
        announcements.toOneOrAll(List.of(sql), () -> {
            characteristicsSet(set);
            settingTold(List.of(sql), false);
            done("SET", done);
        });
    }

    private void characteristicsSet(SessionAction.SetCharacteristics set) {
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
    }

    /** Connections that the session keeps have been cleared; those in the pool are not its own. */
    void discarded(boolean onHeld, Runnable done) {
        Settings before = session.settings().current();
        session.statements().deallocateAll();
        session.settings().discardAll();
        session.tempTables().none();
        session.leases().unpin();
        session.transaction().noCursors();
        if (session.listening() != null) {
            session.listening().unlisten(null);
        }
        if (onHeld || before != session.settings().current()) {
            inForce(before, () -> done("DISCARD ALL", done));
        } else {
            done("DISCARD ALL", done);
        }
    }

    /** Applies the session's settings to a node, and tells the client what it has there of those that were set before. */
    private void inForce(Settings before, Runnable next) {
        Participant participant = session.participant(session.nodes().preferred(-1), () -> inForce(before, next));
        if (participant != null) {
            BackendConnection backend = participant.backend();
            Settings wanted = session.settings().current();
            if (backend.isUnsynced() && backend.settings() != wanted && !wanted.statements().isEmpty()) {
                backend.settings(wanted);
                TellRun.start(session, List.of(participant), wanted.statements(), () -> inForce(before, next));
                return;
            }
            Map.copyOf(backend.parameters()).forEach((name, value) -> {
                if (before.shows(name)) {
                    session.nodeEvents().parameterChanged(backend, name, value);
                }
            });
            next.run();
        }
    }

    /**
     * What {@code SELECT set_config(...)} changes. It is noted before the node has answered: when the node refuses it, its
     * transaction fails, and that takes the note back.
     *
     * @param settings null where only the node knows them: then the session stays with it
     */
    void configured(List<ConfiguredSetting> settings, Participant asked) {
        if (settings == null) {
            session.leases().hiddenSetting(asked);
            return;
        }
        settings.forEach(setting -> configured(setting, asked));
    }

    private void configured(ConfiguredSetting asWritten, Participant asked) {
        String name = asWritten.name();
        String dateStyle = name.equals(DateStyle.SETTING) && asWritten.value() != null
                ? wholeDateStyle(asWritten.value())
                : null;
        ConfiguredSetting setting = dateStyle == null
                ? asWritten
                : new ConfiguredSetting(name, dateStyle, asWritten.local());
        Transaction transaction = session.transaction();
        String valueText = setting.value() == null ? null : "'" + setting.value().replace("'", "''") + "'";
        if (name.startsWith(Settings.OWN)) {
            asked.backend().taint();
            setOwn(new SessionAction.SetSetting(setting.local(), name, valueText));
            return;
        }
        if (name.equals(SessionSettings.ENCODING) && valueText != null) {
            requireServed(valueText);
        }
        if (PassingSetting.isOne(name)) {
            if (valueText != null) {
                passes(name, valueText);
                announcements.tellOthers(asked, SessionSettings.statement(name, valueText));
            }
            return;
        }
        if (setting.local() && !transaction.isExplicit() && !session.cycle().isPartOfMore()) {
            return;
        }
        if (setting.value() == null && session.settings().isOfStartup(name)) {
            // The node's default is not the session's.
            throw ProxyError.NOT_OVER_NODES.with("set_config to NULL of what the startup message has set",
                    "Use RESET " + name + ".");
        }
        // SET would take a list for one element.
        String sql = setting.value() != null
                ? Settings.configuration(name, setting.value(), setting.local())
                : setting.local()
                        ? session.settings().localStatement(name, null)
                        : session.settings().resetStatement(name);
        if (setting.local()) {
            session.settings().setLocal(name, sql);
        } else if (setting.value() == null) {
            session.settings().set(name, null);
        } else {
            session.settings().configure(name, sql);
        }
        session.transaction().speak(session.settings().clientEncoding());
        boolean ofTransaction = transaction.isExplicit() || setting.local();
        if (ofTransaction || session.cycle().isPartOfMore()) {
            transaction.setting(sql);
        }
        if (!ofTransaction && name.equals(Timeouts.IDLE_SESSION)) {
            asked.backend().taint();
        } else if (!ofTransaction) {
            asked.backend().settings(session.settings().current());
        }
        announcements.tellOthers(asked, sql);
    }

    private void done(String tag, Runnable done) {
        session.replies().commandComplete(tag);
        done.run();
    }
}
