package dev.trunkline.value;

/** What a value says about the virtual shard of a key. */
public sealed interface KeyResult {

    /**
     * The key has this hash. {@code ordinal} is its place in the order of its type, which follows from it: the number itself,
     * the days or microseconds of a date or time, 0 for types that are never placed by range.
     */
    record Hashed(long hash, long ordinal) implements KeyResult {

        public Hashed(long hash) {
            this(hash, 0);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Hashed hashed && hashed.hash == hash;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(hash);
        }

        /** The virtual shard among {@code virtualShards}, a power of two. */
        public int virtualShard(int virtualShards) {
            return PgHash.virtualShard(hash, virtualShards);
        }
    }

    /** The comparison is true for no row at all: NULL, or a value that no key of this type can equal. */
    record NoRow(String why) implements KeyResult {}

    /**
     * The value names no shard: its type compares in another way than it hashes, its spelling depends on a setting or is
     * none that we read, or the server will raise an error. A read may still go to every node; a write may not.
     */
    record NotAKey(String why) implements KeyResult {}
}
