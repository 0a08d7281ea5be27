package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides where a query or a write goes, each way dearer than the one before: one node, then several with a merge, then a
 * refusal that says what to do instead.
 */
final class QueryPlanner {

    private final Catalog catalog;
    private final Statement statement;
    private final StatementFacts facts;
    private final FunctionRules functions;
    private final Hints hints;
    private final String text;
    private final List<RowSource> sharded = new ArrayList<>();
    private final List<RowSource> reference = new ArrayList<>();
    private final List<RowSource> temporary = new ArrayList<>();
    /** The keys that calls have as arguments. */
    private final List<KeyRule> functionKeys = new ArrayList<>();
    /** The nodes that something else than a shard key demands. */
    private final Set<Integer> nodes = new TreeSet<>();
    private final Set<String> onNodes = new LinkedHashSet<>();
    /** Whether all that demands the home node is what goes there by rule: catalogs, unknown tables, functions. */
    private boolean homeByRule = true;

    QueryPlanner(Catalog catalog, Statement statement, StatementFacts facts, FunctionRules functions, Hints hints,
            String text) {
        this.catalog = catalog;
        this.statement = statement;
        this.facts = facts;
        this.functions = functions;
        this.hints = hints;
        this.text = text;
    }

    /** @param listed whether the session's prepared statements take the place of the connection's */
    Decision decide(boolean listed) {
        if (functions.refusalAnywhere() != null) {
            return Decision.refuse(functions.refusalAnywhere());
        }
        for (RowSource table : facts.tables()) {
            if (!listed && PreparedStatementsQuery.reads(table)) {
                return Decision.refuse(ProxyError.STATEMENTS_ELSEWHERE.with().withPosition(table.span().start() + 1));
            }
        }
        if (catalog.nodes().size() == 1) {
            return Decision.oneNode(new NodeRule.OnNode(0), Routing.ONE_NODE);
        }
        ProxyException refusal = sort();
        if (refusal == null && !hints.kind().byNode()) {
            refusal = functions.refusal();
        }
        if (refusal == null) {
            refusal = demands();
        }
        if (refusal != null) {
            return Decision.refuse(refusal);
        }
        functionKeys.addAll(FunctionKeys.of(functions, facts, catalog));
        return sharded.isEmpty() ? hints.over(withoutKey()) : withKey();
    }

    /** Sorts the tables by how their rows are distributed. */
    private ProxyException sort() {
        for (RowSource table : facts.tables()) {
            switch (table.kind()) {
                case TEMP -> temporary.add(table);
                case UNKNOWN -> demand(catalog.homeNode(), table.name());
                case TABLE -> {
                    switch (table.relation().distribution()) {
                        case Distribution.Sharded key -> sharded.add(table);
                        case Distribution.Reference everywhere -> reference.add(table);
                        case Distribution.Unsharded on -> {
                            homeByRule &= table.relation().kind() == RelationKind.CATALOG;
                            demand(on.node(), table.relation().fullName().toString());
                        }
                        case Distribution.Refused refused -> {
                            if (table.written() && table.relation().view() != null) {
                                return ProxyError.NOT_OVER_NODES.with(
                                        "writing through the view " + table.relation().fullName(),
                                        "Write to the table that the view reads.")
                                        .withPosition(table.span().start() + 1);
                            }
                            return ProxyError.NOT_OVER_NODES.with(
                                    "relation " + table.relation().fullName() + ", which " + refused.why() + ",",
                                    "Write its query out in the statement, so that its shard key shows.")
                                    .withPosition(table.span().start() + 1);
                        }
                    }
                }
                case QUERY, RESULT, OPAQUE -> throw new IllegalStateException("not a table: " + table);
            }
        }
        return null;
    }

    private void demand(int node, String what) {
        nodes.add(node);
        onNodes.add(what);
    }

    /** What is refused whatever the keys, and the nodes that functions and SELECT INTO demand. */
    private ProxyException demands() {
        for (RowSource table : reference) {
            if (table.written()) {
                return ProxyError.NOT_OVER_NODES.with(verb() + " of the reference table " + table.relation().fullName(),
                        "Write it on every node directly, in the same way.").withPosition(table.span().start() + 1);
            }
            if (table.locked()) {
                return ProxyError.NOT_OVER_NODES.with(
                        "a row lock on the reference table " + table.relation().fullName(),
                        "Leave the table out of FOR UPDATE with OF, or lock a row of a sharded table instead.");
            }
        }
        if (facts.merges() && !sharded.isEmpty()) {
            return ProxyError.NOT_OVER_NODES.with("MERGE with the sharded table " + name(sharded.getFirst()),
                    "Use INSERT ... ON CONFLICT, UPDATE or DELETE with the shard key.");
        }
        if (facts.into()) {
            if (!sharded.isEmpty()) {
                return ProxyError.NOT_OVER_NODES.with("SELECT INTO from the sharded table " + name(sharded.getFirst()),
                        "Create the table first, or select into a temp table.");
            }
            homeByRule = false;
            demand(catalog.homeNode(), "the new table");
        }
        if (functions.home()) {
            demand(catalog.homeNode(), functions.obstacle());
        }
        if (nodes.size() > 1) {
            return ProxyError.NOT_OVER_NODES.with("a statement over tables of different nodes (" + String.join(", ",
                    onNodes) + ")", "Ask each node's tables in a statement of their own.");
        }
        return null;
    }

