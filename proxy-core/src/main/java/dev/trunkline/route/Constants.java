package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.TypeName;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.List;

/**
 * The expressions that are constants to routing: literals, parameters and casts of them that leave the value alone. Anything
 * else, arithmetic on literals included, is none.
 */
final class Constants {

    private Constants() {}

    /** The constant that an expression is, or null. */
    static KeyValue of(Expr expr) {
        return switch (expr) {
            case Expr.Literal literal -> literal.kind() == LiteralKind.NULL
                    ? new KeyValue.Null(literal.span())
                    : new KeyValue.Literal(literal.slot(), literal.kind(), false, PgOid.UNSPECIFIED, literal.source(),
                            literal.span());
            case Expr.Parameter parameter -> new KeyValue.Parameter(parameter.number(), PgOid.UNSPECIFIED, true,
                    parameter.span());
            case Expr.Operator minus -> minus.left() == null && minus.name().equals("-")
                    && minus.right() instanceof Expr.Literal literal
                    && (literal.kind() == LiteralKind.INTEGER || literal.kind() == LiteralKind.NUMERIC)
                            ? new KeyValue.Literal(literal.slot(), literal.kind(), true, PgOid.UNSPECIFIED,
                                    literal.source(), minus.span())
                            : null;
            case Expr.Cast cast -> cast(cast);
            case Expr.Row row -> null;
            case Expr.Column column -> null;
            case Expr.Star star -> null;
            case Expr.And and -> null;
            case Expr.Or or -> null;
            case Expr.Not not -> null;
            case Expr.InList in -> null;
            case Expr.AnyArray any -> null;
            case Expr.Between between -> null;
            case Expr.IsNull isNull -> null;
            case Expr.ArrayItems array -> null;
            case Expr.Function function -> null;
            case Expr.Subquery subquery -> null;
            case Expr.Opaque opaque -> null;
        };
    }

    /** A cast that keeps the value as it is read: a string or a parameter of any type, a number that is only widened. */
    private static KeyValue cast(Expr.Cast cast) {
        KeyType type = ExprReader.castTo(cast.type());
        KeyValue value = type == null ? null : of(cast.operand());
        return switch (value) {
            case null -> null;
            case KeyValue.Literal literal -> castable(literal, type)
                    ? new KeyValue.Literal(literal.slot(), literal.kind(), literal.negative(), type.oid(),
                            literal.source(), cast.span())
                    : null;
            case KeyValue.Parameter parameter -> sameClass(parameter.typeOid(), type)
                    ? new KeyValue.Parameter(parameter.number(),
                            parameter.typeOid() == PgOid.UNSPECIFIED ? type.oid() : parameter.typeOid(), true,
                            cast.span())
                    : null;
            case KeyValue.Null none -> none;
            case KeyValue.LiteralElements elements -> null;
            case KeyValue.ParameterElements elements -> null;
        };
    }

    private static boolean castable(KeyValue.Literal literal, KeyType to) {
        if (literal.typeOid() != PgOid.UNSPECIFIED) {
            return sameClass(literal.typeOid(), to);
        }
        return switch (literal.kind()) {
            case STRING -> true;
            case INTEGER -> to.hashClass() == HashClass.INTEGER || to == KeyType.NUMERIC;
            case NUMERIC -> to == KeyType.NUMERIC;
            case TRUE, FALSE -> to == KeyType.BOOL;
            case BIT, NULL -> false;
        };
    }

    private static boolean sameClass(int oid, KeyType to) {
        return oid == PgOid.UNSPECIFIED || KeyType.ofOid(oid).hashClass() == to.hashClass();
    }

    /** The elements of an array expression that {@code = ANY} compares with, or null. */
    static List<KeyValue> elements(Expr array) {
        return switch (array) {
            case Expr.ArrayItems items -> all(items.items());
            case Expr.Literal literal -> literal.kind() == LiteralKind.STRING && literal.source() == null
                    ? List.of(new KeyValue.LiteralElements(literal.slot(), PgOid.UNSPECIFIED, literal.span()))
                    : null;
            case Expr.Parameter parameter -> List.of(new KeyValue.ParameterElements(parameter.number(),
                    PgOid.UNSPECIFIED, true, parameter.span()));
            case Expr.Cast cast -> castElements(cast);
            case null, default -> null;
        };
    }

