package dev.trunkline.testing;

/** The table that the conversations with a server speak of. Through the proxy it is sharded by {@code k}. */
final class KeyValueTable {

    static final String CREATE = "CREATE TABLE kv (k int PRIMARY KEY, v text)";
    static final String FILL = "TRUNCATE kv; INSERT INTO kv VALUES (1, 'one'), (2, 'two'), (3, 'three')";

    private KeyValueTable() {}
}
