package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.FanOutCost;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Routing;

/** What is measured of a database's statements. Called from every event loop. */
public interface DatabaseMetrics {

    /** A cycle has ended: a simple query, or a pipeline up to Sync. */
    void statement(Routing routing, boolean failed, long nanos);

    /** What has ended went on with a transaction that the client had left alone for so long. */
    void continued(long idleNanos);

    /** The proxy itself has raised an error. */
    void error(ProxyError.Fault fault);

    /** A statement without a key goes to several nodes, or is rejected. */
    void fanOut(StatementPlan plan, boolean rejected);

    /** A statement without a key has ended. */
    void fanOutEnded(StatementPlan plan, boolean failed, long rows, long nanos);

    /** So many more bytes of rows wait in the merges of several nodes' answers, or fewer. */
    void fanOutQueued(long bytes);

    /** What a statement without a key has cost so far. */
    FanOutCost fanOutCost(StatementPlan plan);
}
