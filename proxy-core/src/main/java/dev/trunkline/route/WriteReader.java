package dev.trunkline.route;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Span;
import dev.trunkline.sql.Statement;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads UPDATE, DELETE and MERGE; INSERT is {@link InsertReader}'s. */
final class WriteReader {

    private final Reading reading;
    private final InsertReader inserts;

    WriteReader(Reading reading) {
        this.reading = reading;
        this.inserts = new InsertReader(reading);
    }

    Shape insert(Statement.Insert insert, Scope outer) {
        return inserts.insert(insert, outer);
    }

    Shape update(Statement.Update update, Scope outer) {
        Scope scope = scope(update.with(), outer, "UPDATE", update.span());
        RowSource target = target(update.target(), scope);
        scope.shape.sources.add(target);
        List<JoinReader.Tree> trees = from(update.from(), scope);
        reading.queries.where(update.where(), scope, trees);
        Set<String> assigned = new HashSet<>();
        for (Statement.Assignment assignment : update.set()) {
            value(assignment.value(), target, assignment, scope);
            assigned.add(assignment.column());
            if (isKey(target, assignment.column())) {
                assignKey(target, assignment, scope);
            }
        }
        returning(update.returning(), scope);
        for (int i = 0; i < scope.shape.outputs.size(); i++) {
            Term term = scope.shape.outputs.get(i).term();
            if (term != null && term.source() == target && assigned.contains(target.relation().columns().get(term
                    .column()).name())) {
                scope.shape.forget(i);
            }
        }
        return scope.shape;
    }

    Shape delete(Statement.Delete delete, Scope outer) {
        Scope scope = scope(delete.with(), outer, "DELETE", delete.span());
        scope.shape.sources.add(target(delete.target(), scope));
        List<JoinReader.Tree> trees = from(delete.using(), scope);
        reading.queries.where(delete.where(), scope, trees);
        returning(delete.returning(), scope);
        return scope.shape;
    }

    /** MERGE yields no facts: its ON does not restrict what NOT MATCHED inserts. */
    Shape merge(Statement.Merge merge, Scope outer) {
        reading.merges = true;
        Scope scope = scope(merge.with(), outer, "MERGE", merge.span());
        RowSource target = target(merge.target(), scope);
        from(List.of(merge.source()), scope);
        reading.exprs.read(merge.on(), scope, PgOid.BOOL);
        for (Statement.MergeAction action : merge.actions()) {
            reading.exprs.read(action.condition(), scope, PgOid.BOOL);
            action.set().forEach(assignment -> value(assignment.value(), target, assignment, scope));
        }
        returning(merge.returning(), scope);
        return scope.shape;
    }

    /** The level of a write: predicates never pass into it. */
    Scope scope(List<Query.Cte> ctes, Scope outer, String name, Span span) {
        Scope with = new Scope(outer, null);
        reading.queries.with(ctes, !ctes.isEmpty() && reading.text.recursive(span.start()), with);
        Shape shape = reading.queries.shape(name, span);
        shape.barrier = name;
        return new Scope(with, shape);
    }

    RowSource target(FromItem.Table table, Scope scope) {
        RowSource target = reading.queries.relation(table);
        target.written = true;
        target.owner = scope.shape;
        reading.tables.add(target);
        scope.visible.add(Names.of(target));
        return target;
    }

    private List<JoinReader.Tree> from(List<FromItem> items, Scope scope) {
        List<JoinReader.Tree> trees = new ArrayList<>();
        for (FromItem item : items) {
            JoinReader.Tree tree = reading.queries.from(item, scope);
            trees.add(tree);
            scope.visible.add(tree.names());
        }
        return trees;
    }

    void returning(List<Query.Item> items, Scope scope) {
        if (items != null) {
            items.forEach(item -> reading.queries.output(item, scope.shape, scope));
        }
    }

    /** Reads a value that is assigned to a column. */
    void value(Expr value, RowSource target, Statement.Assignment assignment, Scope scope) {
        ColumnInfo column = column(target, assignment);
        reading.exprs.read(value, scope, column == null || column.baseTypeOid() == 0
                ? ParameterTypes.UNSURE
                : column.baseTypeOid());
        if (value instanceof Expr.Parameter parameter && column != null && column.typeOid() != column.baseTypeOid()) {
            // Keys are read as the type below the domain.
            reading.parameters.inDomain(parameter.number());
        }
    }

    private static ColumnInfo column(RowSource target, Statement.Assignment assignment) {
        // A multi-column SET from a subquery may come without names.
        boolean whole = target.relation() != null && assignment.column() != null && !assignment.subfield();
        int index = whole ? target.column(assignment.column()) : -1;
        return index < 0 ? null : target.relation().columns().get(index);
    }

    static boolean isKey(RowSource target, String column) {
        return target.sharded() != null && target.sharded().key().stream().anyMatch(key -> key.name().equals(column));
    }

    /** {@code SET key = key} changes nothing; {@code SET key = constant} must prove to stay where it is when bound. */
    private void assignKey(RowSource target, Statement.Assignment assignment, Scope scope) {
        if (assignment.value() instanceof Expr.Column column && isColumn(column, target, assignment.column(), scope)) {
            return;
        }
        List<KeyColumn> key = target.sharded().key();
        KeyValue value = assignment.subfield() || key.size() > 1 || assignment.value() == null
                ? null
                : Constants.of(assignment.value());
        if (value == null || value instanceof KeyValue.Null) {
            reading.writes.add(new KeyWrite(target, null, assigned(target, assignment.column(), assignment.span())));
            return;
        }
        reading.writes.add(new KeyWrite(target, new KeyRule(target.relation().fullName().toString(),
                target.sharded(), List.of(key.getFirst().name()), List.of(key.getFirst().type()),
                KeyRule.Use.REASSIGNED, List.of(List.of(value))), null));
    }

    /** Whether an expression is the target's own column of this name. */
    static boolean isColumn(Expr.Column expr, RowSource target, String column, Scope scope) {
        Scope.Resolved resolved = scope.resolve(expr.name());
        return resolved != null && resolved.term() != null && resolved.term().source() == target
                && resolved.term().column() == target.column(column);
    }

    static ProxyException assigned(RowSource target, String column, Span span) {
        return ProxyError.NOT_OVER_NODES.with("assigning the shard key " + target.relation().fullName() + "." + column,
                "Delete the row and insert it again with the new key, or leave the key out of SET.")
                .withPosition(span.start() + 1);
    }
}
