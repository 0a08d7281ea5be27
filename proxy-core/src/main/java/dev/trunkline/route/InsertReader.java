package dev.trunkline.route;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Span;
import dev.trunkline.sql.Statement;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads INSERT: the key of each row that it writes, as constants or as columns whose values are proven. */
final class InsertReader {

    private static final String KEY_HINT = "Give the shard key in every row, as a plain literal or parameter.";

    private final Reading reading;

    InsertReader(Reading reading) {
        this.reading = reading;
    }

    Shape insert(Statement.Insert insert, Scope outer) {
        Scope scope = reading.writers.scope(insert.with(), outer, "INSERT", insert.span());
        RowSource target = reading.writers.target(insert.target(), scope);
        List<String> columns = columns(insert, target);
        switch (insert.source()) {
            case null -> missing(target, "is not given", insert.span());
            case Query source when source.body() instanceof Query.Values values ->
                values(insert, source, values, target,
                        columns, scope);
            case Query source -> select(insert, source, target, columns, scope);
        }
        if (target.sharded() != null) {
            defaults(insert, target, columns);
            overriding(insert, target);
        }
        if (insert.onConflict() != null) {
            onConflict(insert.onConflict(), target, scope);
        }
        reading.writers.returning(insert.returning(), scope);
        for (int i = 0; i < scope.shape.outputs.size(); i++) {
            scope.shape.forget(i);
        }
        return scope.shape;
    }

    private static List<String> columns(Statement.Insert insert, RowSource target) {
        List<String> columns = new ArrayList<>();
        if (insert.columns() != null) {
            insert.columns().forEach(column -> columns.add(column.column()));
        } else if (target.relation() != null) {
            target.relation().columns().forEach(column -> columns.add(column.name()));
        }
        return columns;
    }

    private void missing(RowSource target, String why, Span span) {
        if (target.sharded() != null) {
            String keys = String.join(", ", target.sharded().key().stream().map(KeyColumn::name).toList());
            problem(target, keys, why, span);
        }
    }

    private void problem(RowSource target, String column, String why, Span span) {
        problem(target, ProxyError.SHARD_KEY_NOT_KNOWN
                .with(target.relation().fullName() + "." + column + " " + why, KEY_HINT)
                .withPosition(span.start() + 1));
    }

    private void problem(RowSource target, ProxyException problem) {
        reading.writes.add(new KeyWrite(target, null, problem));
    }

    private void values(Statement.Insert insert, Query source, Query.Values values, RowSource target,
            List<String> columns, Scope outer) {
        Scope scope = new Scope(outer.outer, outer.shape);
        reading.queries.with(source.with(), source.recursive(), scope);
        reading.exprs.read(source.limit(), scope, PgOid.INT8);
        reading.exprs.read(source.offset(), scope, PgOid.INT8);
        reading.exprs.readOrder(source.orderBy(), scope);
        for (Expr.Row row : values.rows()) {
            for (int i = 0; i < row.items().size(); i++) {
                if (i < columns.size()) {
                    reading.writers.value(row.items().get(i), target, column(insert, i, columns.get(i)), scope);
                } else {
                    reading.exprs.read(row.items().get(i), scope);
                }
            }
        }
        if (target.sharded() == null) {
            return;
        }
        List<KeyColumn> key = target.sharded().key();
        List<List<KeyValue>> alternatives = new ArrayList<>();
        for (Expr.Row row : values.rows()) {
            List<KeyValue> rowKey = new ArrayList<>();
            for (KeyColumn column : key) {
                KeyValue value = keyValue(target, column, columns, row, insert.span());
                if (value == null) {
                    return;
                }
                rowKey.add(value);
            }
            alternatives.add(rowKey);
        }
        reading.writes.add(new KeyWrite(target, assigned(target, alternatives), null));
    }

    private static Statement.Assignment column(Statement.Insert insert, int i, String column) {
        return insert.columns() == null
                ? new Statement.Assignment(column, false, null, Span.NONE)
                : insert.columns().get(i);
    }

    private static KeyRule assigned(RowSource target, List<List<KeyValue>> alternatives) {
        List<KeyColumn> key = target.sharded().key();
        return new KeyRule(target.relation().fullName().toString(), target.sharded(),
                key.stream().map(KeyColumn::name).toList(), key.stream().map(KeyColumn::type).toList(),
                KeyRule.Use.ASSIGNED, alternatives);
    }

    /** The constant that a row gives a key column; null after noting why there is none. */
    private KeyValue keyValue(RowSource target, KeyColumn column, List<String> columns, Expr.Row row, Span span) {
        int position = columns.indexOf(column.name());
        if (position < 0 || position >= row.items().size()) {
            problem(target, column.name(), "is not given", span);
            return null;
        }
        Expr expr = row.items().get(position);
        KeyValue value = Constants.of(expr);
        if (value instanceof KeyValue.Null) {
            problem(target, column.name(), "is NULL", expr.span());
            return null;
        }
        if (value == null) {
            problem(target, column.name(), isDefault(expr) ? "is left to its default" : "is an expression",
                    expr.span());
        }
        return value;
    }

    private static boolean isDefault(Expr expr) {
        return expr instanceof Expr.Opaque opaque && opaque.shape().equals("DEFAULT");
    }

