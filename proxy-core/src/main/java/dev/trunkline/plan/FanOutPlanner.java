package dev.trunkline.plan;

import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.List;
import java.util.Locale;

/**
 * Plans a read over several nodes: each node answers over its own rows, and their answers together are the answer. That
 * must be proven ({@link StatementFacts#distribution}); what is not proven or can't be merged has an obstacle.
 */
final class FanOutPlanner {

    private final Statement statement;
    private final StatementFacts facts;
    private final FunctionRules functions;
    private final String text;
    private RowSource root;
    private MergePlanner planner;
    private Merge merge;
    /** The nodes' text; null for the original. */
    private String nodeSql;

    FanOutPlanner(Statement statement, StatementFacts facts, FunctionRules functions, String text) {
        this.statement = statement;
        this.facts = facts;
        this.functions = functions;
        this.text = text;
    }

    /** Why the statement can't run over several nodes; null when it can, and {@link #plan} may be asked. */
    ProxyException obstacle(List<RowSource> sharded) {
        String obstacle = find(sharded);
        return obstacle == null
                ? null
                : ProxyError.NOT_OVER_NODES.with(obstacle, "Add a predicate on the shard key: "
                        + QueryPlanner.predicate(sharded.getFirst()) + ".");
    }

    private String find(List<RowSource> sharded) {
        for (RowSource table : facts.tables()) {
            if (table.written()) {
                return verb() + " without the shard key of " + sharded.getFirst().relation().fullName();
            }
        }
        if (!(statement instanceof Statement.Select select)) {
            return verb();
        }
        if (functions.obstacle() != null) {
            return "the function " + functions.obstacle();
        }
        Query query = select.query();
        if (!query.locking().isEmpty()) {
            return "FOR " + query.locking().getFirst().strength().toUpperCase(Locale.ROOT);
        }
        if (query.withTies()) {
            return "FETCH FIRST WITH TIES";
        }
        if (!(query.body() instanceof Query.Select body)) {
            return clause(query);
        }
        if (body.distinctOn() != null) {
            return "DISTINCT ON";
        }
        if (body.into() != null) {
            return "SELECT INTO";
        }
        StatementFacts.Distribution distribution = facts.distribution();
        if (distribution.root() == null) {
            return distribution.obstacle();
        }
        root = distribution.root();
        planner = new MergePlanner(query, body, facts, root, text);
        String stands = planner.plan();
        merge = planner.merge();
        nodeSql = stands == null ? planner.nodeSql() : null;
        return stands;
    }

    private static String clause(Query query) {
        if (!query.orderBy().isEmpty()) {
            return "ORDER BY";
        }
        if (query.limit() != null || query.offset() != null) {
            return "LIMIT";
        }
        return switch (query.body()) {
            case Query.SetOp operation -> operation.operation().name();
            case Query.Values values -> "VALUES";
            case Query.Nested nested -> "a query in parentheses";
            case Query.Select plain -> throw new IllegalStateException();
        };
    }

    private String verb() {
        return switch (statement) {
            case Statement.Insert insert -> "INSERT";
            case Statement.Update update -> "UPDATE";
            case Statement.Delete delete -> "DELETE";
            case Statement.Merge merges -> "MERGE";
            default -> "a write";
        };
    }

    /** Ties a refusal to the literals that it depends on. */
    void guardLiterals() {
        if (planner != null) {
            planner.guardLiterals();
        }
    }

    /** Whether the plan depends on what its literals say. */
    boolean rewrites() {
        return nodeSql != null || !(merge instanceof Merge.Concat || merge instanceof Merge.Aggregate);
    }

    /** @param change what would give the statement a key; null where its own key is what may turn out to be none */
    Plan.FanOut plan(NodeRule rule, String code, KeyExplanation.Change change) {
        List<String> key = root.sharded().key().stream().map(KeyColumn::name).toList();
        return new Plan.FanOut(rule, merge, nodeSql,
                new FanOutReason(code, root.relation().fullName(), key,
                        change == null ? QueryPlanner.predicate(root) : change.add(),
                        change == null ? null : change.because()),
                nodeSql == null
                        ? 0
                        : rule.keysRead().isEmpty()
                                ? Plan.FanOut.NO_LISTS
                                : planner.literalShift(rule.keysRead().getFirst()),
                false);
    }
}
