package dev.trunkline.session;

import java.net.SocketAddress;
import java.time.Instant;
import java.util.List;

/**
 * A client at one moment.
 *
 * @param waitMicros how long it has waited for a connection, 0 when it doesn't
 * @param pinned the node to which its session is bound beyond the transaction, or null
 * @param nodes the nodes whose connections it holds
 * @param request the id of its last request, as errors and log lines carry it
 * @param requests how many requests (a simple query, or a pipeline up to Sync) it has made
 * @param channels how many channels it listens to
 * @param pinnedFor what binds it to that node, or null
 * @param preparedStatements how many prepared statements it has that have a name
 * @param requested when its last request began; null before the first
 */
public record ClientStatus(int processId, String user, String database, SocketAddress address, String state,
        long waitMicros, String pinned, List<String> nodes, String applicationName, Instant connected, String request,
        long requests, int channels, String pinnedFor, int preparedStatements,
        Instant requested) {}
