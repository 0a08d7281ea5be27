package dev.trunkline.session;

import dev.trunkline.auth.NodeCredential;
import java.net.SocketAddress;
import java.util.List;

/**
 * Who a session is.
 *
 * @param processId what BackendKeyData tells the client
 * @param logins the login at each node, by the node's index
 */
public record SessionIdentity(int processId, String user, ServedDatabase database, SocketAddress address,
        List<NodeCredential> logins) {}
