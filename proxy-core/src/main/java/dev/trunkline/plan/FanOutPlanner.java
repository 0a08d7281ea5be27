package dev.trunkline.plan;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.plan.Merge.AggregateFunction;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.ArrayList;
import java.util.List;

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
    private Merge merge;
    /** The expressions that the nodes' select list gets in addition. */
    private final List<String> hidden = new ArrayList<>();
    private int hiddenAt;

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
        String clause = clause(query);
        if (clause != null) {
            return clause;
        }
        if (!(query.body() instanceof Query.Select body)) {
            return switch (query.body()) {
                case Query.SetOp operation -> operation.operation().name();
                case Query.Values values -> "VALUES";
                case Query.Nested nested -> "a query in parentheses";
                case Query.Select plain -> throw new IllegalStateException();
            };
        }
        clause = clause(body);
        if (clause != null) {
            return clause;
        }
        StatementFacts.Distribution distribution = facts.distribution();
        if (distribution.root() == null) {
            return distribution.obstacle();
        }
        root = distribution.root();
        return merge(body, query.with().isEmpty());
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

    private static String clause(Query query) {
        if (!query.orderBy().isEmpty()) {
            return "ORDER BY";
        }
        if (query.limit() != null || query.offset() != null || query.withTies()) {
            return "LIMIT";
        }
        return query.locking().isEmpty()
                ? null
                : "FOR " + query.locking().getFirst().strength().toUpperCase(
                        java.util.Locale.ROOT);
    }

    private String clause(Query.Select body) {
        if (body.distinctOn() != null) {
            return "DISTINCT ON";
        }
        if (body.distinct()) {
            return "DISTINCT";
        }
        if (!body.groupBy().isEmpty() || body.groupingSets()) {
            return "GROUP BY";
        }
        if (body.having() != null) {
            return "HAVING";
        }
        if (facts.windowed()) {
            return "a window function";
        }
        return body.into() == null ? null : "SELECT INTO";
    }

    private String merge(Query.Select body, boolean withoutCtes) {
        if (!facts.aggregated()) {
            merge = new Merge.Concat();
            return null;
        }
        List<AggregateColumn> columns = new ArrayList<>();
        for (Query.Item item : body.items()) {
            AggregateFunction function = function(item.expr());
            if (function == null) {
                return "an aggregate other than count, sum, min and max, or an expression around or beside one,";
            }
            Expr.Function call = (Expr.Function) item.expr();
            if (call.distinct()) {
                return call.name().last() + "(DISTINCT)";
            }
            boolean ordered = function == AggregateFunction.MIN || function == AggregateFunction.MAX;
            columns.add(new AggregateColumn(function, ordered ? body.items().size() + hidden.size() : -1,
                    ordered && withoutCtes && byteOrder(call, body)));
            if (ordered) {
                hidden.add(call.span().of(text));
            }
        }
        hiddenAt = body.itemsSpan().end();
        merge = new Merge.Aggregate(columns, columns.size());
        return null;
    }

    private static AggregateFunction function(Expr expr) {
        if (!(expr instanceof Expr.Function call) || call.over() != null || !call.withinGroup().isEmpty()
                || !call.orderBy().isEmpty() || !isBuiltIn(call.name())) {
            return null;
        }
        boolean one = call.arguments().size() == 1 && !call.star();
        return switch (call.name().last()) {
            case "count" -> one || call.star() ? AggregateFunction.COUNT : null;
            case "sum" -> one ? AggregateFunction.SUM : null;
            case "min" -> one ? AggregateFunction.MIN : null;
            case "max" -> one ? AggregateFunction.MAX : null;
            default -> null;
        };
    }

    private static boolean isBuiltIn(Name name) {
        return name.schema() == null || name.schema().equals("pg_catalog");
    }

    /** Whether min or max looks at a table's own column whose collation sorts by bytes. */
    private boolean byteOrder(Expr.Function call, Query.Select body) {
        if (!(call.arguments().getFirst() instanceof Expr.Column column) || !body.from().stream().allMatch(
                FanOutPlanner::onlyTables)) {
            return false;
        }
        // Whichever table the column belongs to: all that have one of this name must sort by bytes.
        List<ColumnInfo> named = facts.tables().stream().filter(table -> table.relation() != null)
                .map(table -> table.relation().column(column.name().last())).filter(info -> info != null).toList();
        return !named.isEmpty()
                && named.stream().allMatch(info -> info.collation() != null && info.collation().byteOrder());
    }

    private static boolean onlyTables(FromItem item) {
        return switch (item) {
            case FromItem.Table table -> table.columnAliases().isEmpty();
            case FromItem.Join join -> onlyTables(join.left()) && onlyTables(join.right());
            case FromItem.Derived derived -> false;
            case FromItem.Functions calls -> false;
        };
    }

    /** Whether the nodes get another text than the client's. */
    boolean rewrites() {
        return !hidden.isEmpty();
    }

    Plan.FanOut plan(NodeRule rule, String code) {
        String nodeSql = hidden.isEmpty()
                ? null
                : text.substring(0, hiddenAt) + ", " + String.join(", ", hidden) + text.substring(hiddenAt);
        List<String> key = root.sharded().key().stream().map(KeyColumn::name).toList();
        return new Plan.FanOut(rule, merge, nodeSql,
                new FanOutReason(code, root.relation().fullName(), key, QueryPlanner.predicate(root)));
    }
}
