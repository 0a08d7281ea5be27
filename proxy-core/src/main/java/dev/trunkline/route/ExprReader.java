package dev.trunkline.route;

import dev.trunkline.catalog.Builtins;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.TypeName;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgOid;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Walks expressions of every shape, so that no table, function or parameter inside is missed, and notes the types that
 * their contexts give parameters.
 */
final class ExprReader {

    /** Written like functions, though the catalog knows none of these names. */
    private static final Set<String> SYNTAX = Set.of("coalesce", "nullif", "greatest", "least", "grouping", "row",
            "exists", "cast", "xmlelement", "xmlforest", "xmlpi", "xmlroot", "xmlparse", "xmlserialize", "xmlconcat",
            "xmlexists", "json", "json_array", "json_arrayagg", "json_exists", "json_object", "json_objectagg",
            "json_query", "json_scalar", "json_serialize", "json_value", "merge_action", "current_date",
            "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role", "current_user",
            "session_user", "user", "current_catalog", "current_schema", "system_user", "treat", "normalize",
            "is_normalized", "extract", "overlay", "position", "substring", "trim", "collation");
    /** Aggregates that don't depend on the order of rows. */
    private static final Set<String> STEADY_AGGREGATES = Set.of("count", "sum", "avg", "min", "max", "bool_and",
            "bool_or", "every", "bit_and", "bit_or", "bit_xor", "stddev", "stddev_pop", "stddev_samp", "variance",
            "var_pop", "var_samp", "range_agg", "range_intersect_agg");
    private static final Set<String> SYNTAX_AGGREGATES = Set.of("json_arrayagg", "json_objectagg", "xmlagg");

    private final Reading reading;
    /** The levels of the columns inside the aggregate that is being read, null among them for a column that isn't known; null outside of one. */
    private Set<Shape> levels;

    ExprReader(Reading reading) {
        this.reading = reading;
    }

    /** Reads an expression whose context gives it no type. */
    void read(Expr expr, Scope scope) {
        read(expr, scope, ParameterTypes.UNSURE);
    }

    void readAll(List<? extends Expr> exprs, Scope scope) {
        exprs.forEach(expr -> read(expr, scope));
    }

    void readOrder(List<Expr.OrderItem> items, Scope scope) {
        items.forEach(item -> read(item.expr(), scope));
    }

    /** Reads an expression; {@code typeOid} is the type that a bare parameter takes in its place. */
    void read(Expr expr, Scope scope, int typeOid) {
        switch (expr) {
            case null -> {
            }
            case Expr.Column column -> {
                Scope.Resolved resolved = scope.resolve(column.name());
                if (levels != null) {
                    levels.add(resolved == null ? null : resolved.level().shape);
                }
                if (resolved != null) {
                    correlate(scope, resolved.level());
                }
            }
            case Expr.Star star -> {
                if (levels != null) {
                    levels.add(null);
                }
            }
            case Expr.Literal literal -> {
            }
            case Expr.Parameter parameter -> reading.parameters.use(parameter.number(), typeOid);
            case Expr.Cast cast -> cast(cast, scope);
            case Expr.Operator operator -> operator(operator, scope);
            case Expr.And and -> and.operands().forEach(e -> read(e, scope, PgOid.BOOL));
            case Expr.Or or -> or.operands().forEach(e -> read(e, scope, PgOid.BOOL));
            case Expr.Not not -> read(not.operand(), scope, PgOid.BOOL);
            case Expr.InList in -> inList(in, scope);
            case Expr.AnyArray any -> anyArray(any, scope);
            case Expr.Between between -> {
                int low = typeOf(between.low(), scope);
                read(between.operand(), scope,
                        low == typeOf(between.high(), scope) ? low : ParameterTypes.UNSURE);
                read(between.low(), scope, typeOf(between.operand(), scope));
                read(between.high(), scope, typeOf(between.operand(), scope));
            }
            case Expr.IsNull isNull -> {
                if (isNull.operand() instanceof Expr.Parameter parameter) {
                    reading.parameters.mention(parameter.number());
                } else {
                    read(isNull.operand(), scope);
                }
            }
            case Expr.ArrayItems array -> readAll(array.items(), scope);
            case Expr.Row row -> readAll(row.items(), scope);
            case Expr.Function function -> function(function, scope);
            case Expr.Subquery subquery -> subquery(subquery, scope);
            case Expr.Opaque opaque -> {
                int type = reading.types.inside(opaque, scope);
                opaque.operands().forEach(operand -> read(operand, scope, type));
            }
        }
    }

