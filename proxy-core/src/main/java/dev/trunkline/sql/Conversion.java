package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.List;

import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlParserPos;

import dev.trunkline.sql.grammar.PgNodes;

/**
 * Calcite's nodes of statements and queries as {@link Statement} and {@link Query}. Nothing is dropped that names a table,
 * calls a function or holds a parameter.
 */
final class Conversion {

    private final ExpressionConversion expressions;

    Conversion(TokenList tokens) {
        this.expressions = new ExpressionConversion(tokens, this);
    }

    Expr expression(SqlNode node) {
        return expressions.expression(node);
    }

    TypeName type(SqlNode node) {
        return expressions.type(node);
    }

    private static Span span(SqlNode node) {
        return ExpressionConversion.span(node);
    }

    private static Span span(SqlParserPos pos) {
        return ExpressionConversion.span(pos);
    }

    // ---- statements

    Statement statement(SqlNode node) {
        if (node instanceof PgNodes.WithStatement with && isChange(with.body)) {
            return change(with.body, ctes(with), span(node));
        }
        if (isChange(node)) {
            return change(node, List.of(), span(node));
        }
        return new Statement.Select(query(node), span(node));
    }

    private static boolean isChange(SqlNode node) {
        return node instanceof PgNodes.Insert || node instanceof PgNodes.Update || node instanceof PgNodes.Delete
                || node instanceof PgNodes.Merge;
    }

    private Statement change(SqlNode node, List<Query.Cte> with, Span span) {
        return switch (node) {
            case PgNodes.Insert insert -> new Statement.Insert(with, table(insert.target),
                    insert.getTargetColumnList() == null ? null : targets(insert.getTargetColumnList(), null),
                    insert.defaultValues ? null : query(insert.getSource()), onConflict(insert.onConflict),
                    returning(insert.returning), insert.overriding, span);
            case PgNodes.Update update -> new Statement.Update(with, table(update.target),
                    targets(update.getTargetColumnList(), update.getSourceExpressionList()), items(update.from),
                    expressions.orNull(update.getCondition()), ExpressionConversion.simple(update.currentOf),
                    returning(update.returning), span);
            case PgNodes.Delete delete -> new Statement.Delete(with, table(delete.target), items(delete.using),
                    expressions.orNull(delete.getCondition()), ExpressionConversion.simple(delete.currentOf),
                    returning(delete.returning), span);
            case PgNodes.Merge merge -> new Statement.Merge(with, table(merge.target), item(merge.source),
                    expression(merge.on), merge.actions.stream().map(a -> action((PgNodes.MergeWhen) a)).toList(),
                    returning(merge.returning), span);
            default -> throw new IllegalStateException("not a change: " + node.getClass());
        };
    }

    private Statement.OnConflict onConflict(PgNodes.OnConflict conflict) {
        return conflict == null
                ? null
                : new Statement.OnConflict(expressions.all(conflict.target.getList()),
                        expressions.orNull(conflict.targetWhere),
                        ExpressionConversion.simple(conflict.constraint), conflict.nothing,
                        targets(conflict.columns, conflict.values), expressions.orNull(conflict.where), span(conflict));
    }

    private Statement.MergeAction action(PgNodes.MergeWhen when) {
        Statement.MergeMatch match = when.matched
                ? Statement.MergeMatch.MATCHED
                : when.bySource
                        ? Statement.MergeMatch.NOT_MATCHED_BY_SOURCE
                        : Statement.MergeMatch.NOT_MATCHED_BY_TARGET;
        return new Statement.MergeAction(match, expressions.orNull(when.condition),
                Statement.MergeVerb.valueOf(when.verb), assignments(when), span(when));
    }

    /** The assignments of an action; an INSERT without a column list assigns to columns without names. */
    private List<Statement.Assignment> assignments(PgNodes.MergeWhen when) {
        if (when.columns != null && when.columns.size() == when.values.size()) {
            return targets(when.columns, when.values);
        }
        List<Statement.Assignment> assignments = new ArrayList<>();
        for (SqlNode value : when.values) {
            assignments.add(new Statement.Assignment(null, false, expression(value), span(value)));
        }
        return List.copyOf(assignments);
    }

