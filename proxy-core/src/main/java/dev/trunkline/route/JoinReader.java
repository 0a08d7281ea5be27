package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.FromItem.JoinKind;
import dev.trunkline.sql.Span;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads FROM items in two steps: first what they bring into scope, then, when WHERE is known, the conditions of their joins.
 */
final class JoinReader {

    /** A FROM item and the names that it brings. */
    sealed interface Tree {

        Names names();

        record Leaf(RowSource source, Names names) implements Tree {}

        record Join(JoinKind kind, Tree left, Tree right, Expr on, List<Pair> using, Names names) implements Tree {}
    }

    /** The two columns that USING or NATURAL makes equal; null where one can't be followed. */
    record Pair(Term left, Term right) {}

    private final Reading reading;
    private final QueryReader queries;

    JoinReader(Reading reading, QueryReader queries) {
        this.reading = reading;
        this.queries = queries;
    }

    /** Reads an item; {@code scope} shows the items before it to LATERAL. */
    Tree read(FromItem item, Scope scope) {
        return switch (item) {
            case FromItem.Table table -> leaf(queries.table(table, scope), scope);
            case FromItem.Derived derived -> {
                Shape shape = queries.query(derived.query(), derived.lateral() ? scope : scope.outer,
                        derived.alias() == null ? "subquery" : derived.alias());
                yield leaf(queries.use(shape, derived.alias(), derived.columnAliases(), derived.span()), scope);
            }
            case FromItem.Functions functions -> {
                String before = scope.shape.unsteady;
                scope.shape.unsteady = null;
                reading.exprs.readAll(functions.calls(), scope);
                if (scope.shape.unsteady != null) {
                    scope.shape.unsteadyFrom = scope.shape.unsteady;
                }
                scope.shape.unsteady = before;
                yield leaf(rows(functions), scope);
            }
            case FromItem.Join join -> join(join, scope);
        };
    }

    private RowSource rows(FromItem.Functions functions) {
        List<KeyValue> elements = functions.calls().size() == 1 ? elements(functions.calls().getFirst()) : null;
        List<String> columns = elements != null && functions.columnAliases().isEmpty()
                ? List.of(alias(functions))
                : List.copyOf(functions.columnAliases());
        RowSource rows = new RowSource(RowSource.Kind.OPAQUE, alias(functions), null, columns, true, null,
                functions.span());
        rows.elements = elements;
        // WITH ORDINALITY counts the rows.
        rows.cuttable = columns.size() == 1
                && !reading.text.text().toLowerCase(Locale.ROOT).contains("ordinality");
        return rows;
    }

    /** The constants that {@code unnest(array)} makes rows of, or null. */
    static List<KeyValue> elements(Expr call) {
        return call instanceof Expr.Function function && function.name().last().equals("unnest")
                && (function.name().schema() == null || function.name().schema().equals("pg_catalog"))
                && function.arguments().size() == 1
                        ? Constants.unnested(function.arguments().getFirst())
                        : null;
    }

    private static String alias(FromItem.Functions functions) {
        if (functions.alias() != null) {
            return functions.alias();
        }
        return functions.calls().size() == 1 && functions.calls().getFirst() instanceof Expr.Function function
                ? function.name().last()
                : "";
    }

    private static Tree leaf(RowSource source, Scope scope) {
        source.owner = scope.shape;
        scope.shape.sources.add(source);
        return new Tree.Leaf(source, Names.of(source));
    }

    private Tree join(FromItem.Join join, Scope scope) {
        Tree left = read(join.left(), scope);
        scope.visible.add(left.names());
        Tree right = read(join.right(), scope);
        scope.visible.remove(left.names());
        List<Pair> pairs = new ArrayList<>();
        List<Names.Column> merged = new ArrayList<>();
        for (String name : using(join, left.names(), right.names())) {
            Names.Column a = left.names().find(name);
            Names.Column b = right.names().find(name);
            Term first = a == null ? null : a.term();
            Term second = b == null ? null : b.term();
            pairs.add(new Pair(first, second));
            merged.add(new Names.Column(name, switch (join.kind()) {
                case INNER, CROSS -> first == null ? second : first;
                case LEFT -> first;
                case RIGHT -> second;
                case FULL -> null;
            }));
        }
        Names names = Names.join(left.names(), right.names(), merged);
        // Which columns NATURAL merges can't be told when some are unknown; the left side's value isn't always the result's.
        if (join.natural() && names.open && join.kind() != JoinKind.INNER && join.kind() != JoinKind.LEFT) {
            names.columns.clear();
        }
        if (join.alias() != null) {
            // USING (...) AS alias names the merged columns once more; the names inside stay.
            names.hidden.add(join.alias());
        }
        return new Tree.Join(join.kind(), left, right, join.on(), pairs, names);
    }

