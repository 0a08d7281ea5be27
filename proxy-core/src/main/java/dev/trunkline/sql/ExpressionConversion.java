package dev.trunkline.sql;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlBinaryOperator;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlPrefixOperator;
import org.apache.calcite.sql.parser.SqlParserPos;

import dev.trunkline.sql.grammar.PgNodes;

/**
 * Calcite's nodes of expressions as {@link Expr}. Facts come from a whitelist of node shapes; any other node is
 * {@link Expr.Opaque} with all its operands.
 */
final class ExpressionConversion {

    /** Operators without parentheses make trees as deep as they are long, which those who walk them must survive. */
    private static final int LONGEST_CHAIN = 1000;

    private final TokenList tokens;
    private final Conversion queries;

    ExpressionConversion(TokenList tokens, Conversion queries) {
        this.tokens = tokens;
        this.queries = queries;
    }

    static Span span(SqlParserPos pos) {
        return pos == null || pos.getLineNum() == 0
                ? Span.NONE
                : new Span(pos.getColumnNum() - 1, pos.getEndColumnNum());
    }

    static Span span(SqlNode node) {
        return span(node.getParserPosition());
    }

    static Name name(SqlIdentifier identifier) {
        return new Name(identifier.names, span(identifier));
    }

    static String simple(SqlIdentifier identifier) {
        return identifier == null ? null : identifier.names.getLast();
    }

    List<Expr> all(List<? extends SqlNode> nodes) {
        if (nodes == null) {
            return List.of();
        }
        List<Expr> expressions = new ArrayList<>(nodes.size());
        for (SqlNode node : nodes) {
            if (node != null) {
                expressions.add(expression(node));
            }
        }
        return List.copyOf(expressions);
    }

    Expr orNull(SqlNode node) {
        return node == null ? null : expression(node);
    }

    Expr expression(SqlNode node) {
        return switch (node) {
            case SqlIdentifier identifier -> column(identifier);
            case SqlDynamicParam parameter -> new Expr.Parameter(parameter.getIndex() + 1, span(node));
            case SqlLiteral literal -> literal(literal);
            case PgNodes.Function function -> function(function);
            case PgNodes.Subquery subquery -> new Expr.Subquery(Expr.SubqueryUse.SCALAR, null, null,
                    queries.query(subquery.query), span(node));
            case PgNodes.Quantified quantified -> quantified(quantified);
            case SqlBasicCall call -> call(call);
            case SqlNodeList list -> new Expr.Opaque("LIST", all(list.getList()), span(node));
            case PgNodes.Type type -> new Expr.Opaque("TYPE", all(type.modifiers), span(node));
            case SqlCall call -> new Expr.Opaque(call.getOperator().getName(), all(call.getOperandList()), span(node));
            default -> throw new IllegalStateException("not an expression: " + node.getClass());
        };
    }

    private static Expr column(SqlIdentifier identifier) {
        if (!identifier.isStar()) {
            return new Expr.Column(name(identifier));
        }
        Span span = span(identifier);
        int qualifiers = identifier.names.size() - 1;
        return new Expr.Star(qualifiers == 0 ? null : new Name(identifier.names.subList(0, qualifiers), span), span);
    }

    private Expr literal(SqlLiteral literal) {
        Span span = span(literal);
        int slot = tokens.slotAt(span.start());
        if (slot >= 0) {
            return new Expr.Literal(tokens.literalKind(slot), slot, span);
        }
        if (literal.getValue() == null) {
            return new Expr.Literal(LiteralKind.NULL, -1, span);
        }
        return new Expr.Literal(literal.booleanValue() ? LiteralKind.TRUE : LiteralKind.FALSE, -1, span);
    }

    private Expr function(PgNodes.Function function) {
        return new Expr.Function(name(function.name), all(function.arguments), function.distinct, function.star,
                order(function.orderBy), orNull(function.filter),
                function.over == null ? null : window((PgNodes.Window) function.over), order(function.withinGroup),
                span(function));
    }

    Expr.Window window(PgNodes.Window window) {
        return new Expr.Window(simple(window.reference), all(window.partitionBy.getList()), order(window.orderBy),
                all(window.frame.getList()), span(window));
    }

    List<Expr.OrderItem> order(SqlNodeList order) {
        if (order == null) {
            return List.of();
        }
        List<Expr.OrderItem> items = new ArrayList<>(order.size());
        for (SqlNode node : order) {
            PgNodes.OrderItem item = (PgNodes.OrderItem) node;
            items.add(new Expr.OrderItem(expression(item.expr), item.descending, item.nullsFirst, item.using,
                    span(item)));
        }
        return List.copyOf(items);
    }

