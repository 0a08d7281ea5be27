package dev.trunkline.route;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.value.KeyResult;
import java.util.BitSet;
import java.util.List;

/**
 * Turns a rule and the values of a statement into a destination. A rule with one key costs a hash and an array access; it
 * allocates the {@link KeyResult} and nothing else.
 */
public final class Router {

    private static final Destination ANY = new Destination.Any();
    private static final Destination TRANSACTION = new Destination.Transaction();
    private static final Destination PINNED = new Destination.Pinned();

    private Router() {}

    /**
     * Where a statement goes.
     *
     * @throws ProxyException
     *             when the values allow no exact answer: the rule's own refusals, or TL003 for a key that can't be written
     */
    public static Destination bind(NodeRule rule, BoundValues values, DestinationTable table) {
        return switch (rule) {
            case NodeRule.ByKey byKey -> byKey(byKey, values, table);
            case NodeRule.EveryNode every -> table.everyNode();
            case NodeRule.Home home -> table.home();
            case NodeRule.TransactionNode transaction -> TRANSACTION;
            case NodeRule.AnyNode any -> ANY;
            case NodeRule.OnNode on -> table.ofNode(on.node());
            case NodeRule.PinnedNode pinned -> {
                if (pinned.required() != NodeRule.NO_NODE && pinned.required() != values.pinnedNode()) {
                    throw pinned.elsewhere();
                }
                yield PINNED;
            }
            case NodeRule.CursorNode cursor -> new Destination.Cursor(cursor.cursor());
            case NodeRule.Hinted hinted -> HintedRouting.bind(hinted, values, table);
        };
    }

    private static Destination byKey(NodeRule.ByKey rule, BoundValues values, DestinationTable table) {
        List<KeyRule> keys = rule.keys();
        Destination found = null;
        String noRow = null;
        for (int i = 0; i < keys.size(); i++) {
            KeyRule key = keys.get(i);
            Destination next;
            if (key.single()) {
                switch (KeyReader.read(key, key.alternatives().getFirst(), values)) {
                    case KeyResult.Hashed hashed -> {
                        int shard = KeyReader.virtualShard(key, hashed, table.virtualShards());
                        if (shard < 0) {
                            noRow = "no node holds such a key";
                            continue;
                        }
                        next = table.ofVirtualShard(shard);
                    }
                    case KeyResult.NoRow none -> {
                        noRow = none.why();
                        continue;
                    }
                    case KeyResult.NotAKey notAKey -> {
                        return noKey(rule, notAKey.why(), table);
                    }
                }
            } else {
                BitSet shards = new BitSet(table.virtualShards());
                String problem = KeyReader.readAll(key, values, shards, table.virtualShards());
                if (problem != null) {
                    return noKey(rule, problem, table);
                }
                if (shards.isEmpty()) {
                    noRow = key.bounds().isEmpty() ? "no value of the list can match" : "no node holds such keys";
                    continue;
                }
                next = table.ofVirtualShards(shards);
            }
            found = found == null ? next : together(rule, key, found, next, table);
        }
        if (found instanceof Destination.Many many && rule.severalNodes() == null && keys.size() == 1) {
            found = new Destination.Many(many.nodes(), many.virtualShards(), many.keyed(), many.epoch(),
                    ListParts.of(keys.getFirst(), values, many.nodes(), table));
        }
        return found == null ? nowhere(rule, noRow, table) : required(rule, found, values);
    }

    private static Destination noKey(NodeRule.ByKey rule, String why, DestinationTable table) {
        if (rule.noKey() != null) {
            throw rule.noKey().withDetail("The value is no key: " + why + ".");
        }
        return table.everyNode();
    }

    private static Destination nowhere(NodeRule.ByKey rule, String why, DestinationTable table) {
        return switch (rule.required()) {
            case NodeRule.NO_NODE -> new Destination.None(why);
            case NodeRule.PINNED -> PINNED;
            default -> table.ofNode(rule.required());
        };
    }

    private static Destination required(NodeRule.ByKey rule, Destination found, BoundValues values) {
        if (found instanceof Destination.Many && rule.severalNodes() != null) {
            throw rule.severalNodes();
        }
        if (rule.required() == NodeRule.NO_NODE) {
            return found;
        }
        boolean pinned = rule.required() == NodeRule.PINNED;
        int node = pinned ? values.pinnedNode() : rule.required();
        if (found instanceof Destination.One one && one.node() == node) {
            return pinned ? PINNED : found;
        }
        throw rule.severalNodes();
    }

    /**
     * The node of two keys that are known each for itself: one node must hold both. A key that is written over another must
     * even stay in the same virtual shard, since virtual shards move apart (semantics.md 4).
     */
    private static Destination together(NodeRule.ByKey rule, KeyRule key, Destination a, Destination b,
            DestinationTable table) {
        if (a instanceof Destination.One one && b instanceof Destination.One other && one.node() == other.node()) {
            if (one.virtualShard() == other.virtualShard() && one.virtualShard() >= 0) {
                return one;
            }
            if (key.use() != KeyRule.Use.REASSIGNED) {
                return table.ofNode(one.node());
            }
        }
        throw key.use() == KeyRule.Use.REASSIGNED
                ? ProxyError.NOT_OVER_NODES.with(
                        "assigning " + key.table() + "." + String.join(", ", key.columns())
                                + " a value of another virtual shard",
                        "Delete the row and insert it again with the new key.")
                : rule.severalNodes();
    }
}
