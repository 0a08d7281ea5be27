package dev.trunkline.admin;

import dev.trunkline.config.UserConfig.AdminRight;
import dev.trunkline.error.ProxyError;
import dev.trunkline.frontend.AdminAccess.Visitor;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Runs a visitor's statements, and knows the columns of their answers beforehand. Owned by the visitor's event loop. */
final class Execution {

    /** What drivers set without being asked, beside the settings that have a value here. */
    private static final Set<String> SAID_BY_DRIVERS = Set.of("transaction", "characteristics", "constraints",
            "client_min_messages", "bytea_output", "lc_messages", "lock_timeout", "idle_in_transaction_session_timeout",
            "idle_session_timeout", "transaction_timeout", "default_transaction_deferrable", "row_security", "jit",
            "synchronous_commit", "work_mem", "role", "session_authorization");

    private final Visitor visitor;
    private final Rows rows;
    private final Commands commands;
    private final Map<String, String> settings = new HashMap<>();

    Execution(Visitor visitor, Rows rows, Commands commands) {
        this.visitor = visitor;
        this.rows = rows;
        this.commands = commands;
        settings.putAll(Map.of("search_path", "\"$user\", public", "transaction_isolation", "read committed",
                "default_transaction_isolation", "read committed", "transaction_read_only", "off",
                "default_transaction_read_only", "off", "max_identifier_length", "63", "statement_timeout", "0",
                "extra_float_digits", "1"));
        visitor.parameters().forEach((name, value) -> settings.put(name.toLowerCase(Locale.ROOT), value));
    }

    /** Whether anybody could mean the session's own setting by this name; the proxy's are in the configuration file. */
    boolean isSessionSetting(String name) {
        return name.indexOf('.') >= 0 || settings.containsKey(name.toLowerCase(Locale.ROOT))
                || SAID_BY_DRIVERS.contains(name);
    }

    String setting(String name) {
        return settings.getOrDefault(name, "");
    }

    /** The columns of the answer, null when it has none. */
    List<Column> columns(AdminStatement statement) {
        return switch (statement) {
            case AdminStatement.Show show -> show.view().columns();
            case AdminStatement.ShowSetting show -> List.of(Column.text(settingName(show.name())));
            case AdminStatement.Select select -> select.items().stream()
                    .map(item -> new Column(item.name(), item.type())).toList();
            case AdminStatement.Reload reload -> Commands.CHANGES;
            case AdminStatement.Empty empty -> null;
            case AdminStatement.SetLogLevel set -> null;
            case AdminStatement.SetSetting set -> null;
            case AdminStatement.Transaction transaction -> null;
            case AdminStatement.Forget forget -> null;
            case AdminStatement.Pause pause -> null;
            case AdminStatement.Resume resume -> null;
            case AdminStatement.Reconnect reconnect -> null;
            case AdminStatement.WaitClose wait -> null;
            case AdminStatement.Kill kill -> null;
            case AdminStatement.KillDatabase kill -> null;
        };
    }

    /** The answer, sooner or later, on any thread; a refusal is thrown at once. Transactions are the session's own. */
    CompletableFuture<Answer> run(AdminStatement statement) {
        requireRight(statement);
        return answer(statement).toCompletableFuture();
    }

    private CompletionStage<Answer> answer(AdminStatement statement) {
        return switch (statement) {
            case AdminStatement.Show show -> rows.of(show.view(), show.database()).thenApply(Answer::rows);
            case AdminStatement.ShowSetting show -> now(Answer.rows(List.of(List.of(value(show.name())))));
            case AdminStatement.Select select -> now(new Answer(List.of(select.items().stream().map(this::value)
                    .toList()), "SELECT 1"));
            case AdminStatement.SetLogLevel set -> {
                LogLevel.set(set.level());
                yield now(Answer.done("SET"));
            }
            case AdminStatement.SetSetting set -> {
                if (set.value() != null) {
                    settings.put(set.name().toLowerCase(Locale.ROOT), set.value());
                }
                yield now(Answer.done("SET"));
            }
            case AdminStatement.Forget forget -> now(Answer.done(forget.tag()));
            case AdminStatement.Pause pause -> commands.pause(pause.database(), visitor.loop());
            case AdminStatement.Resume resume -> commands.resume(resume.database());
            case AdminStatement.Reconnect reconnect -> commands.reconnect(reconnect.database());
            case AdminStatement.WaitClose wait -> commands.waitClose(wait.database(), visitor.loop());
            case AdminStatement.Kill kill -> commands.kill(kill.client(), visitor.user());
            case AdminStatement.KillDatabase kill -> commands.kill(kill.database(), visitor);
            case AdminStatement.Reload reload -> commands.reload();
            case AdminStatement.Empty empty -> throw new IllegalStateException("the session answers it");
            case AdminStatement.Transaction transaction -> throw new IllegalStateException("the session answers it");
        };
    }

    private static CompletionStage<Answer> now(Answer answer) {
        return CompletableFuture.completedStage(answer);
    }

    /** Who may read may SHOW; the rest takes the full right. */
    private void requireRight(AdminStatement statement) {
        boolean changes = switch (statement) {
            case AdminStatement.SetLogLevel set -> true;
            case AdminStatement.Pause pause -> true;
            case AdminStatement.Resume resume -> true;
            case AdminStatement.Reconnect reconnect -> true;
            case AdminStatement.WaitClose wait -> true;
            case AdminStatement.Kill kill -> true;
            case AdminStatement.KillDatabase kill -> true;
            case AdminStatement.Reload reload -> true;
            case AdminStatement.Show show -> false;
            case AdminStatement.ShowSetting show -> false;
            case AdminStatement.Select select -> false;
            case AdminStatement.SetSetting set -> false;
            case AdminStatement.Forget forget -> false;
            case AdminStatement.Transaction transaction -> false;
            case AdminStatement.Empty empty -> false;
        };
        if (changes && visitor.right() != AdminRight.FULL) {
            throw ProxyError.INSUFFICIENT_PRIVILEGE.with("permission denied: user \"" + visitor.user()
                    + "\" may only SHOW", "Set admin to full for the user in the configuration file.");
        }
    }

    // ---- settings and constants

    private static String settingName(String written) {
        String lower = written.toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "transaction isolation level" -> "transaction_isolation";
            case "time zone" -> "TimeZone";
            case "session authorization" -> "session_authorization";
            case "datestyle" -> "DateStyle";
            default -> lower;
        };
    }

    private Object value(String written) {
        String name = settingName(written).toLowerCase(Locale.ROOT);
        String value = name.equals("log_level") ? LogLevel.get() : settings.get(name);
        if (value == null) {
            throw ProxyError.UNDEFINED_SETTING.with(written)
                    .withHint("This is the admin database; SHOW HELP lists its commands.");
        }
        return value;
    }

    private Object value(AdminStatement.Select.Item item) {
        if (item.function() == null) {
            return item.value();
        }
        return switch (item.function()) {
            case "version" -> "PostgreSQL " + setting("server_version") + " (" + Version.TEXT + ", admin database)";
            case "current_database", "current_catalog" -> "trunkline";
            case "current_user", "session_user", "user" -> visitor.user();
            case "current_schema" -> "public";
            case "pg_backend_pid" -> visitor.processId();
            case "pg_is_in_recovery" -> false;
            case "now" -> Instant.now();
            default -> throw new IllegalStateException(item.function());
        };
    }
}