    private void select(Statement.Insert insert, Query source, RowSource target, List<String> columns, Scope scope) {
        Shape rows = reading.queries.query(source, scope.outer, "SELECT");
        if (target.sharded() == null) {
            return;
        }
        List<KeyColumn> key = target.sharded().key();
        List<KeyValue> constants = new ArrayList<>();
        for (KeyColumn column : key) {
            int position = columns.indexOf(column.name());
            if (position < 0 || position >= rows.outputs.size()) {
                problem(target, column.name(), rows.open ? "can't be told from the query" : "is not given",
                        insert.span());
                return;
            }
            RowSource.Type type = rows.type(position);
            Term written = new Term(target, target.column(column.name()));
            if (type != null) {
                if (!stores(type.column(), column.type())) {
                    problem(target, column.name(), "is written from a column of another type", insert.span());
                    return;
                }
                Term selected = new Term(rows.result, position);
                reading.facts.flows(selected, written);
                reading.selectedKeys.put(written, selected);
            } else {
                Expr expr = rows.outputs.get(position).expr();
                KeyValue value = rows.branches == null && expr != null ? Constants.of(expr) : null;
                if (value == null || value instanceof KeyValue.Null) {
                    problem(target, column.name(), value == null ? "is an expression" : "is NULL", insert.span());
                    return;
                }
                constants.add(value);
            }
        }
        if (constants.size() == key.size()) {
            reading.writes.add(new KeyWrite(target, assigned(target, List.of(constants)), null));
        } else if (!constants.isEmpty()) {
            problem(target, key.getFirst().name(), "is partly a constant and partly a column", insert.span());
        }
    }

    /** Whether storing a value of one column's type in another leaves its hash. */
    private static boolean stores(ColumnType from, ColumnType to) {
        return from.type().hashClass() == to.type().hashClass()
                && (to.type().hashClass() == HashClass.INTEGER || to.modifier() == ColumnType.NO_MODIFIER
                        || from.equals(to));
    }

    /** A default that gives the same ids on several nodes must not be used (semantics.md 10). */
    private void defaults(Statement.Insert insert, RowSource target, List<String> columns) {
        for (ColumnInfo column : target.relation().columns()) {
            if (!column.collidingIds()) {
                continue;
            }
            int position = insert.source() == null ? -1 : columns.indexOf(column.name());
            boolean defaulted = position < 0 || insert.source().body() instanceof Query.Values values
                    && values.rows().stream().anyMatch(row -> position >= row.items().size()
                            || isDefault(row.items().get(position)));
            if (defaulted || userValue(insert)) {
                problem(target, ProxyError.NOT_OVER_NODES.with(
                        "the default of " + target.relation().fullName() + "." + column.name()
                                + ", which gives the same ids on every node,",
                        "Give the id in the statement, or alter the sequences as trunkline check prints it."));
            }
        }
    }

    private static boolean userValue(Statement.Insert insert) {
        return insert.overriding() != null && insert.overriding().toLowerCase(Locale.ROOT).contains("user");
    }

    /** OVERRIDING USER VALUE ignores what is given for identity columns. */
    private void overriding(Statement.Insert insert, RowSource target) {
        for (KeyColumn key : target.sharded().key()) {
            ColumnInfo column = target.relation().column(key.name());
            if (userValue(insert) && column != null && column.defaultKind() == DefaultKind.IDENTITY) {
                problem(target, key.name(), "is left to its default by OVERRIDING USER VALUE", insert.span());
            }
        }
    }

    private void onConflict(Statement.OnConflict conflict, RowSource target, Scope outer) {
        Scope scope = new Scope(outer.outer, outer.shape);
        scope.visible.add(Names.of(target));
        RowSource excluded = new RowSource(RowSource.Kind.OPAQUE, "excluded", null, target.columns(), target.open(),
                null,
                conflict.span());
        reading.exprs.readAll(conflict.target() == null ? List.of() : conflict.target(), scope);
        Scope update = new Scope(outer.outer, outer.shape);
        update.visible.add(Names.of(target));
        update.visible.add(Names.qualified(excluded));
        for (Statement.Assignment assignment : conflict.set() == null
                ? List.<Statement.Assignment>of()
                : conflict.set()) {
            reading.writers.value(assignment.value(), target, assignment, update);
            if (WriteReader.isKey(target, assignment.column())
                    && !keepsKey(assignment, conflict, target, excluded, update)) {
                problem(target, WriteReader.assigned(target, assignment.column(), assignment.span()));
            }
        }
        reading.exprs.read(conflict.where(), update, PgOid.BOOL);
    }

    /** The row's own key, or EXCLUDED's where the rows conflict because their keys are equal. */
    private static boolean keepsKey(Statement.Assignment assignment, Statement.OnConflict conflict, RowSource target,
            RowSource excluded, Scope scope) {
        if (assignment.subfield() || !(assignment.value() instanceof Expr.Column column)) {
            return false;
        }
        if (WriteReader.isColumn(column, target, assignment.column(), scope)) {
            return true;
        }
        Scope.Resolved resolved = scope.resolve(column.name());
        boolean proposed = resolved != null && resolved.term() != null && resolved.term().source() == excluded
                && resolved.term().column() == target.column(assignment.column());
        return proposed && conflict.target() != null && conflict.target().stream().anyMatch(
                expr -> expr instanceof Expr.Column by && by.name().last().equals(assignment.column()));
    }
}
