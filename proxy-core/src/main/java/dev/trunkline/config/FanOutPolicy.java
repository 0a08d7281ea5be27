package dev.trunkline.config;

/** What to do with a statement that has no shard key and would go to several nodes. */
public enum FanOutPolicy {
    /** Run it, silently. */
    ALLOW,
    /** Run it, after a NOTICE. */
    NOTICE,
    /** Run it, after a WARNING that says what it costs and how to avoid it. */
    WARN,
    /** Refuse it with TL001. */
    REJECT
}
