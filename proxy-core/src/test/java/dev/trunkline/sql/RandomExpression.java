package dev.trunkline.sql;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Random chains of operators without parentheses, and the trees that our parser makes of them. */
final class RandomExpression {

    private static final String[] BINARY = {"AND", "AND", "OR", "=", "=", "<", "<>", ">=", "+", "-", "*", "/", "%",
            "||",
            "->", "@>", "LIKE", "NOT LIKE", "^", "<->", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "AT TIME ZONE",
            "= ANY", "|| ALL", "!="};
    private static final String[] PREFIX = {"NOT ", "- ", "+ ", "@ ", "~ "};
    private static final String[] POSTFIX = {"::int", " IS NULL", " IS NOT NULL", " ISNULL", " IS TRUE",
            " IS NOT FALSE",
            " COLLATE x", " IN (a, b)", " NOT IN (c)", " BETWEEN a AND b", " NOT BETWEEN a + b AND c"};

    private RandomExpression() {}

    static String next(Random random) {
        StringBuilder text = new StringBuilder();
        int operands = 2 + random.nextInt(4);
        for (int i = 0; i < operands; i++) {
            if (i > 0) {
                String operator = BINARY[random.nextInt(BINARY.length)];
                text.append(' ').append(operator).append(' ');
                if (operator.endsWith("ANY") || operator.endsWith("ALL")) {
                    text.append("(d)");
                    continue;
                }
            }
            if (random.nextInt(7) == 0) {
                text.append(PREFIX[random.nextInt(PREFIX.length)]);
            }
            text.append((char) ('a' + random.nextInt(4)));
            if (random.nextInt(6) == 0) {
                text.append(POSTFIX[random.nextInt(POSTFIX.length)]);
            }
        }
        return text.toString();
    }

    static String tree(SqlParser parser, String expression) {
        return parser.parse("SELECT 1 FROM t WHERE " + expression) instanceof Statement.Select select
                && select.query().body() instanceof Query.Select body ? tree(body.where()) : "refused";
    }

    private static String tree(Expr e) {
        return switch (e) {
            case Expr.Column column -> column.name().last();
            case Expr.And and -> node("AND", flat(and));
            case Expr.Or or -> node("OR", flat(or));
            case Expr.Not not -> node("NOT", List.of(not.operand()));
            case Expr.Operator o ->
                node(o.name(), o.left() == null ? List.of(o.right()) : List.of(o.left(), o.right()));
            case Expr.IsNull is -> node(is.negated() ? "IS NOT NULL" : "IS NULL", List.of(is.operand()));
            case Expr.Cast cast -> node("::", List.of(cast.operand()));
            case Expr.InList in -> node(in.negated() ? "NOT IN" : "IN",
                    Stream.concat(Stream.of(in.operand()), in.items().stream()).toList());
            case Expr.Between between -> node(between.negated() ? "NOT BETWEEN" : "BETWEEN",
                    List.of(between.operand(), between.low(), between.high()));
            case Expr.AnyArray any -> node(any.operator() + (any.all() ? " ALL" : " ANY"),
                    List.of(any.operand(), any.array()));
            case Expr.Opaque opaque -> node(opaque.shape(), opaque.operands());
            default -> e.getClass().getSimpleName();
        };
    }

    private static List<Expr> flat(Expr e) {
        return switch (e) {
            case Expr.And and -> and.operands().stream()
                    .flatMap(o -> o instanceof Expr.And ? flat(o).stream() : Stream.of(o)).toList();
            case Expr.Or or -> or.operands().stream()
                    .flatMap(o -> o instanceof Expr.Or ? flat(o).stream() : Stream.of(o)).toList();
            default -> List.of(e);
        };
    }

    private static String node(String name, List<Expr> operands) {
        return "(" + name + operands.stream().map(RandomExpression::tree).collect(Collectors.joining(" ", " ", ")"));
    }
}
