package dev.trunkline.route;

import dev.trunkline.error.ProxyException;

/**
 * What a write does to the key of a sharded table. {@code rule} is the key that is written, null where it follows from facts
 * or nothing is written to it; {@code problem} is why it can't be routed, or null.
 */
record KeyWrite(RowSource target, KeyRule rule, ProxyException problem) {}
