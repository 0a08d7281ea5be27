package dev.trunkline.notification;

import dev.trunkline.error.ProxyException;
import io.netty.channel.EventLoop;

/** A session that listens. Called on its own event loop, in the order in which the node's connection heard it. */
public interface Listener {

    EventLoop loop();

    /** Something was notified on a channel that it has asked for. */
    void notified(Notification notification);

    /** What has arrived for now has been handed over: the client may be told. */
    void deliver();

    /** A node is no longer heard: what is notified there from now on is lost for this listener. */
    void deaf(ProxyException why);
}
