package dev.trunkline.route;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Span;
import dev.trunkline.sql.Statement;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads queries: their levels, what their FROM items are called, and what leaves them. */
final class QueryReader {

    private final Reading reading;
    private final JoinReader joins;

    QueryReader(Reading reading) {
        this.reading = reading;
        this.joins = new JoinReader(reading, this);
    }

    /** Reads a query that stands in {@code outer}. */
    Shape query(Query query, Scope outer, String name) {
        Scope scope = new Scope(outer, null);
        with(query.with(), query.recursive(), scope);
        Shape shape = switch (query.body()) {
            case Query.Select select -> select(select, query, scope, name);
            case Query.Values values -> values(values, query, scope, name);
            case Query.SetOp operation -> setOperation(operation, query, scope, name);
            case Query.Nested nested -> {
                Shape inner = query(nested.query(), scope, name);
                clauses(query, new Scope(scope, inner));
                yield inner;
            }
        };
        if (query.limit() != null || query.offset() != null || query.withTies()) {
            shape.barrier = "LIMIT";
        }
        if (!query.locking().isEmpty()) {
            shape.barrier = "FOR UPDATE";
            query.locking().forEach(locking -> lock(shape, locking));
        }
        return shape;
    }

    /** Reads a WITH list into a scope. */
    void with(List<Query.Cte> ctes, boolean recursive, Scope scope) {
        if (recursive) {
            ctes.forEach(cte -> scope.ctes.put(cte.name(), new Scope.Cte()));
        }
        for (Query.Cte cte : ctes) {
            Shape shape = switch (cte.statement()) {
                case Statement.Select select -> query(select.query(), scope, cte.name());
                case Statement.Insert insert -> reading.writers.insert(insert, scope);
                case Statement.Update update -> reading.writers.update(update, scope);
                case Statement.Delete delete -> reading.writers.delete(delete, scope);
                case Statement.Merge merge -> reading.writers.merge(merge, scope);
                default -> throw new IllegalStateException("a CTE can't be " + cte.statement().kind());
            };
            rename(shape, cte.columns());
            if (recursive) {
                shape.barrier = "WITH RECURSIVE";
            }
            scope.ctes.computeIfAbsent(cte.name(), n -> new Scope.Cte()).shape = shape;
        }
    }

    static void rename(Shape shape, List<String> columns) {
        for (int i = 0; i < columns.size() && i < shape.outputs.size(); i++) {
            shape.rename(i, columns.get(i));
        }
        if (columns.size() > shape.outputs.size()) {
            shape.open = true;
        }
    }

    JoinReader.Tree from(FromItem item, Scope scope) {
        return joins.read(item, scope);
    }

    private Shape select(Query.Select select, Query query, Scope with, String name) {
        Shape shape = shape(name, select.span());
        Scope scope = new Scope(with, shape);
        shape.scope = scope;
        List<JoinReader.Tree> trees = new ArrayList<>();
        for (FromItem item : select.from()) {
            JoinReader.Tree tree = joins.read(item, scope);
            trees.add(tree);
            scope.visible.add(tree.names());
        }
        select.windows().forEach(window -> shape.windows.put(window.name(), window.window()));
        where(select.where(), scope, trees);
        select.items().forEach(item -> output(item, shape, scope));
        group(select, shape, scope);
        reading.exprs.read(select.having(), scope, PgOid.BOOL);
        for (Query.NamedWindow window : select.windows()) {
            reading.exprs.readAll(window.window().partitionBy(), scope);
            reading.exprs.readOrder(window.window().orderBy(), scope);
            reading.exprs.readAll(window.window().frame(), scope);
        }
        if (select.from().isEmpty() && shape.outputs.size() == 1 && select.where() == null) {
            List<KeyValue> elements = JoinReader.elements(shape.outputs.getFirst().expr());
            shape.constants = elements == null ? null : List.of(elements);
        }
        shape.distinct = select.distinct();
        if (select.distinctOn() != null) {
            reading.exprs.readAll(select.distinctOn(), scope);
            shape.barrier = "DISTINCT ON";
        }
        if (select.having() != null) {
            shape.aggregated = true;
        }
        if (select.into() != null) {
            shape.barrier = "INTO";
            reading.into = !select.intoTemp();
        }
        clauses(query, scope);
        return shape;
    }

    Shape shape(String name, Span span) {
        Shape shape = new Shape(name, span);
        reading.facts.add(shape);
        return shape;
    }

    /** Reads WHERE, and after it the ON of the joins: a WHERE that can't be true of NULLs makes outer joins inner. */
    void where(Expr where, Scope scope, List<JoinReader.Tree> trees) {
        reading.exprs.read(where, scope, PgOid.BOOL);
        Set<RowSource> rejected = new HashSet<>();
        reading.conditions.apply(where, scope, new HashSet<>(scope.shape.sources), rejected);
        trees.forEach(tree -> joins.conditions(tree, scope, rejected));
    }

