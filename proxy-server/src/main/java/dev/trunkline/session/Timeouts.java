package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's timeouts as far as no single node can keep them. A node watches over its own part; the proxy, about ten times a second,
 * over what lies between: a statement that waits for a plan or a connection, or runs on several nodes; a transaction over several nodes,
 * or that no node has seen; a session that holds no connection.
 *
 * <p>A value is what SET LOCAL says, then SET or the startup message, then ALTER ROLE and ALTER DATABASE. Confined to the session's
 * event loop.
 */
final class Timeouts {

    /** Of a session that holds no connection: the nodes never hear of it. */
    static final String IDLE_SESSION = "idle_session_timeout";
    private static final String STATEMENT = "statement_timeout";
    private static final String TRANSACTION = "transaction_timeout";
    private static final String IDLE_IN_TRANSACTION = "idle_in_transaction_session_timeout";

    private static final Pattern DURATION = Pattern.compile("'?\\s*([0-9.]+)\\s*(us|ms|s|min|h|d|)\\s*'?");

    private final SessionSettings settings;
    private final Transaction transaction;
    private Settings readFrom;
    private long statement;
    private long inTransaction;
    private long idleInTransaction;
    private long idleSession;
    private long idleRequest = -1;
    private long idleSinceNanos;

    Timeouts(SessionSettings settings, Transaction transaction) {
        this.settings = settings;
        this.transaction = transaction;
    }

    /** What a statement that has run, or waited, since then is to be told; null while it may go on. */
    ProxyException ofStatement(long sinceNanos, long now) {
        read();
        return over(statement, sinceNanos, now) ? ProxyError.STATEMENT_TIMEOUT.with() : null;
    }

    /** What ends the session because of its transaction, or null. {@code idleSinceNanos} is 0 while a statement runs. */
    ProxyException ofTransaction(long idleSinceNanos, long now) {
        if (!transaction.isExplicit()) {
            return null;
        }
        read();
        if (over(inTransaction, transaction.begunNanos(), now)) {
            return ProxyError.TRANSACTION_TIMEOUT.with();
        }
        return idleSinceNanos != 0 && over(idleInTransaction, idleSinceNanos, now)
                ? ProxyError.IDLE_IN_TRANSACTION.with()
                : null;
    }

    /**
     * What ends the session because it idles outside of a transaction, or null.
     *
     * @param request the number of the last request: while it stays the same, nothing has been asked
     */
    ProxyException ofIdleSession(long request, long now) {
        read();
        if (idleSession == 0) {
            return null;
        }
        if (request != idleRequest) {
            idleRequest = request;
            idleSinceNanos = now;
        }
        return over(idleSession, idleSinceNanos, now) ? ProxyError.IDLE_SESSION_TIMEOUT.with() : null;
    }

    private static boolean over(long limitNanos, long sinceNanos, long now) {
        return limitNanos > 0 && now - sinceNanos > limitNanos;
    }

    private void read() {
        if (readFrom != settings.current()) {
            readFrom = settings.current();
            statement = nanos(settings.effective(STATEMENT));
            inTransaction = nanos(settings.effective(TRANSACTION));
            idleInTransaction = nanos(settings.effective(IDLE_IN_TRANSACTION));
            idleSession = nanos(settings.effective(IDLE_SESSION));
        }
    }

    /** A duration as SET takes it: a number of milliseconds, or one with a unit. 0 if it is none. */
    static long nanos(String text) {
        Matcher value = text == null ? null : DURATION.matcher(text.toLowerCase(Locale.ROOT));
        if (value == null || !value.matches()) {
            return 0;
        }
        double unit = switch (value.group(2)) {
            case "us" -> 1e3;
            case "s" -> 1e9;
            case "min" -> 60e9;
            case "h" -> 3600e9;
            case "d" -> 86_400e9;
            default -> 1e6;
        };
        return (long) (Double.parseDouble(value.group(1)) * unit);
    }
}
