package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.SequenceCode;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.SequenceCalls;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.route.FunctionUse;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads what a query or a write does with sequences. A number is certain to be taken where the row that takes it is certain to
 * be made: by VALUES, by DEFAULT VALUES, by a SELECT without FROM and the like. All the rest is a doubt.
 */
final class SequenceReader {

    private static final int MOST_CALLS = 64;

    private final Catalog catalog;
    private final PlanKey key;
    private final StatementText text;
    private final StatementFacts facts;
    /** The calls of nextval and setval that are certain to be made. */
    private final Set<Expr.Function> made = new HashSet<>();
    /** Calls in RETURNING, each with what is sure to have been taken for the row that it is made for. */
    private final Map<Expr.Function, SequenceUse> returned = new HashMap<>();
    private SequenceUse use = SequenceUse.NONE;

    SequenceReader(Catalog catalog, PlanKey key, StatementText text, StatementFacts facts) {
        this.catalog = catalog;
        this.key = key;
        this.text = text;
        this.facts = facts;
    }

    SequenceUse of(Statement statement) {
        switch (statement) {
            case Statement.Select select -> query(select.query());
            case Statement.Insert insert -> insert(insert);
            case Statement.Update update -> {
                with(update.with());
                assigned(update.target().name(), update.set());
            }
            case Statement.Delete delete -> with(delete.with());
            case Statement.Merge merge -> merge(merge);
            default -> throw new IllegalArgumentException(statement.kind());
        }
        facts.functions().forEach(this::called);
        SequenceCode code = catalog.sequenceCode();
        for (RowSource table : facts.tables()) {
            if (table.relation() != null) {
                use = use.and(code.at(table.relation().fullName(), table.written()));
            }
        }
        return use;
    }

    /** What the functions do that are called in expressions, each of which is evaluated once. */
    SequenceUse of(List<Expr> expressions) {
        expressions.forEach(this::evaluated);
        facts.functions().forEach(this::called);
        return use;
    }

    // ---- calls

    /** Notes what an expression is certain to call when it is evaluated. */
    private void evaluated(Expr expression) {
        switch (expression) {
            case Expr.Cast cast -> evaluated(cast.operand());
            case Expr.Operator operator -> {
                if (operator.left() != null) {
                    evaluated(operator.left());
                }
                if (operator.right() != null) {
                    evaluated(operator.right());
                }
            }
            case Expr.Row row -> row.items().forEach(this::evaluated);
            case Expr.ArrayItems array -> array.items().forEach(this::evaluated);
            case Expr.Function call -> {
                if (made.size() < MOST_CALLS && made.add(call)) {
                    made(call);
                }
            }
            case null, default -> {
                // Nothing that is certain.
            }
        }
    }

    private void made(Expr.Function call) {
        boolean takes = call.name().last().equals("nextval") && call.arguments().size() == 1;
        boolean sets = call.name().last().equals("setval") && call.arguments().size() == 2;
        RelationName sequence = isBuiltIn(call) && (takes || sets) ? sequence(call.arguments().getFirst()) : null;
        if (takes && isBuiltIn(call)) {
            use = use.and(sequence == null ? SequenceUse.SOME : SequenceUse.of(sequence));
        } else if (sequence != null) {
            use = use.and(new SequenceUse(Set.of(sequence), false, SequenceUse.Doubt.NONE, null, null));
        } else {
            made.remove(call);
        }
    }

    private static boolean isBuiltIn(Expr.Function call) {
        return call.name().schema() == null || call.name().schema().equals("pg_catalog");
    }

    private void called(FunctionUse function) {
        Expr.Function call = function.call();
        switch (function.name()) {
            case "nextval", "setval" -> {
                if (!made.contains(call)) {
                    use = use.and(SequenceUse.PERHAPS);
                }
            }
            case "currval" -> asks(call, asked(call));
            case "lastval" -> asks(call, new SequenceUse.Asked(Set.of(), true, 0, false));
            default -> {
                if (function.facts() == null || !function.facts().builtIn()) {
                    SequenceUse inside = catalog.sequenceCode().of(function.name());
                    use = use.and(inside.doubt() != SequenceUse.Doubt.NONE && function.hasEffects()
                            ? inside.and(SequenceUse.PERHAPS)
                            : inside);
                }
            }
        }
    }

    private void asks(Expr.Function call, SequenceUse.Asked asked) {
        use = use.and(SequenceUse.asking(asked).after(returned.getOrDefault(call, SequenceUse.NONE)));
    }

