package dev.trunkline.plan;

import dev.trunkline.sql.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The parts of an expression. Subqueries are not entered: whoever asks looks out for them. */
final class ExpressionParts {

    private ExpressionParts() {}

    /** Whether the expression or a part of it is like that. */
    static boolean any(Expr expr, Predicate<Expr> like) {
        return expr != null && (like.test(expr) || parts(expr).stream().anyMatch(part -> any(part, like)));
    }

    static List<Expr> parts(Expr expr) {
        List<Expr> parts = new ArrayList<>();
        switch (expr) {
            case Expr.Column column -> {
            }
            case Expr.Star star -> {
            }
            case Expr.Literal literal -> {
            }
            case Expr.Parameter parameter -> {
            }
            case Expr.Cast cast -> parts.add(cast.operand());
            case Expr.Operator operator -> {
                parts.add(operator.left());
                parts.add(operator.right());
            }
            case Expr.And and -> parts.addAll(and.operands());
            case Expr.Or or -> parts.addAll(or.operands());
            case Expr.Not not -> parts.add(not.operand());
            case Expr.InList in -> {
                parts.add(in.operand());
                parts.addAll(in.items());
            }
            case Expr.AnyArray array -> {
                parts.add(array.operand());
                parts.add(array.array());
            }
            case Expr.Between between -> {
                parts.add(between.operand());
                parts.add(between.low());
                parts.add(between.high());
            }
            case Expr.IsNull isNull -> parts.add(isNull.operand());
            case Expr.ArrayItems array -> parts.addAll(array.items());
            case Expr.Row row -> parts.addAll(row.items());
            case Expr.Function function -> function(function, parts);
            case Expr.Subquery subquery -> parts.add(subquery.operand());
            case Expr.Opaque opaque -> parts.addAll(opaque.operands());
        }
        parts.removeIf(part -> part == null);
        return parts;
    }

    private static void function(Expr.Function function, List<Expr> parts) {
        parts.addAll(function.arguments());
        function.orderBy().forEach(item -> parts.add(item.expr()));
        function.withinGroup().forEach(item -> parts.add(item.expr()));
        parts.add(function.filter());
        if (function.over() != null) {
            parts.addAll(function.over().partitionBy());
            function.over().orderBy().forEach(item -> parts.add(item.expr()));
            parts.addAll(function.over().frame());
        }
    }
}