    private static List<String> using(FromItem.Join join, Names left, Names right) {
        if (!join.natural()) {
            return join.using() == null ? List.of() : join.using();
        }
        List<String> common = new ArrayList<>();
        for (Names.Column column : left.columns) {
            if (column.name() != null && right.find(column.name()) != null) {
                common.add(column.name());
            }
        }
        return common;
    }

    /**
     * Takes facts from the conditions of a join and of those inside it.
     *
     * @param rejected
     *            the sources for which what is above drops NULLs: an outer join that makes NULLs of them is an inner one
     */
    void conditions(Tree tree, Scope scope, Set<RowSource> rejected) {
        if (!(tree instanceof Tree.Join join)) {
            return;
        }
        Set<RowSource> left = sources(join.left());
        Set<RowSource> right = sources(join.right());
        JoinKind kind = reduced(join.kind(), meets(left, rejected), meets(right, rejected));
        Set<RowSource> filtered = new HashSet<>();
        boolean filtersLeft = kind == JoinKind.INNER || kind == JoinKind.CROSS || kind == JoinKind.RIGHT;
        boolean filtersRight = kind == JoinKind.INNER || kind == JoinKind.CROSS || kind == JoinKind.LEFT;
        if (filtersLeft) {
            filtered.addAll(left);
        }
        if (filtersRight) {
            filtered.addAll(right);
        }
        Scope on = new Scope(scope.outer, scope.shape);
        on.visible.add(join.left().names());
        on.visible.add(join.right().names());
        Set<RowSource> byOn = new HashSet<>();
        reading.exprs.read(join.on(), on, PgOid.BOOL);
        reading.conditions.apply(join.on(), on, filtered, byOn);
        for (Pair pair : join.using()) {
            if (pair.left() != null && pair.right() != null) {
                reading.conditions.equalColumns(pair.left(), pair.right(), Span.NONE, filtered, byOn);
                byOn.add(pair.left().source());
                byOn.add(pair.right().source());
            }
        }
        if (kind == JoinKind.LEFT || kind == JoinKind.FULL) {
            right.forEach(source -> source.preserved = false);
        }
        if (kind == JoinKind.RIGHT || kind == JoinKind.FULL) {
            left.forEach(source -> source.preserved = false);
        }
        conditions(join.left(), scope, filtersLeft ? both(rejected, byOn) : rejected);
        conditions(join.right(), scope, filtersRight ? both(rejected, byOn) : rejected);
    }

    private static JoinKind reduced(JoinKind kind, boolean leftRejected, boolean rightRejected) {
        return switch (kind) {
            case INNER, CROSS -> kind;
            case LEFT -> rightRejected ? JoinKind.INNER : JoinKind.LEFT;
            case RIGHT -> leftRejected ? JoinKind.INNER : JoinKind.RIGHT;
            case FULL -> leftRejected && rightRejected
                    ? JoinKind.INNER
                    : leftRejected ? JoinKind.LEFT : rightRejected ? JoinKind.RIGHT : JoinKind.FULL;
        };
    }

    private static boolean meets(Set<RowSource> sources, Set<RowSource> rejected) {
        return sources.stream().anyMatch(rejected::contains);
    }

    private static Set<RowSource> both(Set<RowSource> a, Set<RowSource> b) {
        Set<RowSource> all = new HashSet<>(a);
        all.addAll(b);
        return all;
    }

    private static Set<RowSource> sources(Tree tree) {
        Set<RowSource> all = new HashSet<>();
        switch (tree) {
            case Tree.Leaf leaf -> all.add(leaf.source());
            case Tree.Join join -> {
                all.addAll(sources(join.left()));
                all.addAll(sources(join.right()));
            }
        }
        return all;
    }
}