    /** Notes the calls in what is returned of each row. */
    private void returned(Expr expression, SequenceUse ofTheRow) {
        switch (expression) {
            case Expr.Cast cast -> returned(cast.operand(), ofTheRow);
            case Expr.Operator operator -> {
                returned(operator.left(), ofTheRow);
                returned(operator.right(), ofTheRow);
            }
            case Expr.Function call -> {
                returned.put(call, ofTheRow);
                call.arguments().forEach(argument -> returned(argument, ofTheRow));
            }
            case null, default -> {
                // Nothing that is looked for.
            }
        }
    }

    private SequenceUse.Asked asked(Expr.Function call) {
        Expr argument = call.arguments().isEmpty() ? null : call.arguments().getFirst();
        while (argument instanceof Expr.Cast cast) {
            argument = cast.operand();
        }
        if (argument instanceof Expr.Parameter parameter) {
            return new SequenceUse.Asked(Set.of(), false, parameter.number(), false);
        }
        RelationName sequence = sequence(argument);
        return new SequenceUse.Asked(sequence == null ? Set.of() : Set.of(sequence), false, 0, sequence == null);
    }

    /** The sequence that an argument names, or null. */
    private RelationName sequence(Expr argument) {
        return switch (argument) {
            case Expr.Cast cast -> sequence(cast.operand());
            case Expr.Literal literal -> {
                String name = string(literal);
                yield name == null ? null : SequenceCalls.named(name, catalog, key.searchPath());
            }
            case Expr.Function call when call.name().last().equals("pg_get_serial_sequence") && isBuiltIn(call)
                    && call.arguments().size() == 2 ->
                serial(string(call.arguments().getFirst()), string(call.arguments().getLast()));
            case null, default -> null;
        };
    }

    private String string(Expr expr) {
        return switch (expr) {
            case Expr.Cast cast -> string(cast.operand());
            case Expr.Literal literal when literal.kind() == LiteralKind.STRING -> text.read(literal);
            case null, default -> null;
        };
    }

    private RelationName serial(String table, String column) {
        Relation relation = table == null || column == null
                ? null
                : SequenceCalls.relation(table, catalog, key.searchPath());
        ColumnInfo found = relation == null ? null : relation.column(column);
        return found == null ? null : found.ownedSequence();
    }

    // ---- statements

    private void with(List<Query.Cte> ctes) {
        for (Query.Cte cte : ctes) {
            switch (cte.statement()) {
                // What writes is run to its end, used or not.
                case Statement.Insert insert -> insert(insert);
                case Statement.Update update -> {
                    with(update.with());
                    assigned(update.target().name(), update.set());
                }
                case Statement.Merge merge -> merge(merge);
                default -> {
                    // A query may not be read, and not to its end.
                }
            }
        }
    }

    private void query(Query query) {
        with(query.with());
        if (isOneRow(query) && query.body() instanceof Query.Select select) {
            select.items().forEach(item -> evaluated(item.expr()));
        } else if (isOneRow(query) && query.body() instanceof Query.Values values) {
            values.rows().forEach(this::evaluated);
        } else if (query.body() instanceof Query.Nested nested && isPlain(query)) {
            query(nested.query());
        }
    }

    /** Whether a query is certain to have a row, and to read it. */
    private boolean isOneRow(Query query) {
        return isPlain(query) && switch (query.body()) {
            case Query.Values values -> true;
            case Query.Select select -> select.from().isEmpty() && select.where() == null
                    && select.groupBy().isEmpty() && !select.groupingSets() && select.having() == null
                    && !select.distinct() && select.distinctOn() == null && select.items().stream()
                            .noneMatch(item -> item.expr() instanceof Expr.Star)
                    && facts.functions().stream().noneMatch(
                            function -> function.facts() == null || function.facts().setReturning());
            case Query.SetOp operation -> false;
            case Query.Nested nested -> false;
        };
    }

    private static boolean isPlain(Query query) {
        return query.limit() == null && query.offset() == null && query.orderBy().isEmpty();
    }

    private void insert(Statement.Insert insert) {
        with(insert.with());
        Query source = insert.source();
        boolean certain = source == null || isOneRow(source);
        if (source != null) {
            with(source.with());
        }
        Relation relation = relation(insert.target().name());
        if (relation == null) {
            use = use.and(SequenceUse.PERHAPS);
        } else if (catalog.sequenceCode().ruled().contains(relation.fullName())
                || relation.kind() != RelationKind.TABLE && relation.kind() != RelationKind.PARTITIONED_TABLE) {
            use = use.and(SequenceUse.PERHAPS);
            certain = false;
        } else {
            SequenceUse defaults = defaults(insert, relation);
            use = use.and(certain ? defaults : defaults.perhaps());
            if (catalog.sequenceCode().inserted().contains(relation.fullName())) {
                use = use.and(SequenceUse.PERHAPS);
            }
        }
        if (certain && source != null) {
            switch (source.body()) {
                case Query.Values values -> values.rows().forEach(this::evaluated);
                case Query.Select select -> select.items().forEach(item -> evaluated(item.expr()));
                case Query.SetOp operation -> throw new IllegalStateException("several queries are not one row");
                case Query.Nested nested -> throw new IllegalStateException("not looked into");
            }
        }
        if (insert.onConflict() != null && insert.onConflict().set() != null) {
            assigned(insert.target().name(), insert.onConflict().set());
        }
    }

