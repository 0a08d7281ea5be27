package dev.trunkline.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code shardMap}: every virtual shard must be owned by exactly one node. */
final class ShardMapReader {

    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:\\s*-\\s*(\\d{1,9}))?");

    private final Section database;
    private final int virtualShards;
    private final List<NodeConfig> nodes;
    private final int[] owners;
    private boolean broken;

    ShardMapReader(Section database, int virtualShards, List<NodeConfig> nodes) {
        this.database = database;
        this.virtualShards = virtualShards;
        this.nodes = nodes;
        this.owners = new int[virtualShards];
    }

    /** The index of the owner of each virtual shard. */
    List<Integer> read() {
        Map<String, String> ranges = database.named("shardMap", "virtual shards like 0-127,200");
        if (ranges.isEmpty() && nodes.size() == 1) {
            return Collections.nCopies(virtualShards, 0);
        }
        if (ranges.isEmpty()) {
            if (!nodes.isEmpty()) {
                database.error("shardMap", "is needed with several nodes: the virtual shards of each, 0 to "
                        + (virtualShards - 1));
            }
            return Collections.nCopies(virtualShards, -1);
        }
        Arrays.fill(owners, -1);
        Section map = database.section("shardMap");
        ranges.forEach((node, text) -> assign(map, node, text));
        BitSet unowned = new BitSet();
        for (int shard = 0; shard < virtualShards; shard++) {
            unowned.set(shard, owners[shard] < 0);
        }
        if (!unowned.isEmpty() && !broken) {
            database.error("shardMap", "no node owns " + describe(unowned));
        }
        List<Integer> list = new ArrayList<>(virtualShards);
        for (int owner : owners) {
            list.add(owner);
        }
        return list;
    }

    private void assign(Section map, String name, String text) {
        int index = -1;
        for (NodeConfig node : nodes) {
            if (node.name().equals(name)) {
                index = node.index();
            }
        }
        if (index < 0) {
            broken = true;
            map.error(name, "no node \"" + name + "\"",
                    Spelling.nearest(name, nodes.stream().map(NodeConfig::name).toList()));
            return;
        }
        BitSet own = new BitSet();
        for (String part : text.split(",", -1)) {
            Matcher m = RANGE.matcher(part.strip());
            if (!m.matches()) {
                broken = true;
                map.error(name, "expected virtual shards like 0-127,200, not \"" + text + "\"");
                return;
            }
            int first = Integer.parseInt(m.group(1));
            int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
            if (last >= virtualShards || first > last) {
                broken = true;
                map.error(name, first > last
                        ? "the range " + part.strip() + " runs backwards"
                        : "there is no virtual shard " + last + ": virtualShards is " + virtualShards);
                return;
            }
            own.set(first, last + 1);
        }
        claim(map, name, index, own);
    }

    private void claim(Section map, String name, int index, BitSet own) {
        Map<Integer, BitSet> taken = new TreeMap<>();
        own.stream().forEach(shard -> {
            if (owners[shard] >= 0 && owners[shard] != index) {
                taken.computeIfAbsent(owners[shard], owner -> new BitSet()).set(shard);
            } else {
                owners[shard] = index;
            }
        });
        taken.forEach((owner, shards) -> map.error(name, describe(shards) + (shards.cardinality() == 1 ? " is" : " are")
                + " owned by two nodes, " + nodes.get(owner).name() + " and " + name));
    }

    /** {@code virtual shard 7}, {@code virtual shards 7-9,12}. */
    static String describe(BitSet shards) {
        StringBuilder text = new StringBuilder(
                shards.cardinality() == 1 ? "virtual shard " : "virtual shards ");
        String separator = "";
        for (int first = shards.nextSetBit(0); first >= 0;) {
            int end = shards.nextClearBit(first);
            text.append(separator).append(first);
            if (end - first > 1) {
                text.append('-').append(end - 1);
            }
            separator = ",";
            first = shards.nextSetBit(end);
        }
        return text.toString();
    }
}
