package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.LiteralText;
import dev.trunkline.sql.TypeName;
import dev.trunkline.value.PgOid;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The arguments of SQL's EXECUTE as values of the statement's parameters. PostgreSQL assigns each argument to its parameter's
 * type; here an argument is a text where reading that text as a value of that type is sure to give the same (semantics.md 1).
 */
public final class ExecuteArguments {

    /** An argument's value. */
    public sealed interface Argument {

        /** Worth what this text, in UTF-8, is as a value of the parameter's type. */
        record Text(byte[] utf8) implements Argument {}

        record Null() implements Argument {}

        /** An expression, or a literal whose value is the node's to find. */
        record Open() implements Argument {}
    }

    private static final Argument NULL = new Argument.Null();
    private static final Argument OPEN = new Argument.Open();
    /** Digits beyond these are no shard key's, and would be costly to round. */
    private static final int LONGEST_NUMBER = 1000;

    private ExecuteArguments() {}

    /** What is constant among the arguments; null stands for what isn't. */
    public static List<KeyValue> constants(List<Expr> arguments) {
        List<KeyValue> constants = new ArrayList<>();
        arguments.forEach(argument -> constants.add(Constants.of(argument)));
        return Collections.unmodifiableList(constants);
    }

    /** The OID of a built-in type as written, -1 for any other. */
    public static int typeOf(TypeName type) {
        return ExprReader.oidOf(type);
    }

    /**
     * The value of one argument.
     *
     * @param constant
     *            one of {@link #constants}
     * @param type
     *            the OID of the parameter's type, 0 where it isn't known
     * @param sql
     *            where the literals stand
     */
    public static Argument read(KeyValue constant, int type, byte[] sql, Fingerprint literals,
            boolean standardConformingStrings) {
        return switch (constant) {
            case null -> OPEN;
            case KeyValue.Null none -> NULL;
            case KeyValue.Literal literal -> literal.kind() == LiteralKind.TRUE || literal.kind() == LiteralKind.FALSE
                    ? truth(literal.kind() == LiteralKind.TRUE, type)
                    : literal(literal, type, LiteralText.value(sql, literals.literalStart(literal.slot()),
                            literals.literalEnd(literal.slot()), literal.kind(), standardConformingStrings));
            case KeyValue.Parameter parameter -> OPEN;
            case KeyValue.LiteralElements elements -> OPEN;
            case KeyValue.ParameterElements elements -> OPEN;
        };
    }

    private static Argument truth(boolean value, int type) {
        return switch (type) {
            case PgOid.BOOL, PgOid.TEXT, PgOid.VARCHAR -> text(value ? "true" : "false");
            default -> OPEN;
        };
    }

    private static Argument literal(KeyValue.Literal literal, int type, byte[] value) {
        if (value == null) {
            return OPEN;
        }
        int cast = literal.typeOid();
        return switch (literal.kind()) {
            case STRING -> cast == PgOid.UNSPECIFIED || cast == type || isText(cast) && isText(type)
                    ? new Argument.Text(value)
                    : OPEN;
            case INTEGER -> integer(literal.negative(), value, cast, type);
            case NUMERIC -> cast == PgOid.UNSPECIFIED || cast == PgOid.NUMERIC
                    ? numeric(literal.negative(), value, type)
                    : OPEN;
            case BIT, TRUE, FALSE, NULL -> OPEN;
        };
    }

    private static boolean isText(int type) {
        return type == PgOid.TEXT || type == PgOid.VARCHAR;
    }

    private static Argument integer(boolean negative, byte[] digits, int cast, int type) {
        if (digits.length > LONGEST_NUMBER || !isPlain(digits, false)) {
            return OPEN;
        }
        BigInteger value = new BigInteger(ascii(digits));
        BigInteger signed = negative ? value.negate() : value;
        boolean fits = switch (cast) {
            case PgOid.UNSPECIFIED, PgOid.NUMERIC -> true;
            case PgOid.INT2 -> signed.bitLength() < Short.SIZE;
            case PgOid.INT4 -> signed.bitLength() < Integer.SIZE;
            case PgOid.INT8 -> signed.bitLength() < Long.SIZE;
            default -> false;
        };
        return switch (type) {
            case PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.NUMERIC, PgOid.FLOAT4, PgOid.FLOAT8, PgOid.TEXT,
                    PgOid.VARCHAR, PgOid.BPCHAR ->
                fits ? text(signed.toString()) : OPEN;
            default -> OPEN;
        };
    }

    private static Argument numeric(boolean negative, byte[] digits, int type) {
        if (type == PgOid.NUMERIC || type == PgOid.FLOAT8 || type == PgOid.FLOAT4) {
            return text((negative ? "-" : "") + ascii(digits));
        }
        if (digits.length > LONGEST_NUMBER || !isPlain(digits, true)) {
            return OPEN;
        }
        BigDecimal value = new BigDecimal(ascii(digits));
        BigDecimal signed = negative ? value.negate() : value;
        return switch (type) {
            // PostgreSQL rounds half away from zero.
            case PgOid.INT2, PgOid.INT4, PgOid.INT8 ->
                text(signed.setScale(0, RoundingMode.HALF_UP).toPlainString());
            case PgOid.TEXT, PgOid.VARCHAR -> text(signed.toPlainString());
            default -> OPEN;
        };
    }

    /** Whether a number is written in digits alone, with one point or none: no exponent, no underscore, not hexadecimal. */
    private static boolean isPlain(byte[] digits, boolean point) {
        for (byte c : digits) {
            if ((c < '0' || c > '9') && !(point && c == '.')) {
                return false;
            }
        }
        return true;
    }

    private static String ascii(byte[] digits) {
        return new String(digits, StandardCharsets.US_ASCII);
    }

    private static Argument text(String value) {
        return new Argument.Text(value.getBytes(StandardCharsets.US_ASCII));
    }
}