    /** What the columns take whose defaults are used in some row. */
    private SequenceUse defaults(Statement.Insert insert, Relation relation) {
        boolean ignoresGiven = insert.overriding() != null
                && insert.overriding().toLowerCase(Locale.ROOT).contains("user");
        List<String> given = new ArrayList<>();
        if (insert.columns() != null) {
            insert.columns().forEach(column -> given.add(column.column()));
        } else {
            relation.columns().forEach(column -> given.add(column.name()));
        }
        SequenceUse all = SequenceUse.NONE;
        // Defaults are evaluated in the order of the columns: they may ask for what one before has taken for the same row.
        SequenceUse before = SequenceUse.NONE;
        for (ColumnInfo column : relation.columns()) {
            if (column.defaultNumbers() == SequenceUse.NONE) {
                continue;
            }
            if (ignoresGiven && column.defaultKind() == DefaultKind.IDENTITY) {
                all = all.and(column.defaultNumbers());
                continue;
            }
            int place = insert.source() == null ? -1 : given.indexOf(column.name());
            switch (given(insert.source(), place)) {
                case NO -> {
                    all = all.and(column.defaultNumbers().after(before));
                    before = place < 0 ? before.and(column.defaultNumbers()) : before;
                }
                case YES -> {
                    // What is given is stored.
                }
                case UNKNOWN -> all = all.and(column.defaultNumbers().perhaps());
            }
        }
        SequenceUse ofEachRow = before;
        insert.returning().forEach(item -> returned(item.expr(), ofEachRow));
        return all;
    }

    private enum Given {
        YES,
        NO,
        UNKNOWN
    }

    /** Whether all rows bring a value for the column at a place; NO where one of them does not. */
    private static Given given(Query source, int place) {
        if (source == null || place < 0) {
            return Given.NO;
        }
        return switch (source.body()) {
            case Query.Values values -> values.rows().stream()
                    .anyMatch(row -> place >= row.items().size() || isDefault(row.items().get(place)))
                            ? Given.NO
                            : Given.YES;
            case Query.Select select -> select.items().stream().anyMatch(item -> item.expr() instanceof Expr.Star)
                    ? Given.UNKNOWN
                    : place < select.items().size() ? Given.YES : Given.NO;
            case Query.SetOp operation -> given(operation.left(), place);
            case Query.Nested nested -> given(nested.query(), place);
        };
    }

    private static boolean isDefault(Expr expr) {
        return expr instanceof Expr.Opaque opaque && opaque.shape().equals("DEFAULT");
    }

    /** SET column = DEFAULT takes a number for each row that there is. */
    private void assigned(Name target, List<Statement.Assignment> assignments) {
        Relation relation = relation(target);
        for (Statement.Assignment assignment : assignments) {
            boolean defaults = isDefault(assignment.value()) || assignment.value() instanceof Expr.Row row
                    && row.items().stream().anyMatch(SequenceReader::isDefault);
            ColumnInfo column = relation == null ? null : relation.column(assignment.column());
            if (defaults) {
                use = use.and(column == null ? SequenceUse.PERHAPS : column.defaultNumbers().perhaps());
            }
        }
    }

    private void merge(Statement.Merge merge) {
        with(merge.with());
        for (Statement.MergeAction action : merge.actions()) {
            assigned(merge.target().name(), action.set());
            Relation relation = relation(merge.target().name());
            if (action.verb() == Statement.MergeVerb.INSERT) {
                use = use.and(relation == null || catalog.sequenceCode().inserted().contains(relation.fullName())
                        ? SequenceUse.PERHAPS
                        : relation.columns().stream().map(ColumnInfo::defaultNumbers)
                                .reduce(SequenceUse.NONE, SequenceUse::and).perhaps());
            }
        }
    }

    /** The relation that a statement writes, or null where it is the session's own or nobody knows it. */
    private Relation relation(Name name) {
        return catalog.isTemp(name, key.tempTables(), key.searchPath())
                ? null
                : catalog.find(name.schema(), name.last(), key.searchPath());
    }
}
