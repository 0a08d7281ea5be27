package dev.trunkline.plan;

import dev.trunkline.sql.Statement;
import dev.trunkline.sql.Statement.Transaction.Isolation;
import java.util.Locale;

/** What transaction control and settings mean to a session. */
final class SessionStatements {

    private SessionStatements() {}

    static Decision transaction(Statement.Transaction t, StatementPlanner planner) {
        return switch (t.verb()) {
            case BEGIN -> planner.local(new SessionAction.Begin(t.isolation(), t.readOnly(), t.modes()));
            case COMMIT -> planner.local(new SessionAction.Commit(t.chain()));
            case ROLLBACK -> planner.local(new SessionAction.Rollback(t.chain()));
            case SAVEPOINT -> planner.local(new SessionAction.Savepoint(t.name()));
            case RELEASE -> planner.local(new SessionAction.Release(t.name()));
            case ROLLBACK_TO -> planner.local(new SessionAction.RollbackTo(t.name()));
            case PREPARE -> {
                Decision decision = prepared("PREPARE TRANSACTION", planner);
                yield decision.refused() ? decision : planner.local(new SessionAction.PrepareTransaction(t.name()));
            }
            case COMMIT_PREPARED -> prepared("COMMIT PREPARED", planner);
            case ROLLBACK_PREPARED -> prepared("ROLLBACK PREPARED", planner);
        };
    }

    private static Decision prepared(String what, StatementPlanner planner) {
        return planner.onlyOneNode(what, Access.write(what),
                "Use COMMIT or ROLLBACK; the proxy prepares where it must.");
    }

    static SessionAction setting(Statement.Setting s) {
        if (s.verb() == Statement.Setting.Verb.RESET) {
            return new SessionAction.ResetSetting(s.name().equals("all") ? null : s.name());
        }
        boolean local = s.scope() == Statement.Setting.Scope.LOCAL;
        return switch (s.name()) {
            case "transaction" ->
                new SessionAction.SetTransaction(isolation(s.value()), readOnly(s.value()), s.value());
            case "session_characteristics" -> new SessionAction.SetCharacteristics(isolation(s.value()),
                    readOnly(s.value()), s.value());
            default -> new SessionAction.SetSetting(local, s.name(), s.value());
        };
    }

    private static Isolation isolation(String modes) {
        String words = words(modes);
        if (words.contains("isolation level serializable")) {
            return Isolation.SERIALIZABLE;
        }
        if (words.contains("isolation level repeatable read")) {
            return Isolation.REPEATABLE_READ;
        }
        if (words.contains("isolation level read committed")) {
            return Isolation.READ_COMMITTED;
        }
        return words.contains("isolation level read uncommitted") ? Isolation.READ_UNCOMMITTED : null;
    }

    private static Boolean readOnly(String modes) {
        String words = words(modes);
        return words.contains("read only") ? Boolean.TRUE : words.contains("read write") ? Boolean.FALSE : null;
    }

    private static String words(String modes) {
        return modes == null ? "" : modes.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    }
}