    private String verb() {
        return switch (statement) {
            case Statement.Insert insert -> "INSERT";
            case Statement.Update update -> "UPDATE";
            case Statement.Delete delete -> "DELETE";
            case Statement.Merge merge -> "MERGE";
            default -> "a write";
        };
    }

    private static String name(RowSource table) {
        return table.relation().fullName().toString();
    }

    private Decision withoutKey() {
        int node = nodes.isEmpty() ? NodeRule.NO_NODE : nodes.iterator().next();
        if (!functionKeys.isEmpty()) {
            int required = temporary.isEmpty() ? node : NodeRule.PINNED;
            boolean oneKey = functionKeys.size() == 1 && required == NodeRule.NO_NODE;
            return Decision
                    .oneNode(new NodeRule.ByKey(functionKeys, required, oneKey ? null : several(functionKeys, null),
                            ProxyError.SHARD_KEY_NOT_KNOWN.with(
                                    "of " + functionKeys.getFirst().table() + " can't be read",
                                    "Give the key as a plain literal or parameter.")),
                            Routing.ONE_NODE);
        }
        if (!temporary.isEmpty()) {
            return Decision.oneNode(new NodeRule.PinnedNode(node, apart(temporary.getFirst().name())),
                    Routing.ONE_NODE);
        }
        if (node != NodeRule.NO_NODE) {
            return node == catalog.homeNode() && homeByRule && (hints.none() || !functions.home())
                    ? Decision.oneNode(new NodeRule.Home(), Routing.HOME)
                    : Decision.oneNode(new NodeRule.OnNode(node), Routing.ONE_NODE);
        }
        if (reference.isEmpty() || functions.transaction()) {
            return Decision.oneNode(new NodeRule.TransactionNode(), Routing.HOME);
        }
        return Decision.oneNode(new NodeRule.AnyNode(), Routing.ANY_NODE);
    }

    private ProxyException apart(String table) {
        return ProxyError.NOT_OVER_NODES.with("a statement over tables of different nodes (" + table
                + (onNodes.isEmpty() ? "" : ", " + String.join(", ", onNodes)) + ")",
                "Create the temp table in a transaction that has used the other table's node, or ask separately.");
    }

    private Decision withKey() {
        if (!temporary.isEmpty() && !nodes.isEmpty()) {
            return Decision.refuse(apart(temporary.getFirst().name()));
        }
        StatementFacts.KeyProof proof = facts.keys();
        if (proof.problem() != null) {
            return Decision.refuse(proof.problem());
        }
        if (!hints.none()) {
            return hinted(proof);
        }
        FanOutPlanner fanOuts = new FanOutPlanner(statement, facts, functions, text);
        ProxyException obstacle = nodes.isEmpty() && temporary.isEmpty()
                ? fanOuts.obstacle(sharded)
                : ProxyError.NOT_OVER_NODES.with("a join of the sharded table " + name(sharded.getFirst()) + " with "
                        + (temporary.isEmpty() ? String.join(", ", onNodes) : temporary.getFirst().name())
                        + ", which lies on one node,", hint(sharded.getFirst()));
        if (!proof.unproven().isEmpty()) {
            KeyExplanation.Change change = KeyExplanation.change(facts, proof, catalog);
            if (obstacle != null) {
                fanOuts.guardLiterals();
            }
            return obstacle != null
                    ? Decision.refuse(obstacle.withHint(hint(change)))
                    : Decision.fanOut(fanOuts.plan(new NodeRule.EveryNode(), "missing_key", change), Routing.FAN_OUT);
        }
        return byKeys(withFunctions(proof.keys()), fanOuts, obstacle);
    }

    private List<KeyRule> withFunctions(List<KeyRule> keys) {
        List<KeyRule> all = new ArrayList<>(keys);
        all.addAll(functionKeys);
        return all;
    }

