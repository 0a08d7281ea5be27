package dev.trunkline.plan;

import dev.trunkline.catalog.Builtins;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.ExecuteArguments;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.KeyValue;
import dev.trunkline.route.NodeRule;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** Plans as text, the same in EXPLAIN (ROUTE), in the golden tests and in {@code explain}. */
final class PlanText {

    private PlanText() {}

    /** The lines of a plan's tree. */
    static List<String> lines(Plan plan) {
        List<String> lines = new ArrayList<>();
        switch (plan) {
            case Plan.OneNode one -> {
                lines.add("OneNode " + rule(one.rule()));
                if (one.otherwise() != null) {
                    lines.add("  otherwise " + lines(one.otherwise()).getFirst());
                    lines(one.otherwise()).stream().skip(1).forEach(line -> lines.add("  " + line));
                }
            }
            case Plan.FanOut fanOut -> {
                lines.add("FanOut " + rule(fanOut.rule()));
                lines.add("  merge: " + merge(fanOut.merge()));
                if (fanOut.nodeSql() != null) {
                    lines.add("  node SQL: " + fanOut.nodeSql().strip().replaceAll("\\s*\\n\\s*", " "));
                }
                if (fanOut.listing()) {
                    lines.set(0, "OneNode " + rule(fanOut.rule()) + " with the session's prepared statements");
                    return lines.subList(0, 1);
                }
                lines.add("  missing: " + fanOut.reason().nearest() + (fanOut.reason().because() == null
                        ? ""
                        : " (" + fanOut.reason().because() + ")"));
            }
            case Plan.LocalReply local -> lines.add(local.action() instanceof SessionAction.Execute execute
                    ? execute(execute)
                    : "LocalReply " + local.action());
            case Plan.Refuse refuse -> {
                ProxyException error = refuse.error();
                lines.add("Refuse " + error.sqlState() + ": " + error.getMessage());
                if (error.hint() != null) {
                    lines.add("  hint: " + error.hint());
                }
            }
        }
        return lines;
    }

    private static String execute(SessionAction.Execute execute) {
        return "Execute " + execute.name() + execute.arguments().stream()
                .map(PlanText::argument)
                .collect(Collectors.joining(", ", "(", ")"))
                + (execute.form() == SessionAction.Execute.Form.PLAIN ? "" : " " + execute.form());
    }

    private static String argument(ExecuteArguments.Written argument) {
        return switch (argument) {
            case ExecuteArguments.Written.One one -> value(one.value());
            case ExecuteArguments.Written.Items items -> items.values().stream().map(PlanText::value)
                    .collect(Collectors.joining(", ", "ARRAY[", "]"));
            case ExecuteArguments.Written.Other other -> "an expression";
        };
    }

    static String rule(NodeRule rule) {
        return switch (rule) {
            case NodeRule.ByKey byKey -> "by key "
                    + byKey.keys().stream().map(PlanText::key).collect(Collectors.joining(" and "))
                    + (byKey.required() == NodeRule.NO_NODE
                            ? ""
                            : byKey.required() == NodeRule.PINNED
                                    ? " on the pinned node"
                                    : " on node " + byKey.required())
                    + (byKey.severalNodes() == null ? "" : "; if several: " + byKey.severalNodes().getMessage());
            case NodeRule.EveryNode every -> "every node";
            case NodeRule.Home home -> "home";
            case NodeRule.TransactionNode transaction -> "the transaction's node or home";
            case NodeRule.AnyNode any -> "any node";
            case NodeRule.OnNode on -> "node " + on.node();
            case NodeRule.PinnedNode pinned -> "the pinned node"
                    + (pinned.required() == NodeRule.NO_NODE ? "" : " which must be node " + pinned.required());
            case NodeRule.CursorNode cursor -> "the node of cursor " + cursor.cursor();
            case NodeRule.Hinted hinted ->
                "by hint " + (hinted.hint() == null ? "of the session" : hinted.hint().text())
                        + (hinted.open().isEmpty()
                                ? ""
                                : " for " + hinted.open().stream()
                                        .map(key -> key.table() + "." + String.join(", ", key.columns()))
                                        .collect(Collectors.joining(" and ")))
                        + (hinted.own() == null ? "" : ", agreeing with: " + rule(hinted.own()))
                        + hinted.parts().stream().map(part -> ", agreeing with: " + key(part.rule()))
                                .collect(Collectors.joining());
        };
    }

    private static String key(KeyRule key) {
        if (!key.bounds().isEmpty()) {
            return key.table() + "." + key.columns().getFirst() + key.bounds().stream()
                    .map(bound -> " " + bound.side().operator() + " " + value(bound.value()))
                    .collect(Collectors.joining(" and"));
        }
        String operator = switch (key.use()) {
            case COMPARED -> key.single() ? " = " : " in ";
            case ASSIGNED -> key.single() ? " := " : " := each of ";
            case REASSIGNED -> " stays := ";
        };
        String columns = key.columns().size() == 1
                ? key.columns().getFirst()
                : "(" + String.join(", ", key.columns()) + ")";
        String values = key.alternatives().stream().limit(8).map(PlanText::values).collect(Collectors.joining(", "));
        return key.table() + "." + columns + operator + (key.single()
                ? values
                : "(" + values + (key.alternatives().size() > 8 ? ", ..." : "") + ")");
    }

    private static String values(List<KeyValue> values) {
        String text = values.stream().map(PlanText::value).collect(Collectors.joining(", "));
        return values.size() == 1 ? text : "(" + text + ")";
    }

