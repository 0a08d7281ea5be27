package dev.trunkline.backend;

import dev.trunkline.auth.Encryption;
import io.netty.channel.Channel;
import java.net.SocketAddress;

/**
 * A connection to a node at one moment.
 *
 * @param state {@code active} (lent), {@code idle}, {@code tested} (being checked or cleared), {@code being_canceled} (kept
 *     from use until a cancel request has arrived)
 * @param from where it begins, at the proxy
 * @param client the process id of the client that it is lent to; null when it is not
 * @param processId of the node's process at its other end
 * @param encryption version and cipher; null for plain text
 * @param applicationName as the node has reported it last
 */
public record ServerStatus(String state, SocketAddress to, SocketAddress from, Integer client, int processId,
        String encryption, String applicationName, int preparedStatements) {

    static ServerStatus of(BackendConnection connection, Channel channel) {
        BackendOwner owner = connection.owner();
        Integer client = owner == null ? null : owner.client();
        String unlent = connection.cancellation().isOnItsWay() ? "being_canceled" : "idle";
        String state = owner == null ? unlent : client == null ? "tested" : "active";
        return new ServerStatus(state, channel.remoteAddress(), channel.localAddress(), client,
                connection.processId(), Encryption.of(channel), connection.parameters().get("application_name"),
                connection.preparedStatements());
    }
}