    private static List<KeyValue> castElements(Expr.Cast cast) {
        TypeName element = new TypeName(cast.type().name(), cast.type().modifiers(), 0, cast.type().span());
        KeyType type = cast.type().arrayDimensions() == 1 ? ExprReader.castTo(element) : null;
        if (type == null) {
            return null;
        }
        return switch (cast.operand()) {
            case Expr.Literal literal -> literal.kind() == LiteralKind.STRING && literal.source() == null
                    ? List.of(new KeyValue.LiteralElements(literal.slot(), type.oid(), cast.span()))
                    : null;
            case Expr.Parameter parameter ->
                List.of(new KeyValue.ParameterElements(parameter.number(), type.oid(), true,
                        cast.span()));
            // ARRAY[...]::int8[] casts each item.
            case Expr.ArrayItems items -> {
                List<Expr> typed = new ArrayList<>();
                items.items().forEach(item -> typed.add(new Expr.Cast(item, element, item.span())));
                yield all(typed);
            }
            case null, default -> null;
        };
    }

    /**
     * The constants of a list that has a type of its own, as VALUES and unnest have: untyped strings are text there. Null
     * where one isn't a constant, or their types differ.
     */
    static List<KeyValue> ofOneType(List<? extends Expr> items) {
        List<KeyValue> typed = new ArrayList<>();
        int type = PgOid.UNSPECIFIED;
        for (Expr item : items) {
            KeyValue value = of(item);
            if (value instanceof KeyValue.Literal literal && typeOid(literal) == PgOid.UNSPECIFIED) {
                value = new KeyValue.Literal(literal.slot(), literal.kind(), literal.negative(), PgOid.TEXT,
                        literal.span());
            }
            int next = value == null ? PgOid.UNSPECIFIED : typeOid(value);
            if (value == null || type != PgOid.UNSPECIFIED && next != PgOid.UNSPECIFIED
                    && KeyType.ofOid(type) != KeyType.ofOid(next)) {
                return null;
            }
            type = next == PgOid.UNSPECIFIED ? type : next;
            typed.add(value);
        }
        return typed;
    }

    /** The elements of an array that unnest makes rows of, or null. */
    static List<KeyValue> unnested(Expr array) {
        if (array instanceof Expr.ArrayItems items) {
            return ofOneType(items.items());
        }
        List<KeyValue> elements = elements(array);
        // An untyped literal is no array to unnest.
        return elements != null && elements.getFirst() instanceof KeyValue.LiteralElements literal
                && literal.typeOid() == PgOid.UNSPECIFIED ? null : elements;
    }

    static List<KeyValue> all(List<? extends Expr> items) {
        List<KeyValue> values = new ArrayList<>();
        for (Expr item : items) {
            KeyValue value = of(item);
            if (value == null) {
                return null;
            }
            values.add(value);
        }
        return values;
    }

    /** The type that a constant brings by itself, {@link PgOid#UNSPECIFIED} when it takes the column's. */
    static int typeOid(KeyValue value) {
        return switch (value) {
            case KeyValue.Literal literal -> literal.typeOid() != PgOid.UNSPECIFIED
                    ? literal.typeOid()
                    : switch (literal.kind()) {
                        case INTEGER -> PgOid.INT8;
                        case NUMERIC -> PgOid.NUMERIC;
                        case STRING, NULL -> PgOid.UNSPECIFIED;
                        case TRUE, FALSE -> PgOid.BOOL;
                        case BIT -> PgOid.BIT;
                    };
            case KeyValue.Parameter parameter -> parameter.typeOid();
            case KeyValue.LiteralElements elements -> elements.typeOid();
            case KeyValue.ParameterElements elements -> elements.typeOid();
            case KeyValue.Null none -> PgOid.UNSPECIFIED;
        };
    }
}
