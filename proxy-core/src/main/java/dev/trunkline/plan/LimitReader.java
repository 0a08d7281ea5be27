package dev.trunkline.plan;

import dev.trunkline.plan.Merge.RowCount;
import dev.trunkline.plan.ResultNames.NotCopied;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.TypeName;
import dev.trunkline.value.PgOid;

/** Reads the number of rows of a LIMIT or OFFSET that the proxy is to count itself. */
final class LimitReader {

    private LimitReader() {}

    /** Null for none. */
    static RowCount read(Expr expr, String clause, String text) throws NotCopied {
        return switch (expr) {
            case null -> null;
            case Expr.Literal literal when literal.kind() == LiteralKind.NULL -> null;
            case Expr.Literal literal when literal.kind() == LiteralKind.INTEGER
                    && literal.span().of(text).matches("[0-9]{1,18}") ->
                new RowCount.Literal(Long.parseLong(literal.span().of(text)));
            case Expr.Opaque opaque when opaque.shape().equals("FETCH ONE") -> new RowCount.Literal(1);
            case Expr.Parameter parameter -> parameter(parameter, PgOid.INT8, clause, text);
            case Expr.Cast cast when cast.operand() instanceof Expr.Parameter parameter
                    && integer(cast.type()) != PgOid.UNSPECIFIED ->
                parameter(parameter, integer(cast.type()), clause, text);
            default -> throw new NotCopied(clause + " by an expression");
        };
    }

    private static RowCount parameter(Expr.Parameter parameter, int type, String clause, String text)
            throws NotCopied {
        if (!Expr.Parameter.standsOnce(parameter.number(), text)) {
            throw new NotCopied(clause + " by a parameter that is used elsewhere too");
        }
        return new RowCount.Parameter(parameter.number(), type);
    }

    /** The integer type that a cast names: SQLAlchemy writes {@code LIMIT $1::INTEGER}. */
    private static int integer(TypeName type) {
        boolean plain = type.arrayDimensions() == 0 && type.modifiers().isEmpty()
                && (type.name().schema() == null || type.name().schema().equals("pg_catalog"));
        return !plain ? PgOid.UNSPECIFIED : switch (type.name().last()) {
            case "int2" -> PgOid.INT2;
            case "int4" -> PgOid.INT4;
            case "int8" -> PgOid.INT8;
            default -> PgOid.UNSPECIFIED;
        };
    }
}