    private Expr quantified(PgNodes.Quantified quantified) {
        Span span = span(quantified);
        Expr operand = expression(quantified.operand);
        if (quantified.right instanceof PgNodes.Subquery subquery) {
            return new Expr.Subquery(quantified.all ? Expr.SubqueryUse.ALL : Expr.SubqueryUse.ANY, operand,
                    quantified.operator, queries.query(subquery.query), span);
        }
        return new Expr.AnyArray(operand, quantified.operator, quantified.all, expression(quantified.right), span);
    }

    private Expr call(SqlBasicCall call) {
        Span span = span(call);
        String name = call.getOperator().getName();
        List<SqlNode> operands = call.getOperandList();
        if (call.getOperator() instanceof SqlPrefixOperator) {
            return name.equals("NOT")
                    ? new Expr.Not(expression(operands.getFirst()), span)
                    : new Expr.Operator(name, null, expression(operands.getFirst()), span);
        }
        if (call.getOperator() instanceof SqlBinaryOperator) {
            return switch (name) {
                case "AND" -> new Expr.And(all(operands), span);
                case "OR" -> new Expr.Or(all(operands), span);
                case "IN", "NOT IN" -> new Expr.InList(expression(operands.getFirst()), name.equals("NOT IN"),
                        all(((SqlNodeList) operands.get(1)).getList()), span);
                default -> operators(call);
            };
        }
        return switch (name) {
            case "CAST" -> new Expr.Cast(expression(operands.getFirst()), type(operands.get(1)), span);
            case "ROW" -> new Expr.Row(all(operands), span);
            case "ARRAY" -> new Expr.ArrayItems(all(operands), span);
            case "IS NULL" -> new Expr.IsNull(expression(operands.getFirst()), false, span);
            case "IS NOT NULL" -> new Expr.IsNull(expression(operands.getFirst()), true, span);
            case "BETWEEN", "NOT BETWEEN" -> new Expr.Between(expression(operands.get(0)), name.startsWith("NOT"),
                    expression(operands.get(1)), expression(operands.get(2)), span);
            case "EXISTS" -> subquery(Expr.SubqueryUse.EXISTS, null, null, operands.getFirst(), span);
            case "ARRAY QUERY" -> subquery(Expr.SubqueryUse.ARRAY, null, null, operands.getFirst(), span);
            case "IN QUERY" -> subquery(Expr.SubqueryUse.IN, expression(operands.get(0)), "=", operands.get(1), span);
            case "NOT IN QUERY" ->
                subquery(Expr.SubqueryUse.NOT_IN, expression(operands.get(0)), "=", operands.get(1), span);
            default -> new Expr.Opaque(name, all(operands), span);
        };
    }

    private Expr subquery(Expr.SubqueryUse use, Expr operand, String operator, SqlNode query, Span span) {
        return new Expr.Subquery(use, operand, operator, queries.query(((PgNodes.Subquery) query).query), span);
    }

    /** A chain like a + b - c, left-associative, without recursion to the left. */
    private Expr operators(SqlBasicCall call) {
        Deque<SqlBasicCall> chain = new ArrayDeque<>();
        SqlNode left = call;
        while (left instanceof SqlBasicCall inner && isOperator(inner)) {
            chain.push(inner);
            left = inner.getOperandList().getFirst();
        }
        if (chain.size() > LONGEST_CHAIN) {
            throw TokenList.tooDeep(span(call).start());
        }
        Expr result = expression(left);
        for (SqlBasicCall each : chain) {
            result = new Expr.Operator(each.getOperator().getName(), result, expression(each.getOperandList().get(1)),
                    span(each));
        }
        return result;
    }

    private static boolean isOperator(SqlBasicCall call) {
        return call.getOperator() instanceof SqlBinaryOperator && switch (call.getOperator().getName()) {
            case "AND", "OR", "IN", "NOT IN" -> false;
            default -> true;
        };
    }

    TypeName type(SqlNode node) {
        PgNodes.Type type = (PgNodes.Type) node;
        List<Integer> modifiers = new ArrayList<>(type.modifiers.size());
        for (SqlNode modifier : type.modifiers) {
            boolean negative = modifier instanceof SqlBasicCall call && call.getOperator().getName().equals("-");
            SqlNode number = negative ? ((SqlBasicCall) modifier).getOperandList().getFirst() : modifier;
            if (number instanceof SqlLiteral literal && literal.getValue() instanceof BigDecimal value) {
                modifiers.add(negative ? -value.intValue() : value.intValue());
            }
        }
        return new TypeName(name(type.name), modifiers, type.dimensions, span(type));
    }
}
