package dev.trunkline.notification;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * The channels of a database on which its sessions listen. A notification is raised on the node of its transaction, and
 * triggers raise it wherever they run: so a session listens at every node, by a connection that all sessions share.
 *
 * <p>Thread-safe: each node's part has an event loop of its own, and answers on the listener's.
 */
public final class Channels {

    private final List<NodeChannels> nodes = new ArrayList<>();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder dropped = new LongAdder();

    public Channels(List<NodeEndpoint> endpoints) {
        endpoints.forEach(endpoint -> nodes.add(new NodeChannels(endpoint)));
    }

    /**
     * Has a listener hear a channel at every node. When {@code done} is called with null, whatever is committed from then on is
     * heard; with an error, nothing was changed.
     *
     * @param logins by node, for a connection that has to be opened
     */
    public void listen(Listener listener, String channel, List<NodeCredential> logins, BackendConnector connector,
            Consumer<ProxyException> done) {
        Gathering gathering = new Gathering(nodes.size(), why -> {
            if (why != null) {
                unlisten(listener, channel);
            }
            done.accept(why);
        });
        for (int i = 0; i < nodes.size(); i++) {
            nodes.get(i).listen(listener, channel, logins.get(i), connector, gathering::answered);
        }
    }

    /** A listener is done with a channel. */
    public void unlisten(Listener listener, String channel) {
        nodes.forEach(node -> node.unlisten(listener, channel));
    }

    /** Calls back when the listener has been handed everything that was committed on any node before this call. */
    public void catchUp(Listener listener, Runnable done) {
        Gathering gathering = new Gathering(nodes.size(), why -> done.run());
        nodes.forEach(node -> node.catchUp(listener, () -> gathering.answered(null)));
    }

    /** A client was told of a notification. */
    public void delivered() {
        delivered.increment();
    }

    /** A notification was taken back from a client that is not told any more. */
    public void dropped() {
        dropped.increment();
    }

    public long deliveredTotal() {
        return delivered.sum();
    }

    public long droppedTotal() {
        return dropped.sum();
    }

    /** Whether a node's listening connection is open. Callable from any thread. */
    public boolean isOpen(int node) {
        return nodes.get(node).isOpen();
    }

    /** How many channels somebody listens to. Callable from any thread. */
    public int count() {
        return nodes.stream().mapToInt(NodeChannels::count).max().orElse(0);
    }

    /** Waits for an answer of every node. Confined to the listener's loop. */
    private static final class Gathering {

        private final Consumer<ProxyException> done;
        private int left;
        private ProxyException first;

        Gathering(int count, Consumer<ProxyException> done) {
            this.left = count;
            this.done = done;
        }

        void answered(ProxyException why) {
            first = first == null ? why : first;
            if (--left == 0) {
                done.accept(first);
            }
        }
    }
}