    /** Columns with their values; values are null in the column list of an INSERT. */
    private List<Statement.Assignment> targets(SqlNodeList columns, SqlNodeList values) {
        List<Statement.Assignment> targets = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            PgNodes.Target target = (PgNodes.Target) columns.get(i);
            Expr value = values == null ? null : expression(values.get(i));
            Span span = values == null ? span(target) : span(target).to(span(values.get(i)));
            if (target.getOperandList().size() > 1 && value != null) {
                // Subscripts may call functions and hold parameters: they stay reachable beside the value.
                List<Expr> operands = new ArrayList<>(expressions.all(target.getOperandList()));
                operands.set(0, value);
                value = new Expr.Opaque("ELEMENT", List.copyOf(operands), span);
            }
            targets.add(new Statement.Assignment(ExpressionConversion.simple(target.column), target.subfield, value,
                    span));
        }
        return List.copyOf(targets);
    }

    private List<Query.Item> returning(PgNodes.Returning returning) {
        return returning == null ? List.of() : selectItems(returning.items);
    }

    // ---- queries

    Query query(SqlNode node) {
        List<Query.Cte> with = List.of();
        boolean recursive = false;
        SqlNode inner = node;
        if (inner instanceof PgNodes.WithStatement statement) {
            with = ctes(statement);
            recursive = statement.recursive;
            inner = statement.body;
        }
        if (inner instanceof PgNodes.OrderBy order) {
            return new Query(with, recursive, body(order.query), expressions.order(order.orderList),
                    expressions.orNull(order.fetch), expressions.orNull(order.offset), order.withTies,
                    locking(order.locking), span(order.orderPos), span(order.limitPos), span(order.offsetPos),
                    span(node));
        }
        return new Query(with, recursive, body(inner), List.of(), null, null, false, List.of(), Span.NONE, Span.NONE,
                Span.NONE, span(node));
    }

    private List<Query.Cte> ctes(PgNodes.WithStatement with) {
        List<Query.Cte> ctes = new ArrayList<>(with.withList.size());
        for (SqlNode node : with.withList) {
            PgNodes.WithItem item = (PgNodes.WithItem) node;
            ctes.add(new Query.Cte(ExpressionConversion.simple(item.name), names(item.columnList), item.materialized,
                    statement(item.query), span(item.span)));
        }
        return List.copyOf(ctes);
    }

    private List<Query.Locking> locking(SqlNodeList list) {
        List<Query.Locking> all = new ArrayList<>(list.size());
        for (SqlNode node : list) {
            PgNodes.Locking locking = (PgNodes.Locking) node;
            List<Name> of = locking.of.stream().map(n -> ExpressionConversion.name((SqlIdentifier) n)).toList();
            all.add(new Query.Locking(locking.strength, of, locking.nowait, locking.skipLocked, span(locking)));
        }
        return List.copyOf(all);
    }

    private Query.Body body(SqlNode node) {
        return switch (node) {
            case PgNodes.Select select -> select(select);
            case PgNodes.SetOperation set -> new Query.SetOp(Query.SetOperation.valueOf(set.operator), set.all,
                    query(set.left), query(set.right), span(node));
            case SqlBasicCall values -> new Query.Values(
                    values.getOperandList().stream().map(row -> (Expr.Row) expression(row)).toList(), span(node));
            default -> new Query.Nested(query(node), span(node));
        };
    }

    private Query.Select select(PgNodes.Select select) {
        SqlNodeList groupBy = select.getGroup();
        List<Query.NamedWindow> windows = new ArrayList<>();
        for (SqlNode node : select.getWindowList()) {
            PgNodes.NamedWindow window = (PgNodes.NamedWindow) node;
            windows.add(new Query.NamedWindow(ExpressionConversion.simple(window.name),
                    expressions.window(window.window)));
        }
        Name into = select.into == null ? null : ExpressionConversion.name(select.into);
        return new Query.Select(select.distinct,
                select.distinctOn == null ? null : expressions.all(select.distinctOn.getList()),
                selectItems(select.getSelectList()),
                into, select.intoTemp || into != null && into.isTemp(),
                items(select.getFrom()), expressions.orNull(select.getWhere()),
                groupBy == null ? List.of() : expressions.all(groupBy.getList()), select.groupingSets,
                expressions.orNull(select.getHaving()), List.copyOf(windows), span(select.itemsPos),
                span(select.fromPos), span(select.wherePos), span(select.groupByPos), span(select.havingPos),
                span(select));
    }

    private List<Query.Item> selectItems(SqlNodeList list) {
        List<Query.Item> items = new ArrayList<>(list.size());
        for (SqlNode node : list) {
            PgNodes.SelectItem item = (PgNodes.SelectItem) node;
            items.add(new Query.Item(expression(item.expr), ExpressionConversion.simple(item.alias), span(item)));
        }
        return List.copyOf(items);
    }

    // ---- FROM

    private List<FromItem> items(SqlNode from) {
        if (from == null) {
            return List.of();
        }
        List<FromItem> items = new ArrayList<>();
        for (SqlNode node : (SqlNodeList) from) {
            items.add(item(node));
        }
        return List.copyOf(items);
    }

    private FromItem item(SqlNode node) {
        if (node instanceof PgNodes.Join join) {
            return new FromItem.Join(FromItem.JoinKind.valueOf(join.kind), join.natural, item(join.left),
                    item(join.right), expressions.orNull(join.on), join.using == null ? null : names(join.using),
                    ExpressionConversion.simple(join.alias), span(join));
        }
        PgNodes.Item item = (PgNodes.Item) node;
        String alias = ExpressionConversion.simple(item.alias);
        List<String> columns = names(item.columnAliases);
        return switch (item.shape) {
            case TABLE -> table(item);
            case QUERY -> new FromItem.Derived(query(item.item), alias, columns, item.lateral, span(item));
            case FUNCTIONS -> new FromItem.Functions(
                    item.item instanceof SqlNodeList list
                            ? expressions.all(list.getList())
                            : List.of(expression(item.item)),
                    alias, columns, item.lateral, span(item));
            case JOIN -> new FromItem.Derived(joined(item.item), alias, columns, false, span(item));
        };
    }

    private FromItem.Table table(PgNodes.Item item) {
        return new FromItem.Table(ExpressionConversion.name((SqlIdentifier) item.item),
                ExpressionConversion.simple(item.alias), names(item.columnAliases), item.only,
                item.sample == null ? null : expressions.all(item.sample.getList()), span(item));
    }

    /** A join in parentheses with an alias hides the names inside, as a query that selects all of it does. */
    private Query joined(SqlNode join) {
        Span span = span(join);
        Query.Select all = new Query.Select(false, null, List.of(new Query.Item(new Expr.Star(null, span), null, span)),
                null, false, List.of(item(join)), null, List.of(), false, null, List.of(), span, span, Span.NONE,
                Span.NONE, Span.NONE, span);
        return new Query(List.of(), false, all, List.of(), null, null, false, List.of(), Span.NONE, Span.NONE,
                Span.NONE, span);
    }

    private static List<String> names(SqlNodeList list) {
        return list == null
                ? List.of()
                : list.stream().map(n -> ExpressionConversion.simple((SqlIdentifier) n)).toList();
    }
}
