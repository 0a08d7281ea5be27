package dev.trunkline.route;

import dev.trunkline.catalog.Builtins;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Name;
import dev.trunkline.value.PgOid;
import java.util.List;
import java.util.Set;

/**
 * Works out the types of expressions where PostgreSQL's rules leave no doubt, for the parameters beside them. A literal's
 * type is not looked at where it depends on its value: a plan serves all values.
 */
final class ExpressionTypes {

    private static final int UNSURE = ParameterTypes.UNSURE;
    static final Set<String> COMPARISONS = Set.of("=", "<>", "!=", "<", ">", "<=", ">=");
    private static final Set<String> ARITHMETIC = Set.of("+", "-", "*", "/");
    private static final Set<Integer> NUMBERS = Set.of(PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.FLOAT4, PgOid.FLOAT8,
            PgOid.NUMERIC);
    /** The types with a comparison of their own on both sides, which an operand of unknown type is taken for. */
    private static final Set<Integer> COMPARABLE = Set.of(PgOid.BOOL, PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.FLOAT4,
            PgOid.FLOAT8, PgOid.NUMERIC, PgOid.TEXT, PgOid.BPCHAR, PgOid.NAME, PgOid.DATE, PgOid.TIME, PgOid.TIMETZ,
            PgOid.TIMESTAMP, PgOid.TIMESTAMPTZ, PgOid.INTERVAL, PgOid.UUID, PgOid.BYTEA, PgOid.OID, PgOid.JSONB);
    private static final Set<String> COMMON_TYPE = Set.of("COALESCE", "GREATEST", "LEAST");
    private static final Set<String> LIKE = Set.of("LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE");

    private final Reading reading;

    ExpressionTypes(Reading reading) {
        this.reading = reading;
    }

    /** The type of an expression, that below a domain, or {@link ParameterTypes#UNSURE}. */
    int of(Expr expr, Scope scope) {
        int oid = switch (expr) {
            case null -> UNSURE;
            case Expr.Column column -> {
                Scope.Resolved resolved = scope.resolve(column.name());
                yield resolved == null || resolved.term() == null
                        ? UNSURE
                        : resolved.term().source().typeOid(resolved.term().column());
            }
            case Expr.Cast cast -> ExprReader.oidOf(cast.type());
            case Expr.Literal literal -> literal.kind() == LiteralKind.NUMERIC ? PgOid.NUMERIC : UNSURE;
            case Expr.Operator operator -> operator(operator, scope);
            case Expr.Function function -> {
                Builtins.Signature signature = signature(function);
                yield signature == null ? UNSURE : signature.result();
            }
            case Expr.Opaque opaque -> COMMON_TYPE.contains(opaque.shape())
                    ? common(opaque.operands(), scope)
                    : UNSURE;
            case Expr.Parameter parameter -> UNSURE;
            case Expr.Star star -> UNSURE;
            case Expr.And and -> PgOid.BOOL;
            case Expr.Or or -> PgOid.BOOL;
            case Expr.Not not -> PgOid.BOOL;
            case Expr.InList in -> PgOid.BOOL;
            case Expr.AnyArray any -> PgOid.BOOL;
            case Expr.Between between -> PgOid.BOOL;
            case Expr.IsNull isNull -> PgOid.BOOL;
            case Expr.ArrayItems array -> UNSURE;
            case Expr.Row row -> UNSURE;
            case Expr.Subquery subquery -> UNSURE;
        };
        return oid <= 0 ? UNSURE : oid;
    }

    private int operator(Expr.Operator operator, Scope scope) {
        if (operator.left() == null) {
            return UNSURE;
        }
        if (COMPARISONS.contains(operator.name())) {
            return PgOid.BOOL;
        }
        int left = of(operator.left(), scope);
        int right = of(operator.right(), scope);
        int one = operator.left() instanceof Expr.Parameter ? right : left;
        boolean same = left == right || operator.left() instanceof Expr.Parameter
                || operator.right() instanceof Expr.Parameter;
        return same && beside(operator.name(), one) != UNSURE ? one : UNSURE;
    }

    /** The type that a bare parameter takes as the other operand of an operator. */
    int beside(String operator, int oid) {
        if (COMPARISONS.contains(operator)) {
            return compared(oid);
        }
        boolean sameTypes = ARITHMETIC.contains(operator) && NUMBERS.contains(oid)
                || operator.equals("||") && oid == PgOid.TEXT;
        return sameTypes ? oid : UNSURE;
    }

    /** The type that a bare parameter takes when it is compared with a value of a type. */
    static int compared(int oid) {
        // There is no comparison of varchar: text's is used.
        int own = oid == PgOid.VARCHAR ? PgOid.TEXT : oid;
        return COMPARABLE.contains(own) ? own : UNSURE;
    }

    /** The type that bare parameters take among expressions that are brought to one type. */
    int common(List<Expr> items, Scope scope) {
        int common = 0;
        for (Expr item : items) {
            if (!isUntyped(item)) {
                int type = of(item, scope);
                if (type == UNSURE || common != 0 && type != common) {
                    return UNSURE;
                }
                common = type;
            }
        }
        return common == 0 || common != PgOid.VARCHAR && compared(common) == UNSURE ? UNSURE : common;
    }

    /** The type that bare parameters take as operands of a construct with a syntax of its own. */
    int inside(Expr.Opaque opaque, Scope scope) {
        List<Expr> operands = opaque.operands();
        if (COMMON_TYPE.contains(opaque.shape())) {
            return common(operands, scope);
        }
        boolean distinct = opaque.shape().endsWith("DISTINCT FROM") || opaque.shape().equals("NULLIF");
        if (operands.size() == 2 && distinct) {
            int left = of(operands.get(0), scope);
            return compared(left == UNSURE ? of(operands.get(1), scope) : left);
        }
        if (operands.size() == 2 && LIKE.contains(opaque.shape())) {
            return compared(of(operands.get(0), scope)) == PgOid.TEXT ? PgOid.TEXT : UNSURE;
        }
        return UNSURE;
    }

    static boolean isUntyped(Expr expr) {
        return expr instanceof Expr.Parameter || expr instanceof Expr.Literal literal
                && (literal.kind() == LiteralKind.STRING || literal.kind() == LiteralKind.NULL);
    }

    /** The signature of a call where no other function could be meant, or null. */
    Builtins.Signature signature(Expr.Function function) {
        Name name = function.name();
        boolean builtIn = name.schema() == null || name.schema().equals("pg_catalog");
        FunctionFacts facts = builtIn ? reading.function(name) : null;
        boolean plain = facts != null && facts.builtIn() && !function.star() && function.withinGroup().isEmpty();
        return plain ? Builtins.postgres().signature(name.last(), function.arguments().size()) : null;
    }
}
