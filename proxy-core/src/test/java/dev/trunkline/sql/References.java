package dev.trunkline.sql;

import java.lang.reflect.RecordComponent;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.ArrayList;
import java.util.TreeMap;

import tools.jackson.databind.JsonNode;

/** What a statement refers to, collected from every record of its description: nothing may be out of reach. */
final class References {

    /** Words that are functions for us and nodes of their own in PostgreSQL. */
    private static final Set<String> NODES = Set.of("json_objectagg", "json_arrayagg", "merge_action");

    private static final Map<String, String> LIKE = Map.of("LIKE", "~~", "ILIKE", "~~*", "NOT LIKE", "!~~", "NOT ILIKE",
            "!~~*");

    private final Map<String, List<String>> found = new TreeMap<>();
    private int subqueries;

    private final String sql;

    private References(String sql) {
        this.sql = sql;
        for (String kind : List.of("tables", "parameters", "columns", "functions", "operators", "types")) {
            found.put(kind, new ArrayList<>());
        }
    }

    static References of(String sql, Statement statement) {
        References references = new References(sql);
        references.walk(statement);
        references.found.values().forEach(Collections::sort);
        return references;
    }

    /** How this differs from what PostgreSQL's parser found, or null. */
    String difference(JsonNode theirs) {
        for (Map.Entry<String, List<String>> kind : found.entrySet()) {
            List<String> expected = new ArrayList<>();
            theirs.get(kind.getKey()).forEach(n -> expected.add(n.asString()));
            if (!expected.equals(kind.getValue())) {
                List<String> missing = new ArrayList<>(expected);
                kind.getValue().forEach(missing::remove);
                List<String> extra = new ArrayList<>(kind.getValue());
                expected.forEach(extra::remove);
                return kind.getKey() + " missing " + missing + " extra " + extra;
            }
        }
        int expected = theirs.get("subqueries").asInt();
        return expected == subqueries ? null : "subqueries " + subqueries + " instead of " + expected;
    }

    private void add(String kind, String text) {
        found.get(kind).add(text);
    }

    private void walk(Object node) {
        switch (node) {
            case List<?> list -> list.forEach(this::walk);
            case Record record -> {
                note(record);
                if (isNegativeNumber(record)) {
                    return;
                }
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    try {
                        walk(component.getAccessor().invoke(record));
                    } catch (ReflectiveOperationException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
            case null, default -> {
            }
        }
    }

    private void note(Record record) {
        switch (record) {
            case FromItem.Table table ->
                add("tables", (table.name().schema() == null ? "" : table.name().schema()) + '.'
                        + table.name().last() + '.' + (table.alias() == null ? "" : table.alias()));
            case Expr.Parameter parameter -> add("parameters", Integer.toString(parameter.number()));
            case Expr.Column column -> add("columns", String.join(".", column.name().parts()));
            case Expr.Star star when isWritten(star.span().of(sql)) -> add("columns",
                    star.qualifier() == null ? "*" : String.join(".", star.qualifier().parts()) + ".*");
            case Expr.Function function when !NODES.contains(function.name().last()) ->
                add("functions", function.name().last());
            case Expr.Operator operator when !isNegativeNumber(operator) -> add("operators", operator.name());
            case Expr.AnyArray any -> add("operators", LIKE.getOrDefault(any.operator(), any.operator()));
            case Expr.Opaque array when array.shape().equals("JSON_ARRAY") ->
                subqueries -= (int) array.operands().stream()
                        .filter(o -> o instanceof Expr.Subquery s && !sql.startsWith("(", s.span().start())).count();
            case Expr.Subquery subquery -> subqueries++;
            case Expr.Cast cast -> add("types",
                    cast.type().name().parts().stream().filter(p -> !p.equals("pg_catalog"))
                            .reduce((a, b) -> a + "." + b).orElse("")
                            + "[]".repeat(cast.type().arrayDimensions()));
            default -> {
            }
        }
    }

    /** TABLE t has a star in both parsers; a join in parentheses with an alias has one of our making. */
    private static boolean isWritten(String star) {
        return star.endsWith("*") || star.regionMatches(true, 0, "table", 0, 5);
    }

    /** PostgreSQL's grammar folds the sign into the constant. */
    private static boolean isNegativeNumber(Record record) {
        return record instanceof Expr.Operator(String name, Expr left, Expr right, Span span) && left == null
                && name.equals("-")
                && (right instanceof Expr.Literal(LiteralKind kind, int slot, String source, Span at)
                        && (kind == LiteralKind.INTEGER || kind == LiteralKind.NUMERIC)
                        || right instanceof Expr.Operator inner && isNegativeNumber(inner));
    }
}