    void output(Query.Item item, Shape shape, Scope scope) {
        reading.exprs.read(item.expr(), scope);
        if (shape.open) {
            return;
        }
        if (item.expr() instanceof Expr.Star star) {
            star(star, shape, scope);
            return;
        }
        Term term = item.expr() instanceof Expr.Column column
                && scope.resolve(column.name()) instanceof Scope.Resolved resolved ? resolved.term() : null;
        String name = item.alias() != null ? item.alias() : columnName(item.expr());
        shape.add(new Shape.Output(name, term, item.expr()));
    }

    private static void star(Expr.Star star, Shape shape, Scope scope) {
        if (star.qualifier() != null) {
            RowSource source = scope.source(star.qualifier().last());
            if (source == null || source.open() || star.qualifier().parts().size() > 1) {
                shape.open = true;
                return;
            }
            for (int i = 0; i < source.columns().size(); i++) {
                shape.add(new Shape.Output(source.columns().get(i), new Term(source, i), star));
            }
            return;
        }
        for (Names names : scope.visible) {
            if (names.open) {
                shape.open = true;
                return;
            }
            names.columns.forEach(column -> shape.add(new Shape.Output(column.name(), column.term(), star)));
        }
    }

    /** The name that PostgreSQL gives an output column without an alias; null where it is not worked out. */
    private static String columnName(Expr expr) {
        return switch (expr) {
            case Expr.Column column -> column.name().last();
            case Expr.Function function -> function.name().last();
            case Expr.Cast cast -> cast.operand() instanceof Expr.Column || cast.operand() instanceof Expr.Function
                    ? columnName(cast.operand())
                    : cast.operand() instanceof Expr.Opaque || cast.operand() instanceof Expr.Subquery
                            || cast.operand() instanceof Expr.Cast
                                    ? null
                                    : cast.type().name().last();
            case Expr.Literal literal -> "?column?";
            case Expr.Parameter parameter -> "?column?";
            case Expr.Operator operator -> "?column?";
            case Expr.And and -> "?column?";
            case Expr.Or or -> "?column?";
            case Expr.Not not -> "?column?";
            case Expr.InList in -> "?column?";
            case Expr.AnyArray any -> "?column?";
            case Expr.Between between -> "?column?";
            case Expr.IsNull isNull -> "?column?";
            case Expr.ArrayItems array -> "array";
            case Expr.Row row -> "row";
            case Expr.Star star -> null;
            case Expr.Subquery subquery -> null;
            case Expr.Opaque opaque -> null;
        };
    }

    private void group(Query.Select select, Shape shape, Scope scope) {
        shape.grouped = !select.groupBy().isEmpty() || select.groupingSets();
        shape.groupingSets = select.groupingSets();
        for (Expr expr : select.groupBy()) {
            reading.exprs.read(expr, scope);
            Term term = switch (expr) {
                case Expr.Column column -> grouped(column, shape, scope);
                case Expr.Literal literal -> ordinal(literal, shape);
                default -> null;
            };
            if (term != null) {
                shape.groupTerms.add(term);
            }
        }
    }

    private static Term grouped(Expr.Column column, Shape shape, Scope scope) {
        Scope.Resolved resolved = scope.resolve(column.name());
        if (resolved != null && resolved.level() == scope) {
            return resolved.term();
        }
        // GROUP BY looks for a column first and for an output name then.
        if (column.name().parts().size() == 1 && scope.visible.stream().noneMatch(names -> names.open)) {
            int output = shape.result.column(column.name().last());
            return output < 0 ? null : shape.outputs.get(output).term();
        }
        return null;
    }

    private Term ordinal(Expr.Literal literal, Shape shape) {
        if (literal.kind() != LiteralKind.INTEGER || shape.open) {
            return null;
        }
        String number = reading.text.read(literal);
        int position = number != null && number.matches("[0-9]{1,4}") ? Integer.parseInt(number) : 0;
        return position < 1 || position > shape.outputs.size() ? null : shape.outputs.get(position - 1).term();
    }

    /** ORDER BY, LIMIT and OFFSET. */
    private void clauses(Query query, Scope scope) {
        reading.exprs.readOrder(query.orderBy(), scope);
        reading.exprs.read(query.limit(), scope, PgOid.INT8);
        reading.exprs.read(query.offset(), scope, PgOid.INT8);
    }

