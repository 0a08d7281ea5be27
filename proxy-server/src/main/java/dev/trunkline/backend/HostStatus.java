package dev.trunkline.backend;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/**
 * The name of a node's host and where it leads, at one moment.
 *
 * @param left how long the addresses hold; zero when they are looked up before the next connection
 * @param addresses those of the last look-up that succeeded; empty before
 * @param asking whether it is being looked up
 * @param failure why the last look-up has failed; null when it has not
 */
public record HostStatus(String host, Duration left, List<InetAddress> addresses, boolean asking, String failure) {}
