package dev.trunkline.frontend;

import dev.trunkline.config.UserConfig;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.Map;

/** The way into the admin database: what {@code admin} implements and a client's connection opens. */
public interface AdminAccess {

    /** The admin database's name. */
    String DATABASE = "trunkline";

    /**
     * Who comes in.
     *
     * @param parameters what the client was told by ParameterStatus
     */
    record Visitor(int processId, String user, UserConfig.AdminRight right, SocketAddress address, EventLoop loop,
            Map<String, String> parameters) {}

    ClientSession open(Visitor visitor, ClientInput input, ClientOutput out);
}
