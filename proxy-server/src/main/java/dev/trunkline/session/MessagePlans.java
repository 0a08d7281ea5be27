package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.ClientEncoding;
import java.util.Arrays;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plans of the statements of the message at hand. One that the cache doesn't have is made off the event loop, while the
 * session waits; the message is offered again then, and finds it here.
 */
final class MessagePlans {

    private static final Logger LOG = LoggerFactory.getLogger(MessagePlans.class);

    private final Session session;
    private StatementPlan[] made = new StatementPlan[1];
    private boolean hasMade;
    /** Counts the plans asked for: one that comes when nobody waits for it any more is not for the message at hand. */
    private int asked;
    private ProxyException cancelled;
    private Placed placed;

    /** Where the message at hand goes, a single simple statement, by the catalog, the names and the map of that moment. */
    record Placed(StatementPlan plan, Destination destination, PlanKey key, Catalog catalog,
            DestinationTable destinations) {}

    MessagePlans(Session session) {
        this.session = session;
    }

    /**
     * The plan of a statement, or null when it is being made: then the session waits.
     *
     * @param index the statement's place in the message
     */
    StatementPlan plan(Fingerprint fingerprint, byte[] sql, int start, int end, int index) {
        return plan(fingerprint, session.planKey(), sql, start, end, index);
    }

    /** As above, for a statement of a string whose names have another meaning than before it. */
    StatementPlan plan(Fingerprint fingerprint, PlanKey key, byte[] sql, int start, int end, int index) {
        refuseIfCancelled();
        if (index < made.length && made[index] != null
                && made[index].catalogVersion() >= session.database().catalog().version()) {
            return made[index];
        }
        return find(fingerprint, key, sql, start, end, plan -> remember(index, plan), null);
    }

    private void refuseIfCancelled() {
        if (cancelled != null) {
            ProxyException why = cancelled;
            cancelled = null;
            throw why;
        }
    }

    /**
     * Sees to it that a prepared statement's plan is of the current catalog and names; false when that has to wait. Then
     * {@code next} goes on, or (null) the message is offered again. Uses the worker's lexer.
     */
    boolean makeCurrent(ClientStatement statement, Runnable next) {
        refuseIfCancelled();
        session.preparing().renew(statement);
        PlanKey key = session.planKey();
        if (statement.plan() == StatementPlans.EMPTY
                || statement.isPlannedFor(session.database().catalog().version(), key)) {
            return true;
        }
        byte[] sql = statement.sql();
        if (key.standardConformingStrings() != statement.standardConformingStrings() && hasBackslash(sql)) {
            throw ProxyError.NOT_OVER_NODES.with(
                    "a statement with backslashes that was prepared under another standard_conforming_strings",
                    "Prepare it again, or write E'...' strings.");
        }
        LexedText lexed = session.worker().lexed();
        lexed.lex(sql, 0, sql.length, statement.standardConformingStrings());
        if (lexed.failed()) {
            throw SimpleProtocol.lexicalError(lexed, sql);
        }
        StatementPlan plan = find(lexed.fingerprint(0), key, sql, lexed.statementStart(0), lexed.statementEnd(0),
                newer -> statement.plan(newer, key), next);
        if (plan != null) {
            statement.plan(plan, key);
        }
        return plan != null;
    }

    private static boolean hasBackslash(byte[] sql) {
        for (byte b : sql) {
            if (b == '\\') {
                return true;
            }
        }
        return false;
    }

    /**
     * As above, for a statement of the message at hand, which is refused if its plan is.
     *
     * @throws ProxyException the plan's refusal
     */
    boolean requireCurrent(ClientStatement statement) {
        if (!makeCurrent(statement, null)) {
            return false;
        }
        if (statement.plan().refusal() != null) {
            throw statement.plan().refusal();
        }
        return true;
    }

    /** A plan from the cache; null when it is being made: {@code taker} gets it, and {@code next} goes on. */
    StatementPlan find(Fingerprint fingerprint, PlanKey key, byte[] sql, int start, int end,
            Consumer<StatementPlan> taker, Runnable next) {
        ServedDatabase database = session.database();
        StatementPlan plan = session.worker().plans(database).find(fingerprint, key, sql, database.catalog());
        if (plan != null) {
            return plan;
        }
        session.waiting().begin(SessionState.PLANNING, next);
        int ticket = ++asked;
        database.plans().load(fingerprint, key, sql, start, end, database.catalog())
                .whenComplete((result, failure) -> session.worker().loop()
                        .execute(() -> planned(ticket, taker, result, failure)));
        return null;
    }

    private void planned(int ticket, Consumer<StatementPlan> taker, StatementPlan plan, Throwable failure) {
        if (session.state() != SessionState.PLANNING || ticket != asked) {
            return;
        }
        if (failure != null) {
            LOG.error("planning failed", failure);
        }
        taker.accept(plan != null
                ? plan
                : StatementPlans.refusing(ProxyError.INTERNAL.with("planning failed"),
                        session.database().catalog().version()));
        session.waiting().over();
    }

    private void remember(int index, StatementPlan plan) {
        if (index >= made.length) {
            made = Arrays.copyOf(made, Math.max(index + 1, made.length * 2));
        }
        hasMade = true;
        made[index] = plan;
    }

    /** The message waits for its connection: when it is offered again, it need not be read again. */
    void place(StatementPlan plan, Destination destination) {
        ServedDatabase database = session.database();
        placed = new Placed(plan, destination, session.planKey(), database.catalog(), database.destinations());
    }

    /** Where the message at hand goes; null when that is not known, or not any more. */
    Placed placed() {
        ServedDatabase database = session.database();
        if (placed != null && (placed.catalog != database.catalog() || placed.destinations != database.destinations()
                || !placed.key.equals(session.planKey()))) {
            placed = null;
        }
        return placed;
    }

    /**
     * Sees to it that an encoding can be used, or is known to be missing; false when that has to wait. Then {@code next} goes on, or
     * (null) the message is offered again.
     *
     * @param encoding null for UTF-8
     */
    boolean canSpeak(ClientEncoding encoding, Runnable next) {
        if (encoding == null || encoding.isReady()) {
            return true;
        }
        refuseIfCancelled();
        session.waiting().begin(SessionState.PLANNING, next);
        int ticket = ++asked;
        EncodingThread.await(encoding, session.worker().loop(), () -> {
            if (session.state() == SessionState.PLANNING && ticket == asked) {
                session.waiting().over();
            }
        });
        return false;
    }

    /** The message has been taken: the next one has other statements. */
    void messageTaken() {
        placed = null;
        if (hasMade) {
            hasMade = false;
            made = new StatementPlan[1];
        }
    }

    /** The message is offered again, and refused then; the plan that is being made is for others. */
    void cancel(ProxyException why) {
        asked++;
        cancelled = why;
        session.waiting().over();
    }
}
