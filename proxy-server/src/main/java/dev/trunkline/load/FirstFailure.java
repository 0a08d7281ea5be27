package dev.trunkline.load;

import dev.trunkline.config.NodeConfig;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;

/** What went wrong first on any node; later failures are mostly its consequences. */
final class FirstFailure {

    /** A node's error, or the loss of the connection to it. */
    record OnNode(NodeConfig node, SQLException error) {}

    private final AtomicReference<OnNode> first = new AtomicReference<>();

    void set(NodeConfig node, SQLException error) {
        first.compareAndSet(null, new OnNode(node, error));
    }

    boolean isSet() {
        return first.get() != null;
    }

    /** Null while nothing has failed. */
    OnNode get() {
        return first.get();
    }
}