    private Decision byKeys(List<KeyRule> keys, FanOutPlanner fanOuts, ProxyException obstacle) {
        int required = !temporary.isEmpty()
                ? NodeRule.PINNED
                : nodes.isEmpty() ? NodeRule.NO_NODE : nodes.iterator().next();
        boolean mergeable = obstacle == null && keys.size() == 1;
        boolean oneKey = keys.size() == 1 && keys.getFirst().single() && required == NodeRule.NO_NODE;
        ProxyException several = oneKey ? null : several(keys, obstacle);
        if (mergeable && !keys.getFirst().single()) {
            NodeRule rule = new NodeRule.ByKey(keys, required, null, null);
            return Decision.fanOut(fanOuts.plan(rule, "unreadable_key", null), Routing.MULTI_KEY);
        }
        boolean list = keys.stream().anyMatch(key -> !key.single() && key.use() == KeyRule.Use.COMPARED);
        ProxyException noKey = ProxyError.SHARD_KEY_NOT_KNOWN.with(
                keys.getFirst().table() + "." + String.join(", ", keys.getFirst().columns())
                        + " can't be read from the value it is compared with",
                "Give the key as a plain literal or parameter of the column's type.");
        // A fan-out whose text is spliced would tie the plan to one key's literal.
        boolean otherwise = mergeable && !fanOuts.rewrites();
        NodeRule rule = new NodeRule.ByKey(keys, required, several, otherwise ? null : noKey);
        return new Decision(
                new Plan.OneNode(rule, otherwise
                        ? fanOuts.plan(new NodeRule.EveryNode(), "unreadable_key", null)
                        : null),
                rule, list ? Routing.MULTI_KEY : Routing.ONE_NODE);
    }

    /**
     * Under a routing hint: what is proven must agree with it, what isn't is read where it says. What a write changes must be
     * proven, unless the hint names a node: a key says where a statement goes, not which rows it changes.
     */
    private Decision hinted(StatementFacts.KeyProof proof) {
        List<KeyRule> open = new ArrayList<>();
        Set<String> groups = new LinkedHashSet<>();
        for (RowSource table : proof.unproven()) {
            if (table.written() && !hints.kind().byNode()) {
                return Decision.refuse(ProxyError.SHARD_KEY_NOT_KNOWN.with("of " + name(table)
                        + " is not given by the statement itself: a routing hint says where it goes, not which rows it "
                        + "changes", hint(table)));
            }
            if (groups.add(table.sharded().colocationGroup())) {
                open.add(KeyRule.open(name(table), table.sharded()));
            }
        }
        boolean reassigned = proof.keys().stream().anyMatch(key -> key.use() == KeyRule.Use.REASSIGNED);
        if (reassigned && !open.isEmpty()) {
            return Decision.refuse(ProxyError.SHARD_KEY_NOT_KNOWN.with("of " + open.getFirst().table()
                    + " is assigned in rows whose key the statement does not give", hint(proof.unproven().getFirst())));
        }
        int required = !temporary.isEmpty()
                ? NodeRule.PINNED
                : nodes.isEmpty() ? NodeRule.NO_NODE : nodes.iterator().next();
        NodeRule own = null;
        List<KeyRule> keys = withFunctions(proof.keys());
        if (!keys.isEmpty()) {
            ProxyException noKey = ProxyError.SHARD_KEY_NOT_KNOWN.with(keys.getFirst().table()
                    + " can't be read from the value it is compared with, so that the routing hint can't be checked",
                    "Give the key as a plain literal or parameter of the column's type.");
            boolean read = statement instanceof Statement.Select && keys.size() == 1
                    && required == NodeRule.NO_NODE;
            own = new NodeRule.ByKey(keys, required, read ? null : several(keys, null), noKey);
        } else if (required == NodeRule.PINNED) {
            own = new NodeRule.PinnedNode(NodeRule.NO_NODE, apart(temporary.getFirst().name()));
        } else if (required != NodeRule.NO_NODE) {
            own = new NodeRule.OnNode(required);
        }
        return Decision.oneNode(new NodeRule.Hinted(hints.comment(), own, open, facts.partialKeys(proof.unproven())),
                Routing.ONE_NODE);
    }

    /** The refusal for when the keys turn out to lie on several nodes. */
    private ProxyException several(List<KeyRule> keys, ProxyException obstacle) {
        if (statement instanceof Statement.Insert) {
            return ProxyError.NOT_OVER_NODES.with("INSERT of rows for different nodes",
                    "Insert the rows of one shard key at a time.");
        }
        if (keys.size() > 1) {
            return ProxyError.NOT_OVER_NODES.with("a statement whose shard keys lie on different nodes",
                    "Use one shard key in a statement, or join its tables on the key.");
        }
        return obstacle != null
                ? obstacle.withHint("Ask for one shard key at a time.")
                : ProxyError.NOT_OVER_NODES.with(verb() + " of keys on different nodes",
                        "Use one shard key in a statement.");
    }

    private static String hint(KeyExplanation.Change change) {
        return change.because() == null
                ? "Add a predicate on the shard key: " + change.add() + "."
                : change + ".";
    }

    private String hint(RowSource table) {
        return "Add a predicate on the shard key: " + predicate(table) + ".";
    }

    /** The predicate that would give a table's key: {@code o.customer_id = ...}. */
    static String predicate(RowSource table) {
        List<String> parts = new ArrayList<>();
        for (KeyColumn column : table.sharded().key()) {
            parts.add(table.name() + "." + column.name() + " = ...");
        }
        return String.join(" AND ", parts);
    }
}