    private Shape values(Query.Values values, Query query, Scope with, String name) {
        Shape shape = shape(name, values.span());
        Scope scope = new Scope(with, shape);
        int width = values.rows().isEmpty() ? 0 : values.rows().getFirst().items().size();
        for (int i = 0; i < width; i++) {
            shape.add(new Shape.Output("column" + (i + 1), null, null));
        }
        shape.constants = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            int column = i;
            boolean even = values.rows().stream().allMatch(row -> row.items().size() > column);
            shape.constants.add(even
                    ? Constants.ofOneType(values.rows().stream().map(row -> row.items().get(column)).toList())
                    : null);
        }
        values.rows().forEach(row -> reading.exprs.readAll(row.items(), scope));
        clauses(query, scope);
        return shape;
    }

    private Shape setOperation(Query.SetOp operation, Query query, Scope with, String name) {
        Shape left = query(operation.left(), with, name);
        Shape right = query(operation.right(), with, name);
        Shape shape = shape(name, operation.span());
        shape.branches = List.of(left, right);
        shape.open = left.open || right.open || left.outputs.size() != right.outputs.size();
        if (!shape.open) {
            left.outputs.forEach(output -> shape.add(new Shape.Output(output.name(), null, null)));
        }
        clauses(query, new Scope(with, shape));
        return shape;
    }

    /** The source that a table's name stands for. */
    RowSource table(FromItem.Table table, Scope scope) {
        String schema = table.name().schema();
        String last = table.name().last();
        Scope.Cte cte = schema == null ? scope.cte(last) : null;
        if (cte != null) {
            return cte.shape == null
                    ? new RowSource(RowSource.Kind.OPAQUE, table.exposedName(), null, List.of(), true, null,
                            table.span())
                    : use(cte.shape, table.exposedName(), table.columnAliases(), table.span());
        }
        RowSource source = relation(table);
        if (reading.views.reads(source.relation())) {
            return reading.views.read(source.relation(), table);
        }
        reading.tables.add(source);
        if (table.sampled()) {
            reading.exprs.readAll(table.sample(), scope);
        }
        return source;
    }

    /** The relation that a name stands for where CTEs don't count: the target of a write. */
    RowSource relation(FromItem.Table table) {
        if (reading.catalog.isTemp(table.name(), reading.tempTables, reading.searchPath)) {
            return new RowSource(RowSource.Kind.TEMP, table.exposedName(), null, List.of(), true, null,
                    reading.views.place(table.span()));
        }
        Relation relation = reading.catalog.find(table.name().schema(), table.name().last(),
                reading.searchPath);
        if (relation == null) {
            return new RowSource(RowSource.Kind.UNKNOWN, table.exposedName(), null, List.of(), true, null,
                    reading.views.place(table.span()));
        }
        List<String> columns = new ArrayList<>();
        for (ColumnInfo column : relation.columns()) {
            columns.add(column.name());
        }
        boolean open = relation.kind() == RelationKind.CATALOG || columns.isEmpty()
                || table.columnAliases().size() > columns.size();
        return new RowSource(RowSource.Kind.TABLE, table.exposedName(), relation,
                renamed(columns, table.columnAliases()), open, null, reading.views.place(table.span()));
    }

    /** A use of a query's rows as a FROM item. */
    RowSource use(Shape shape, String alias, List<String> columnAliases, Span span) {
        RowSource source = new RowSource(RowSource.Kind.QUERY, alias == null ? "" : alias, null,
                renamed(shape.result.columns(), columnAliases), columnAliases.size() > shape.outputs.size(), shape,
                span);
        shape.users.add(source);
        return source;
    }

    /** A use of a view, which schema and name qualify as they do a table. */
    RowSource use(Shape shape, Relation view, FromItem.Table table) {
        RowSource source = new RowSource(RowSource.Kind.QUERY, table.exposedName(), view,
                renamed(shape.result.columns(), table.columnAliases()),
                table.columnAliases().size() > shape.outputs.size(), shape, table.span());
        shape.users.add(source);
        return source;
    }

    private static List<String> renamed(List<String> columns, List<String> aliases) {
        List<String> names = new ArrayList<>(columns);
        for (int i = 0; i < aliases.size() && i < names.size(); i++) {
            names.set(i, aliases.get(i));
        }
        return names;
    }

    /** Marks the tables whose rows a locking clause locks: those of FROM and of subqueries in it, not of CTEs. */
    private void lock(Shape shape, Query.Locking locking) {
        for (RowSource source : shape.sources) {
            boolean named = locking.of().isEmpty()
                    || locking.of().stream().anyMatch(name -> name.last().equals(source.name()));
            if (named) {
                lock(source);
            }
        }
        if (shape.branches != null) {
            shape.branches.forEach(branch -> branch.sources.forEach(QueryReader::lock));
        }
    }

    private static void lock(RowSource source) {
        source.locked = true;
        if (source.shape() != null) {
            source.shape().sources.forEach(QueryReader::lock);
        }
    }
}