    static String value(KeyValue value) {
        return switch (value) {
            case KeyValue.Literal l -> (l.negative() ? "-" : "")
                    + (l.kind() == LiteralKind.TRUE || l.kind() == LiteralKind.FALSE
                            ? l.kind().toString().toLowerCase(
                                    java.util.Locale.ROOT)
                            : l.source() != null ? l.source() : "literal " + l.slot())
                    + cast(l.typeOid());
            case KeyValue.Parameter p -> "$" + p.number() + cast(p.typeOid())
                    + (p.takesColumnType() ? "" : " if its type is declared");
            case KeyValue.LiteralElements l -> "elements of literal " + l.slot() + cast(l.typeOid());
            case KeyValue.ParameterElements p -> "elements of $" + p.number() + cast(p.typeOid())
                    + (p.takesColumnType() ? "" : " if its type is declared");
            case KeyValue.Null n -> "NULL";
        };
    }

    private static String cast(int oid) {
        return oid == PgOid.UNSPECIFIED ? "" : "::" + KeyType.ofOid(oid).sqlName();
    }

    private static String merge(Merge merge) {
        return switch (merge) {
            case Merge.Concat concat -> "Concat";
            case Merge.Explained explained -> merge(explained.explained().merge()) + " -> Explained"
                    + (explained.json() ? " as JSON" : "");
            case Merge.OrderedMerge ordered -> "OrderedMerge by " + sorting(ordered.keys());
            case Merge.Aggregate aggregate -> "Aggregate " + aggregates(aggregate.columns());
            case Merge.GroupedAggregate grouped -> merge(grouped.source()) + " -> GroupedAggregate by "
                    + equal(grouped.keys()) + (grouped.neighbours() ? " as they come: " : ": ")
                    + aggregates(grouped.columns());
            case Merge.Distinct distinct -> merge(distinct.source()) + " -> Distinct by " + equal(distinct.keys())
                    + (distinct.neighbours() ? " as they come" : "");
            case Merge.Having having ->
                merge(having.source()) + " -> Having " + condition(having.condition());
            case Merge.Sorted sorted -> merge(sorted.source()) + " -> Sorted by " + sorting(sorted.keys());
            case Merge.Limit limit -> merge(limit.source()) + " -> Limit"
                    + (limit.count() == null ? "" : " " + rows(limit.count()))
                    + (limit.offset() == null ? "" : " offset " + rows(limit.offset()));
            case Merge.Project project -> merge(project.source()) + " -> Project " + project.shown() + " of "
                    + (project.shown() + project.cut());
        };
    }

    private static String aggregates(List<Merge.AggregateColumn> columns) {
        return columns.stream()
                .map(column -> column.function().name().toLowerCase(java.util.Locale.ROOT)
                        + (column.hidden() < 0 ? "" : " by column " + (column.hidden() + 1))
                        + (column.byteOrder() ? " in byte order" : ""))
                .collect(Collectors.joining(", "));
    }

    private static String condition(GroupCondition condition) {
        return switch (condition) {
            case GroupCondition.And and -> conditions(and.operands(), " and ");
            case GroupCondition.Or or -> conditions(or.operands(), " or ");
            case GroupCondition.Not not -> "not (" + condition(not.operand()) + ")";
            case GroupCondition.IsNull isNull -> "column " + (isNull.column() + 1) + " is null";
            case GroupCondition.IsTrue isTrue -> "column " + (isTrue.column() + 1);
            case GroupCondition.Compared compared -> "column " + (compared.left() + 1) + " " + compared.comparison()
                    + " column " + (compared.right() + 1) + (compared.byteOrder() ? " in byte order" : "");
        };
    }

    private static String conditions(List<GroupCondition> conditions, String between) {
        return conditions.stream().map(PlanText::condition).collect(Collectors.joining(between, "(", ")"));
    }

    private static String sorting(List<Merge.SortColumn> keys) {
        return keys.stream()
                .map(key -> "column " + (key.column() + 1) + (key.descending() ? " desc" : "")
                        + (key.nullsFirst() == key.descending()
                                ? ""
                                : key.nullsFirst() ? " nulls first" : " nulls last")
                        + (key.byteOrder() ? " in byte order" : ""))
                .collect(Collectors.joining(", "));
    }

    private static String equal(List<Merge.EqualColumn> keys) {
        return keys.size() == 1
                ? "column " + (keys.getFirst().column() + 1)
                : "columns " + keys.stream().map(key -> "" + (key.column() + 1)).collect(Collectors.joining(", "));
    }

    private static String rows(Merge.RowCount count) {
        return switch (count) {
            case Merge.RowCount.Literal literal -> "" + literal.rows();
            case Merge.RowCount.Parameter parameter -> "$" + parameter.number();
        };
    }

    /** The names of inferred types; null for a type that isn't certain. */
    static List<String> parameters(int[] types) {
        List<String> names = new ArrayList<>();
        for (int type : types) {
            int element = PgOid.elementOf(type);
            String name = Builtins.postgres().typeName(element == PgOid.UNSPECIFIED ? type : element);
            names.add(name == null || element == PgOid.UNSPECIFIED ? name : name + "[]");
        }
        return names;
    }

    /** {@code parameters: $1 bigint, $2 unknown}. */
    static String line(List<String> parameters) {
        StringJoiner line = new StringJoiner(", ", "parameters: ", "");
        for (int i = 0; i < parameters.size(); i++) {
            line.add("$" + (i + 1) + " " + (parameters.get(i) == null ? "unknown" : parameters.get(i)));
        }
        return line.toString();
    }

    static String json(List<String> parameters) {
        StringJoiner list = new StringJoiner(", ", "[", "]");
        parameters.forEach(name -> list.add(name == null ? "null" : Json.quoted(name)));
        return list.toString();
    }
}
