package dev.trunkline.catalog;

import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * How the value of a shard key becomes a virtual shard. The virtual shards of ranges, lists and pins are numbered after those of
 * the hash, so that every one has its own number and its node in the shard map.
 */
public sealed interface Placement {

    /** No virtual shard holds the key. */
    int NOWHERE = -1;

    /**
     * The virtual shard of a key.
     *
     * @param hash
     *            its extended hash
     * @param ordinal
     *            its place in the order of its type
     * @param virtualShards
     *            the number of the hash's virtual shards
     */
    int virtualShard(long hash, long ordinal, int virtualShards);

    /**
     * The virtual shard is PostgreSQL's extended hash of the key, modulo the number of virtual shards, but for single keys that
     * have one of their own: {@code pins} by the key's hash.
     */
    record Hash(Map<Long, Integer> pins) implements Placement {

        public Hash {
            pins = Map.copyOf(pins);
        }

        public Hash() {
            this(Map.of());
        }

        @Override
        public int virtualShard(long hash, long ordinal, int virtualShards) {
            if (!pins.isEmpty()) {
                Integer pinned = pins.get(hash);
                if (pinned != null) {
                    return pinned;
                }
            }
            return (int) (hash & virtualShards - 1);
        }
    }

    /** Ranges in ascending order that don't overlap, each with its virtual shard. */
    record Ranges(List<Range> ranges) implements Placement {

        public Ranges {
            ranges = List.copyOf(ranges);
        }

        @Override
        public int virtualShard(long hash, long ordinal, int virtualShards) {
            int low = 0;
            int high = ranges.size() - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                Range range = ranges.get(middle);
                if (ordinal < range.first()) {
                    high = middle - 1;
                } else if (ordinal > range.last()) {
                    low = middle + 1;
                } else {
                    return range.virtualShard();
                }
            }
            return NOWHERE;
        }

        /** Adds the virtual shards that hold any key from {@code first} to {@code last}. */
        public void within(long first, long last, BitSet shards) {
            for (Range range : ranges) {
                if (first <= last && range.first() <= last && range.last() >= first) {
                    shards.set(range.virtualShard());
                }
            }
        }
    }

    /** The keys from {@code first} to {@code last}, both included; the ends of long stand for open ends. */
    record Range(long first, long last, int virtualShard) {}

    /** Listed keys by their hash, and the virtual shard of all others, or {@link #NOWHERE}. */
    record Listed(Map<Long, Integer> keys, int otherwise) implements Placement {

        public Listed {
            keys = Map.copyOf(keys);
        }

        @Override
        public int virtualShard(long hash, long ordinal, int virtualShards) {
            return keys.getOrDefault(hash, otherwise);
        }
    }
}
