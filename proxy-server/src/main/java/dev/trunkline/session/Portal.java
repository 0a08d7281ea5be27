package dev.trunkline.session;

import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.Undo;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;

/**
 * A bound statement. On one node it is the node's own portal under the client's name; a fan-out keeps the bound values here,
 * and a statement that the session answers needs none.
 */
final class Portal implements Undo {

    private final String name;
    private final ClientStatement statement;
    /** The statement's plan as it was bound; the statement itself may have been planned again since. */
    private final StatementPlan plan;
    private final Destination destination;
    private final Participant participant;
    private final ByteBuf values;
    /** Where the replies of the node go, null for the client. */
    private final ReplySink sink;
    /** What the statement's set_config sets, null where that can't be seen. */
    private List<ConfiguredSetting> configured;
    private FanOutRun suspended;
    private boolean done;
    private boolean mayHaveGone;
    private boolean skipped;
    private boolean ofFailed;
    /** The EXECUTE whose portal it is, and what that executes; null for any other. */
    private ClientStatement execute;
    private ClientStatement executed;
    /** The arguments of an open EXECUTE, once a node has evaluated them. */
    private ArgumentValues evaluated;
    /** What client_encoding was set to when it was bound: null for nothing. */
    private String encoding;
    /** The portal of the same name whose place it has taken, if its node allows that; null if there was none. */
    private Portal replaced;

    /**
     * @param participant where the node's portal is; null for a fan-out and for a statement that the session answers
     * @param values the part of the Bind message after the names; null unless it is a fan-out
     */
    Portal(String name, ClientStatement statement, Destination destination, Participant participant, ByteBuf values) {
        this(name, statement, destination, participant, values, null);
    }

    /** As above; {@code sink} is where the node's replies go, null for the client. */
    Portal(String name, ClientStatement statement, Destination destination, Participant participant, ByteBuf values,
            ReplySink sink) {
        this.name = name;
        this.statement = statement;
        this.plan = statement.plan();
        this.destination = destination;
        this.participant = participant;
        this.values = values;
        this.sink = sink;
    }

    ReplySink sink(ReplySink client) {
        return sink == null ? client : sink;
    }

    String name() {
        return name;
    }

    ClientStatement statement() {
        return statement;
    }

    StatementPlan plan() {
        return plan;
    }

    Destination destination() {
        return destination;
    }

    Participant participant() {
        return participant;
    }

    ByteBuf values() {
        return values;
    }

    List<ConfiguredSetting> configured() {
        return configured;
    }

    Portal configured(List<ConfiguredSetting> settings) {
        configured = settings;
        return this;
    }

    /**
     * Whether it is an EXECUTE whose arguments a node has to evaluate before it is known where it runs. PostgreSQL does so when the portal
     * is executed, and then this one gives way to that of what it executes. Its values are the formats of the results.
     */
    boolean isOpen() {
        return values != null && plan.action() instanceof SessionAction.Execute;
    }

    /** The statement whose columns are this portal's: what an EXECUTE executes, otherwise its own. */
    ClientStatement executed() {
        return execute == null ? statement : executed;
    }

    /** The statement that the client has bound. */
    ClientStatement bound() {
        return execute == null ? statement : execute;
    }

    Portal of(ClientStatement sql, ClientStatement prepared) {
        execute = sql;
        executed = prepared;
        return this;
    }

    ArgumentValues evaluated() {
        return evaluated;
    }

    /** Null if they can't be evaluated: it has failed then. */
    void evaluated(ArgumentValues found) {
        evaluated = found;
        done |= found == null;
    }

    /** The run that a row limit has interrupted, or null. */
    FanOutRun suspended() {
        return suspended;
    }

    void suspended(FanOutRun run) {
        suspended = run;
    }

    /** Whether its first Execute is over, so that another one describes no columns. */
    boolean hasRun() {
        return done || suspended != null;
    }

    boolean isDone() {
        return done;
    }

    void done() {
        done = true;
    }

    /**
     * Its values, and the rows that wait in a merge, are in the encoding of its Bind: PostgreSQL would convert them.
     *
     * @throws dev.trunkline.error.ProxyException TL002 where the client speaks another one by now
     */
    void requireEncoding(SessionSettings settings) {
        if (!Objects.equals(encoding, settings.current().now(SessionSettings.ENCODING))) {
            throw ProxyError.NOT_OVER_NODES.with("a portal for several nodes whose client_encoding was changed",
                    "Bind it again, or change the encoding when it has been fetched to its end.");
        }
    }

    /** Whether it was bound in a transaction that had failed. An error takes from older ones what they would run. */
    boolean isOfFailed() {
        return ofFailed;
    }

    Portal boundUnder(SessionSettings settings) {
        encoding = settings.current().now(SessionSettings.ENCODING);
        return this;
    }

    Portal ofFailed(boolean is) {
        ofFailed = is;
        return this;
    }

    /** Whether a ROLLBACK TO may have ended it. */
    boolean mayHaveGone() {
        return mayHaveGone;
    }

    void doubt() {
        mayHaveGone = true;
    }

    /**
     * Its Bind has been skipped after an error: there is no such portal. One that has failed is there, and no more; the name of
     * another one it has not taken.
     */
    @Override
    public void undo(boolean refused) {
        skipped = !refused || replaced != null && !name.isEmpty();
    }

    /** The portal of this name: itself, or if its node has none by it, the one before. Null if there is none. */
    Portal existing() {
        return !skipped ? this : replaced == null || replaced.skipped ? null : replaced;
    }

    void replaces(Portal other) {
        replaced = other;
    }

    void release() {
        if (suspended != null) {
            suspended.abandon();
            suspended = null;
        }
        if (values != null && values.refCnt() > 0) {
            values.release();
        }
    }
}
