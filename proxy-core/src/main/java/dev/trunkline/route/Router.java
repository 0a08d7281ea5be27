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
    /** The key's value is no key: the statement goes to every node or is refused. */
    private static final Destination NO_KEY = new Destination.None("no key");

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
            case NodeRule.PinnedNode pinned -> PINNED;
            case NodeRule.CursorNode cursor -> new Destination.Cursor(cursor.cursor());
        };
    }

    private static Destination byKey(NodeRule.ByKey rule, BoundValues values, DestinationTable table) {
        List<KeyRule> keys = rule.keys();
        Destination found = null;
        String noRow = null;
        for (int i = 0; i < keys.size(); i++) {
            Destination next = ofKey(keys.get(i), values, table);
            if (next == NO_KEY) {
                if (rule.noKey() != null) {
                    throw rule.noKey();
                }
                return table.everyNode();
            }
            if (next instanceof Destination.None none) {
                noRow = none.why();
                continue;
            }
            found = found == null ? next : together(rule, found, next, table);
        }
        if (found == null) {
            return rule.required() >= 0
                    ? table.ofNode(rule.required())
                    : rule.required() == NodeRule.PINNED ? PINNED : new Destination.None(noRow);
        }
        if (found instanceof Destination.Many && rule.severalNodes() != null) {
            throw rule.severalNodes();
        }
        if (rule.required() != NodeRule.NO_NODE) {
            int required = rule.required() == NodeRule.PINNED ? values.pinnedNode() : rule.required();
            if (!(found instanceof Destination.One one) || one.node() != required) {
                throw rule.severalNodes();
            }
            return rule.required() == NodeRule.PINNED ? PINNED : found;
        }
        return found;
    }

    /** Two tables whose keys are known each for itself: they must lie on one node. */
    private static Destination together(NodeRule.ByKey rule, Destination a, Destination b, DestinationTable table) {
        if (a instanceof Destination.One one && b instanceof Destination.One other && one.node() == other.node()) {
            return one.virtualShard() == other.virtualShard() ? one : table.ofNode(one.node());
        }
        throw rule.severalNodes() != null ? rule.severalNodes() : ProxyError.INTERNAL.with("keys on several nodes");
    }

    private static Destination ofKey(KeyRule rule, BoundValues values, DestinationTable table) {
        if (rule.single()) {
            KeyResult result = KeyReader.read(rule, rule.alternatives().getFirst(), values);
            return switch (result) {
                case KeyResult.Hashed hashed -> table
                        .ofVirtualShard((int) (hashed.hash() & (table.virtualShards() - 1)));
                case KeyResult.NoRow noRow -> new Destination.None(noRow.why());
                case KeyResult.NotAKey notAKey -> NO_KEY;
            };
        }
        BitSet shards = new BitSet(table.virtualShards());
        return KeyReader.readAll(rule, values, shards)
                ? shards.isEmpty()
                        ? new Destination.None("no value of the list can match")
                        : table.ofVirtualShards(shards)
                : NO_KEY;
    }
}
