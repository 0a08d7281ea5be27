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
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The arguments of SQL's EXECUTE as values of the statement's parameters. PostgreSQL assigns each argument to its parameter's
 * type; here an argument is a text where reading that text as a value of that type is sure to give the same (semantics.md 1).
 */
public final class ExecuteArguments {

    /** An argument's value. */
    public sealed interface Argument {

        /** Worth what this text, in UTF-8, is as a value of the parameter's type. */
        record Text(byte[] utf8) implements Argument {}

        /** The binary form of a value of the parameter's type, as a node has found it. */
        record Binary(byte[] bytes) implements Argument {}

        record Null() implements Argument {}

        /** An expression, or a literal whose value is the node's to find. */
        record Open() implements Argument {}
    }

    private static final Argument NULL = new Argument.Null();
    private static final Argument OPEN = new Argument.Open();
    /** Digits beyond these are no shard key's, and would be costly to round. */
    private static final int LONGEST_NUMBER = 1000;

    private ExecuteArguments() {}

    /** An argument as it is written, as far as its value can be known. */
    public sealed interface Written {

        /** One value. */
        record One(KeyValue value) implements Written {}

        /** {@code ARRAY[...]} of such. */
        record Items(List<KeyValue> values) implements Written {}

        /** Anything else. */
        record Other() implements Written {}
    }

    private static final Written OTHER = new Written.Other();
    /** Types whose texts mean another value on each node. */
    private static final String NAMES_OF_OBJECTS = "reg";

    /** What is constant among the arguments. */
    public static List<Written> constants(List<Expr> arguments) {
        return arguments.stream().map(ExecuteArguments::written).toList();
    }

    private static Written written(Expr argument) {
        if (argument instanceof Expr.ArrayItems array) {
            return items(array.items());
        }
        if (argument instanceof Expr.Cast cast && cast.operand() instanceof Expr.ArrayItems array
                && cast.type().arrayDimensions() == 1) {
            TypeName element = new TypeName(cast.type().name(), cast.type().modifiers(), 0, cast.type().span());
            return items(array.items().stream().map(item -> new Expr.Cast(item, element, item.span())).toList());
        }
        KeyValue value = constant(argument);
        return value == null ? OTHER : new Written.One(value);
    }

    private static Written items(List<? extends Expr> items) {
        List<KeyValue> values = new ArrayList<>();
        items.forEach(item -> values.add(constant(item)));
        return values.isEmpty() || values.contains(null) ? OTHER : new Written.Items(List.copyOf(values));
    }

    private static KeyValue constant(Expr argument) {
        KeyValue value = Constants.of(argument);
        return value != null
                ? value
                : switch (argument) {
                    case Expr.Cast cast -> cast(cast);
                    case Expr.Operator minus when minus.left() == null && minus.name().equals("-")
                            && minus.right() instanceof Expr.Cast cast ->
                        negated(constant(cast));
                    default -> null;
                };
    }

    /** {@code -1::int}: the sign comes after the cast. */
    private static KeyValue negated(KeyValue value) {
        return value instanceof KeyValue.Literal literal && !literal.negative()
                && (literal.kind() == LiteralKind.INTEGER || literal.kind() == LiteralKind.NUMERIC)
                        ? new KeyValue.Literal(literal.slot(), literal.kind(), true, literal.typeOid(),
                                literal.source(), literal.span())
                        : null;
    }

    /** A literal with a cast to a type that no key has. */
    private static KeyValue cast(Expr.Cast cast) {
        TypeName type = cast.type();
        int oid = type.modifiers().isEmpty() && !type.name().last().startsWith(NAMES_OF_OBJECTS)
                ? ExprReader.oidOf(type)
                : ParameterTypes.UNSURE;
        boolean number = oid == PgOid.FLOAT8 || oid == PgOid.FLOAT4;
        return oid > 0 && Constants.of(cast.operand()) instanceof KeyValue.Literal literal
                && literal.typeOid() == PgOid.UNSPECIFIED
                && (literal.kind() == LiteralKind.STRING || number && (literal.kind() == LiteralKind.INTEGER
                        || literal.kind() == LiteralKind.NUMERIC))
                                ? new KeyValue.Literal(literal.slot(), literal.kind(), literal.negative(), oid,
                                        literal.source(), cast.span())
                                : null;
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
    public static Argument read(Written constant, int type, byte[] sql, Fingerprint literals,
            boolean standardConformingStrings) {
        return switch (constant) {
            case Written.Other other -> OPEN;
            case Written.One one -> read(one.value, type, sql, literals, standardConformingStrings);
            case Written.Items items -> array(items.values, PgOid.elementOf(type), sql, literals,
                    standardConformingStrings);
        };
    }

    /** The elements of ARRAY[...] have one type of their own, which is assigned to the parameter's. */
    private static Argument array(List<KeyValue> items, int type, byte[] sql, Fingerprint literals,
            boolean standardConformingStrings) {
        Set<LiteralKind> kinds = EnumSet.noneOf(LiteralKind.class);
        Set<Integer> casts = new HashSet<>();
        StringBuilder text = new StringBuilder("{");
        for (KeyValue item : items) {
            Argument element = read(item, type, sql, literals, standardConformingStrings);
            text.append(text.length() == 1 ? "" : ",");
            switch (element) {
                case Argument.Open open -> {
                    return OPEN;
                }
                case Argument.Null none -> text.append("NULL");
                case Argument.Text one -> {
                    KeyValue.Literal literal = (KeyValue.Literal) item;
                    kinds.add(literal.kind());
                    casts.add(literal.typeOid());
                    text.append('"').append(new String(one.utf8(), StandardCharsets.UTF_8)
                            .replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
                }
                case Argument.Binary none -> throw new IllegalStateException("no node was asked");
            }
        }
        if (kinds.remove(LiteralKind.FALSE)) {
            kinds.add(LiteralKind.TRUE);
        }
        boolean strings = kinds.contains(LiteralKind.STRING);
        boolean alike = kinds.size() == 1 && casts.size() == 1
                && (!strings || isText(type) || !casts.contains(PgOid.UNSPECIFIED))
                && (!kinds.contains(LiteralKind.TRUE) || type == PgOid.BOOL);
        return type != PgOid.UNSPECIFIED && alike
                ? new Argument.Text(text.append('}').toString().getBytes(StandardCharsets.UTF_8))
                : OPEN;
    }

    private static Argument read(KeyValue constant, int type, byte[] sql, Fingerprint literals,
            boolean standardConformingStrings) {
        return switch (constant) {
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
        if ((cast == PgOid.FLOAT8 || cast == PgOid.FLOAT4) && literal.kind() != LiteralKind.STRING) {
            return cast == type && isPlain(value, true) ? text((literal.negative() ? "-" : "") + ascii(value)) : OPEN;
        }
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
            // A cast may come before the sign.
            case PgOid.INT2 -> value.bitLength() < Short.SIZE;
            case PgOid.INT4 -> value.bitLength() < Integer.SIZE;
            case PgOid.INT8 -> value.bitLength() < Long.SIZE;
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