    private void subquery(Expr.Subquery subquery, Scope scope) {
        Shape shape = reading.queries.query(subquery.query(), scope, "subquery");
        boolean compared = subquery.operator() != null && ExpressionTypes.COMPARISONS.contains(subquery.operator())
                && shape.outputs.size() == 1 && !shape.open;
        read(subquery.operand(), scope,
                compared ? ExpressionTypes.compared(shape.typeOid(0)) : ParameterTypes.UNSURE);
        reading.subqueries.put(subquery, shape);
    }

    /** Marks the queries between a column and the level that it belongs to. */
    private static void correlate(Scope from, Scope level) {
        for (Scope scope = from; scope != null && scope != level; scope = scope.outer) {
            if (scope.shape != null && scope.shape != level.shape) {
                scope.shape.correlated = true;
            }
        }
    }

    private void cast(Expr.Cast cast, Scope scope) {
        if (cast.operand() instanceof Expr.ArrayItems array && cast.type().arrayDimensions() == 1) {
            // The cast of ARRAY[...] is one of each item.
            int element = oidOf(new TypeName(cast.type().name(), cast.type().modifiers(), 0, cast.type().span()));
            array.items().forEach(item -> read(item, scope, element));
        } else {
            read(cast.operand(), scope, oidOf(cast.type()));
        }
    }

    private void operator(Expr.Operator operator, Scope scope) {
        if (operator.left() instanceof Expr.Row left && operator.right() instanceof Expr.Row right
                && left.items().size() == right.items().size()
                && ExpressionTypes.COMPARISONS.contains(operator.name())) {
            for (int i = 0; i < left.items().size(); i++) {
                compared(left.items().get(i), right.items().get(i), scope);
            }
        } else if (operator.left() != null && ExpressionTypes.COMPARISONS.contains(operator.name())) {
            compared(operator.left(), operator.right(), scope);
        } else if (operator.left() != null) {
            read(operator.left(), scope,
                    reading.types.beside(operator.name(), reading.types.of(operator.right(), scope)));
            read(operator.right(), scope,
                    reading.types.beside(operator.name(), reading.types.of(operator.left(), scope)));
        } else {
            read(operator.right(), scope);
        }
    }

    private void compared(Expr left, Expr right, Scope scope) {
        read(left, scope, typeOf(right, scope));
        read(right, scope, typeOf(left, scope));
    }

    private void inList(Expr.InList in, Scope scope) {
        read(in.operand(), scope);
        // Several items without columns become one array, whose type all are brought to; one is simply compared.
        boolean array = in.items().stream().filter(ExpressionTypes::isUntyped).count() > 1;
        int type = !listKeepsType(in, scope)
                ? ParameterTypes.UNSURE
                : array ? reading.types.common(List.of(in.operand()), scope) : typeOf(in.operand(), scope);
        for (Expr item : in.items()) {
            if (in.operand() instanceof Expr.Row row && item instanceof Expr.Row values
                    && values.items().size() == row.items().size()) {
                for (int i = 0; i < row.items().size(); i++) {
                    read(values.items().get(i), scope, typeOf(row.items().get(i), scope));
                }
            } else {
                read(item, scope, type);
            }
        }
    }

    /** Whether the common type of operand and items is the operand's: an item of a wider type would widen them all. */
    private boolean listKeepsType(Expr.InList in, Scope scope) {
        KeyType type = KeyType.ofOid(Math.max(0, typeOf(in.operand(), scope)));
        return in.items().stream().allMatch(item -> switch (item) {
            case Expr.Parameter parameter -> true;
            case Expr.Literal literal -> literal.kind() == LiteralKind.STRING || literal.kind() == LiteralKind.NULL
                    || literal.kind() == LiteralKind.INTEGER && type == KeyType.INT8
                            && literal.span().end() - literal.span().start() < 19;
            default -> false;
        });
    }

    private void anyArray(Expr.AnyArray any, Scope scope) {
        read(any.operand(), scope);
        int element = ExpressionTypes.COMPARISONS.contains(any.operator())
                ? typeOf(any.operand(), scope)
                : ParameterTypes.UNSURE;
        if (any.array() instanceof Expr.ArrayItems) {
            read(any.array(), scope);
        } else {
            int array = element <= 0 ? PgOid.UNSPECIFIED : PgOid.arrayOf(element);
            read(any.array(), scope, array == PgOid.UNSPECIFIED ? ParameterTypes.UNSURE : array);
        }
    }

