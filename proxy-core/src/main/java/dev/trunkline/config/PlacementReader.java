package dev.trunkline.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads how a table's keys are placed, and numbers the virtual shards that don't come from the hash, in the file's order. */
final class PlacementReader {

    private enum Kind {
        HASH,
        RANGE,
        LIST
    }

    private static final String DEFAULT = "default";

    private final List<String> nodes;
    private final int hashed;
    private final List<PlacementConfig.OwnShard> own = new ArrayList<>();

    PlacementReader(List<NodeConfig> nodes, int virtualShards) {
        this.nodes = nodes.stream().map(NodeConfig::name).toList();
        this.hashed = virtualShards;
    }

    List<PlacementConfig.OwnShard> ownShards() {
        return own;
    }

    /** The placement of a table, null where it says nothing of it. */
    PlacementConfig read(Section t, String table, boolean sharded, int keyColumns) {
        boolean said = t.has("placement") || t.has("ranges") || t.has("lists") || t.has("pins");
        Kind kind = t.choice("placement", Kind.class, Kind.HASH);
        Map<String, List<String>> ranges = t.lists("ranges", "from..to, or list of them");
        Map<String, List<String>> lists = t.lists("lists", "key, or list of keys, or default");
        Map<String, List<String>> pins = t.lists("pins", "node");
        if (said && !sharded) {
            t.error(t.has("placement") ? "placement" : t.has("ranges") ? "ranges" : t.has("lists") ? "lists" : "pins",
                    "needs shardKey");
            return null;
        }
        only(t, kind, Kind.RANGE, "ranges");
        only(t, kind, Kind.LIST, "lists");
        only(t, kind, Kind.HASH, "pins");
        if (kind != Kind.HASH && keyColumns > 1) {
            t.error("placement", "a key of " + keyColumns + " columns can only be placed by hash");
        }
        return !said ? null : switch (kind) {
            case HASH -> pins(t, table, pins);
            case RANGE -> ranges(t, table, ranges);
            case LIST -> lists(t, table, lists);
        };
    }

    private static void only(Section t, Kind kind, Kind wanted, String key) {
        String word = Section.word(wanted);
        if (t.has(key) && kind != wanted) {
            t.error(key, "needs placement: " + word);
        } else if (!t.has(key) && kind == wanted && wanted != Kind.HASH) {
            t.error("placement", "needs " + key);
        }
    }

    private int shard(String table, String keys, int node) {
        own.add(new PlacementConfig.OwnShard(table, keys, node));
        return hashed + own.size() - 1;
    }

    /** The index of a node of the file; -1 after saying that there is none. */
    private int node(Section section, String key, String name) {
        int node = nodes.indexOf(name);
        if (node < 0) {
            section.error(key, "no node \"" + name + "\"", Spelling.nearest(name, nodes));
        }
        return node;
    }

    private PlacementConfig pins(Section t, String table, Map<String, List<String>> pins) {
        Map<String, Integer> shards = new LinkedHashMap<>();
        Section section = t.below("pins");
        pins.forEach((key, names) -> {
            if (names.size() != 1) {
                section.error(key, "expected one node");
                return;
            }
            int node = node(section, key, names.getFirst());
            if (node >= 0) {
                shards.put(key, shard(table, "pinned " + key, node));
            }
        });
        return new PlacementConfig.Hash(shards);
    }

    private PlacementConfig ranges(Section t, String table, Map<String, List<String>> byNode) {
        List<PlacementConfig.Range> ranges = new ArrayList<>();
        Section section = t.below("ranges");
        byNode.forEach((name, texts) -> {
            int node = node(section, name, name);
            for (String text : node < 0 ? List.<String>of() : texts) {
                int dots = text.indexOf("..");
                if (dots < 0) {
                    section.error(name, "expected a range like 100..200, ..100 or 200.., not \"" + text + "\"");
                    continue;
                }
                String from = text.substring(0, dots).strip();
                String to = text.substring(dots + 2).strip();
                ranges.add(new PlacementConfig.Range(from.isEmpty() ? null : from, to.isEmpty() ? null : to, name,
                        shard(table, text, node)));
            }
        });
        return new PlacementConfig.Ranges(ranges);
    }

    private PlacementConfig lists(Section t, String table, Map<String, List<String>> byNode) {
        List<PlacementConfig.Listed> keys = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        Section section = t.below("lists");
        int otherwise = -1;
        for (Map.Entry<String, List<String>> entry : byNode.entrySet()) {
            String name = entry.getKey();
            int node = node(section, name, name);
            for (String key : node < 0 ? List.<String>of() : entry.getValue()) {
                String earlier = owners.putIfAbsent(key, name);
                if (earlier != null) {
                    section.error(name, "\"" + key + "\" is listed twice, at node " + earlier + " and at node " + name);
                } else if (key.equals(DEFAULT)) {
                    otherwise = shard(table, DEFAULT, node);
                } else {
                    keys.add(new PlacementConfig.Listed(key, name, shard(table, key, node)));
                }
            }
        }
        return new PlacementConfig.Lists(keys, otherwise);
    }
}
