package dev.trunkline.route;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.value.KeyResult;

/**
 * Binds a statement under a routing hint. The hint decides what the statement leaves open and nothing else: a key that the
 * statement proves must be the hint's, by its hash and not by its node, since virtual shards move.
 */
final class HintedRouting {

    private HintedRouting() {}

    static Destination bind(NodeRule.Hinted rule, BoundValues values, DestinationTable table) {
        RoutingHint hint = rule.hint() != null ? rule.hint() : values.hint();
        if (hint == null) {
            throw new IllegalStateException("planned for a routing hint, and bound without one");
        }
        Destination.One named = hint.node() == NodeRule.NO_NODE ? null : table.ofNode(hint.node());
        if (hint.key() != null) {
            for (KeyRule open : rule.open()) {
                int shard = KeyReader.virtualShard(open, KeyReader.hinted(open, hint), table.virtualShards());
                if (shard < 0) {
                    throw contradiction(hint, "no node holds such a key of " + open.table());
                }
                Destination.One next = table.ofVirtualShard(shard);
                if (named != null && named.node() != next.node()) {
                    throw contradiction(hint, rule.open().size() > 1
                            ? "the key's rows of its tables lie on different nodes"
                            : "the key's rows of " + open.table() + " lie on another node");
                }
                named = named == null || named.virtualShard() < 0 ? next : named;
            }
            if (rule.own() != null) {
                rule.own().keysRead().forEach(key -> agrees(key, KeyReader.hinted(key, hint), hint, values));
            }
            for (NodeRule.KeyPart part : rule.parts()) {
                agrees(part.rule(), KeyReader.hinted(part.rule(), 0, hint, part.column()), hint, values);
            }
        }
        return rule.own() == null ? named : both(rule, hint, named, values, table);
    }

    private static void agrees(KeyRule key, KeyResult.Hashed hinted, RoutingHint hint, BoundValues values) {
        if (!key.bounds().isEmpty()) {
            throw contradiction(hint, "its " + key.table() + "." + key.columns().getFirst() + " may be another key");
        }
        KeyReader.readAll(key, values, other -> {
            if (!other.equals(hinted)) {
                throw contradiction(hint, "its " + key.table() + "." + String.join(", ", key.columns())
                        + (key.single() ? " is another key" : " may be another key"));
            }
        });
    }

    /** The place that the hint names, if it may be the statement's own. */
    private static Destination both(NodeRule.Hinted rule, RoutingHint hint, Destination.One named, BoundValues values,
            DestinationTable table) {
        Destination own = Router.bind(rule.own(), values, table);
        if (named == null) {
            return own;
        }
        return switch (own) {
            case Destination.One one -> {
                if (one.node() != named.node()) {
                    if (rule.own() instanceof NodeRule.Home) {
                        yield named;
                    }
                    throw contradiction(hint, "it needs another node");
                }
                yield one.virtualShard() >= 0 ? one : named;
            }
            case Destination.Many many -> throw contradiction(hint, "its keys lie on several nodes");
            case Destination.None none -> named;
            case Destination.Any any -> named;
            case Destination.Transaction transaction -> named;
            case Destination.Pinned pinned -> {
                if (values.pinnedNode() >= 0 && values.pinnedNode() != named.node()) {
                    throw contradiction(hint, "the session's temp tables are on another node");
                }
                yield values.pinnedNode() >= 0 ? pinned : named;
            }
            case Destination.Cursor cursor -> cursor;
        };
    }

    private static ProxyException contradiction(RoutingHint hint, String why) {
        return ProxyError.HINT_CONTRADICTED.with(hint.text(), why);
    }
}
