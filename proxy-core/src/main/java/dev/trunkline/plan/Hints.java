package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Node;
import dev.trunkline.error.ProxyError;
import dev.trunkline.sql.HintText;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.route.RoutingHint;
import java.util.List;
import java.util.Map;

/**
 * The routing hint that a statement is planned under: its own comment's, or else the session's, of which only the kind is
 * known when planning ({@code comment} is null).
 */
record Hints(RoutingHint.Kind kind, RoutingHint comment) {

    static final Hints NONE = new Hints(RoutingHint.Kind.NONE, null);

    /** A comment that says where replaces all that the session says of it. */
    static Hints of(String comment, PlanKey key, Catalog catalog) {
        Map<String, List<String>> said = comment == null ? Map.of() : HintText.comment(comment);
        if (!said.containsKey("key") && !said.containsKey("node")) {
            return key.hints() == RoutingHint.Kind.NONE ? NONE : new Hints(key.hints(), null);
        }
        List<String> shardKey = said.get("key");
        List<String> node = said.get("node");
        String text = shardKey == null
                ? "node=" + node.getFirst()
                : "key=" + (shardKey.size() == 1 ? shardKey.getFirst() : "(" + String.join(", ", shardKey) + ")")
                        + (node == null ? "" : ", node=" + node.getFirst());
        RoutingHint hint = new RoutingHint(shardKey, node == null ? NodeRule.NO_NODE : node(node.getFirst(), catalog),
                text);
        return new Hints(hint.kind(), hint);
    }

    private static int node(String name, Catalog catalog) {
        for (Node node : catalog.nodes()) {
            if (node.name().equals(name)) {
                return node.index();
            }
        }
        throw ProxyError.INVALID_PARAMETER_VALUE.with("there is no node \"" + name + "\"",
                "The database's nodes are " + String.join(", ", catalog.nodes().stream().map(Node::name).toList())
                        + ".");
    }

    boolean none() {
        return kind == RoutingHint.Kind.NONE;
    }

    /** The hint's word on a statement that goes to {@code own} by itself. */
    Decision over(Decision decision) {
        return none() || decision.refused()
                ? decision
                : Decision.oneNode(new NodeRule.Hinted(comment, decision.rule(), List.of(), List.of()),
                        kind.byNode() ? Routing.ONE_NODE : decision.routing());
    }

    /** Where a statement goes that may go to any node that is named, and to none otherwise; null without a named one. */
    Decision toNamedNode() {
        return kind.byNode()
                ? Decision.oneNode(new NodeRule.Hinted(comment, new NodeRule.Home(), List.of(), List.of()),
                        Routing.ONE_NODE)
                : null;
    }
}