    /** The type that a bare parameter takes when it is compared with an expression. */
    private int typeOf(Expr expr, Scope scope) {
        return ExpressionTypes.compared(reading.types.of(expr, scope));
    }

    private static void unsteady(Expr.Function function, FunctionFacts facts, Scope scope) {
        boolean byOrder = facts == null || facts.isAggregate() && function.orderBy().isEmpty()
                && function.withinGroup().isEmpty() && !STEADY_AGGREGATES.contains(function.name().last());
        if (byOrder || facts.worst() == FunctionFacts.Volatility.VOLATILE) {
            shapeOf(scope).unsteady = function.name().last();
        }
    }

    private void function(Expr.Function function, Scope scope) {
        FunctionFacts facts = reading.function(function.name());
        boolean syntax = facts == null && function.name().parts().size() == 1
                && SYNTAX.contains(function.name().last());
        if (!syntax) {
            FunctionUse use = new FunctionUse(function, facts,
                    reading.catalog.functionRoute(function.name().schema(), function.name().last()));
            reading.functions.add(use);
            if (use.hasEffects() && shapeOf(scope).barrier == null) {
                shapeOf(scope).barrier = function.name().last();
            }
        }
        if (function.over() != null) {
            readAll(function.arguments(), scope);
            read(function.filter(), scope, PgOid.BOOL);
            window(function.over(), scope);
            return;
        }
        unsteady(function, facts, scope);
        boolean aggregate = syntax
                ? SYNTAX_AGGREGATES.contains(function.name().last())
                : facts == null || facts.isAggregate();
        Set<Shape> around = levels;
        if (aggregate) {
            levels = new HashSet<>();
        }
        arguments(function, scope);
        readOrder(function.orderBy(), scope);
        readOrder(function.withinGroup(), scope);
        read(function.filter(), scope, PgOid.BOOL);
        if (aggregate) {
            aggregated(scope);
            if (around != null) {
                around.addAll(levels);
            }
            levels = around;
        }
    }

    private void arguments(Expr.Function function, Scope scope) {
        Builtins.Signature signature = reading.types.signature(function);
        for (int i = 0; i < function.arguments().size(); i++) {
            read(function.arguments().get(i), scope,
                    signature == null ? ParameterTypes.UNSURE : signature.arguments().get(i));
        }
    }

    /**
     * An aggregate belongs to the innermost level that its columns come from, not to the one it is written in. Unless a column
     * of its own level is in it, every level around it may be meant.
     */
    private void aggregated(Scope scope) {
        if (levels.isEmpty() || levels.contains(shapeOf(scope))) {
            shapeOf(scope).aggregated = true;
            return;
        }
        for (Scope level = scope; level != null; level = level.outer) {
            if (level.shape != null) {
                level.shape.aggregated = true;
            }
        }
    }

    private static Shape shapeOf(Scope scope) {
        Scope level = scope;
        while (level.shape == null) {
            level = level.outer;
        }
        return level.shape;
    }

    private void window(Expr.Window window, Scope scope) {
        readAll(window.partitionBy(), scope);
        readOrder(window.orderBy(), scope);
        readAll(window.frame(), scope);
        Shape shape = shapeOf(scope);
        shape.windowed = true;
        Set<Term> partition = new HashSet<>();
        Expr.Window next = window;
        while (next != null) {
            for (Expr expr : next.partitionBy()) {
                if (expr instanceof Expr.Column column && scope.resolve(column.name()) instanceof Scope.Resolved found
                        && found.term() != null) {
                    partition.add(found.term());
                }
            }
            next = next.name() == null ? null : shape.windows.get(next.name());
        }
        shape.partitions.add(partition);
    }

    /** The OID of a built-in type as written, {@link ParameterTypes#UNSURE} for any other. */
    static int oidOf(TypeName type) {
        boolean builtIn = type.name().schema() == null || type.name().schema().equals("pg_catalog");
        Builtins.Type found = builtIn
                ? Builtins.postgres().type((type.arrayDimensions() > 0 ? "_" : "") + type.name().last())
                : null;
        return found == null ? ParameterTypes.UNSURE : found.oid();
    }

    /** The key type that a cast gives, or null where the value changes on the way or isn't followed. */
    static KeyType castTo(TypeName type) {
        if (!type.modifiers().isEmpty() || type.arrayDimensions() > 0) {
            return null;
        }
        KeyType key = KeyType.ofOid(Math.max(0, oidOf(type)));
        return key == null || key.hashClass() == HashClass.BPCHAR ? null : key;
    }
}
