package dev.trunkline.session;

import dev.trunkline.route.Routing;

/** What is measured of a database's statements. Called from every event loop. */
public interface DatabaseMetrics {

    /** A cycle has ended: a simple query, or a pipeline up to Sync. */
    void statement(Routing routing, boolean failed, long nanos);

    /** A statement without a key was sent to several nodes or rejected; {@code reason} is one of a few words. */
    void fanOut(String reason);

    /** The median time of statements of a routing so far, in microseconds; 0 when there were none. */
    long medianMicros(Routing routing);

    /** Bytes that came from or went to a node. */
    void nodeBytes(int node, boolean toNode, long bytes);
}
