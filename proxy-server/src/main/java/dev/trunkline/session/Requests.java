package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Routing;
import dev.trunkline.wire.ErrorFields;
import java.time.Instant;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The requests of one session, one after the other: a simple query, or a pipeline up to Sync. Each has an id, a routing and a
 * time, and is measured when it ends. Owned by the session's event loop.
 */
final class Requests {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    /** Statements that took longer than {@code log.slowStatement}. */
    private static final Logger SLOW = LoggerFactory.getLogger("dev.trunkline.slow");

    private final SessionIdentity identity;
    private long number;
    private long startedNanos;
    private long endedNanos;
    private boolean continues;
    private Routing routing;
    /** The first statement that went anywhere. */
    private StatementPlan plan;

    Requests(SessionIdentity identity) {
        this.identity = identity;
    }

    /** @param continues whether a transaction is open */
    void begin(boolean continues) {
        number++;
        startedNanos = System.nanoTime();
        this.continues = continues;
        routing = null;
        plan = null;
    }

    /** A statement goes somewhere. The first one counts for the request. */
    void routed(Routing where, StatementPlan what) {
        if (routing == null) {
            routing = where;
        }
        if (plan == null) {
            plan = what;
        }
    }

    /** When the request at hand began. */
    long startedNanos() {
        return startedNanos;
    }

    /** When the last request began, by the clock on the wall; null before the first. */
    Instant begun(long nowNanos) {
        return number == 0 ? null : Instant.now().minusNanos(nowNanos - startedNanos);
    }

    long count() {
        return number;
    }

    /** The session's number and the number of the request in it. */
    String id() {
        return identity.processId() + "." + number;
    }

    /** Measures the request that has ended, unless it went nowhere. */
    void end(boolean failed) {
        if (routing == null && !failed) {
            return;
        }
        Routing where = routing == null ? Routing.REFUSED : routing;
        routing = null;
        long idleNanos = startedNanos - endedNanos;
        endedNanos = System.nanoTime();
        long nanos = endedNanos - startedNanos;
        identity.database().metrics().statement(where, failed, nanos);
        if (continues) {
            identity.database().metrics().continued(idleNanos);
        }
        if (nanos >= identity.database().slowNanos()) {
            slow(where, failed, nanos);
        }
    }

    /** The fingerprint, never the text: literals are users' data. */
    private void slow(Routing where, boolean failed, long nanos) {
        SLOW.atInfo().addKeyValue("request", id()).addKeyValue("user", identity.user())
                .addKeyValue("database", identity.database().name()).addKeyValue("routing", where.text())
                .addKeyValue("ms", String.format(Locale.ROOT, "%.1f", nanos / 1e6)).addKeyValue("failed", failed)
                .log(plan == null ? "(no statement)" : plan.fingerprint());
    }

    /**
     * An error of our own as the client gets it, and its line in the log. The id of the request ties the two together: it
     * stands in the field that PostgreSQL has for the routine, which drivers keep and show only when they are asked.
     */
    ErrorFields fields(ProxyException error) {
        identity.database().metrics().error(error.error().fault());
        long leftOut = recurs(error.error())
                ? identity.database().recurringErrors().tell(error.error(), System.nanoTime())
                : 0;
        LoggingEventBuilder line = LOG.atLevel(level(error.error(), leftOut == RecurringErrors.LEFT_OUT))
                .addKeyValue("request", id()).addKeyValue("user", identity.user())
                .addKeyValue("database", identity.database().name()).addKeyValue("sqlstate", error.sqlState());
        (leftOut > 0 ? line.addKeyValue("left_out", leftOut) : line).log(error.logged());
        // Drivers know this one by its routine, and prepare again.
        String routine = error.error() == ProxyError.RESULT_TYPE_CHANGED ? "RevalidateCachedQuery" : "request " + id();
        return ErrorFields.of(error).with(ErrorFields.ROUTINE, routine);
    }

    /** Whether every statement fails with it as long as its cause lasts. What a commit came to is each client's own question. */
    private static boolean recurs(ProxyError error) {
        return switch (error.fault()) {
            case NODE, OPERATOR -> error != ProxyError.OUTCOME_UNKNOWN;
            case CLIENT, PROXY -> false;
        };
    }

    private static Level level(ProxyError error, boolean leftOut) {
        return switch (error.fault()) {
            // One error in a transaction is followed by as many of these as the client likes.
            case CLIENT -> error == ProxyError.IN_FAILED_TRANSACTION ? Level.DEBUG : Level.INFO;
            case NODE, OPERATOR -> leftOut ? Level.DEBUG : Level.WARN;
            case PROXY -> Level.ERROR;
        };
    }
}
