package dev.trunkline.plan;

import dev.trunkline.plan.GroupCondition.Comparison;
import dev.trunkline.plan.ResultNames.NotCopied;
import dev.trunkline.sql.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Reads HAVING over groups of several nodes. Its aggregates become hidden columns that are put together like those of the
 * select list; what holds none is computed by the nodes, where it is the same for all parts of a group.
 */
final class HavingReader {

    /** Where the columns that the condition needs are hidden; each answers with the column's number. */
    interface Columns {

        int aggregate(Expr.Function call) throws NotCopied;

        /** A value that all rows of a group have in common. */
        int common(Expr expr, String sql) throws NotCopied;

        boolean byteOrder(Expr.Function call) throws NotCopied;
    }

    private final String text;
    private final Predicate<Expr> isAggregate;
    private final Columns columns;

    HavingReader(String text, Predicate<Expr> isAggregate, Columns columns) {
        this.text = text;
        this.isAggregate = isAggregate;
        this.columns = columns;
    }

    GroupCondition read(Expr expr) throws NotCopied {
        if (!holdsAggregate(expr)) {
            return new GroupCondition.IsTrue(columns.common(expr, "(" + text(expr) + ")::bool"));
        }
        return switch (expr) {
            case Expr.And and -> new GroupCondition.And(readAll(and.operands()));
            case Expr.Or or -> new GroupCondition.Or(readAll(or.operands()));
            case Expr.Not not -> new GroupCondition.Not(read(not.operand()));
            case Expr.IsNull isNull when isAggregate.test(isNull.operand()) -> {
                GroupCondition condition = new GroupCondition.IsNull(
                        columns.aggregate((Expr.Function) isNull.operand()));
                yield isNull.negated() ? new GroupCondition.Not(condition) : condition;
            }
            case Expr.Between between -> {
                GroupCondition condition = new GroupCondition.And(
                        List.of(compared(between.operand(), Comparison.GREATER_OR_EQUAL, between.low()),
                                compared(between.operand(), Comparison.LESS_OR_EQUAL, between.high())));
                yield between.negated() ? new GroupCondition.Not(condition) : condition;
            }
            case Expr.Operator operator when operator.left() != null && Comparison.of(operator.name()) != null ->
                compared(operator.left(), Comparison.of(operator.name()), operator.right());
            case Expr.Function call when isAggregate.test(call) ->
                new GroupCondition.IsTrue(columns.aggregate(call));
            default -> throw new NotCopied("HAVING with an expression around an aggregate");
        };
    }

    private List<GroupCondition> readAll(List<Expr> operands) throws NotCopied {
        List<GroupCondition> read = new ArrayList<>();
        for (Expr operand : operands) {
            read.add(read(operand));
        }
        return read;
    }

    private GroupCondition compared(Expr left, Comparison comparison, Expr right) throws NotCopied {
        Expr aggregate = isAggregate.test(left) ? left : right;
        if (!isAggregate.test(aggregate)) {
            throw new NotCopied("HAVING with an expression around an aggregate");
        }
        return new GroupCondition.Compared(operand(left, aggregate), comparison, operand(right, aggregate),
                columns.byteOrder((Expr.Function) aggregate));
    }

    /** What is compared with an aggregate gets the type that it has beside it, as an operator would give it. */
    private int operand(Expr expr, Expr aggregate) throws NotCopied {
        if (isAggregate.test(expr)) {
            return columns.aggregate((Expr.Function) expr);
        }
        if (holdsAggregate(expr)) {
            throw new NotCopied("HAVING with an expression around an aggregate");
        }
        if (expr instanceof Expr.Parameter parameter && !Expr.Parameter.standsOnce(parameter.number(), text)) {
            throw new NotCopied("HAVING with a parameter that is used elsewhere too");
        }
        return columns.common(expr, "CASE WHEN true THEN " + text(expr) + " ELSE " + text(aggregate) + " END");
    }

    private boolean holdsAggregate(Expr expr) {
        return ExpressionParts.any(expr, isAggregate);
    }

    private String text(Expr expr) {
        return expr.span().of(text);
    }
}
