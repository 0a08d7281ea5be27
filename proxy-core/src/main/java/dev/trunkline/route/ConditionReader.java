package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Span;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.KeyConversion;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes facts from a predicate that rows must satisfy. Only the shapes written here give one; everything else, known to
 * PostgreSQL or not, gives none (semantics.md 3).
 */
final class ConditionReader {

    /** A column, compared as {@code type}: the column's own, or that of a cast that keeps its values. */
    private record Operand(Term term, ColumnType type) {}

    private static final Set<String> STRICT = Set.of("=", "<>", "!=", "<", ">", "<=", ">=");

    private final Reading reading;

    ConditionReader(Reading reading) {
        this.reading = reading;
    }

    /**
     * Reads a predicate whose expressions have been read.
     *
     * @param filtered
     *            the sources whose rows are dropped where it isn't true
     * @param rejected
     *            receives the sources for which NULLs can't satisfy it
     */
    void apply(Expr predicate, Scope scope, Set<RowSource> filtered, Set<RowSource> rejected) {
        if (predicate != null && !(predicate instanceof Expr.And)) {
            reading.seen.add(new KeyReasons.Seen(predicate, scope, filtered,
                    reading.views.place(predicate.span())));
        }
        switch (predicate) {
            case null -> {
            }
            case Expr.And and -> and.operands().forEach(operand -> apply(operand, scope, filtered, rejected));
            case Expr.Or or -> {
                Map<Operand, List<KeyValue>> common = disjunction(or, scope);
                ListForm form = pure(or) ? ListForm.ALTERNATIVES : ListForm.PARAMETERS;
                common.forEach((operand, values) -> known(operand, values, or.span(), form, filtered, rejected));
            }
            case Expr.Operator operator -> operator(operator, scope, filtered, rejected);
            case Expr.Subquery subquery -> subquery(subquery, scope, filtered, rejected);
            case Expr.IsNull isNull -> {
                if (isNull.negated()) {
                    reject(isNull.operand(), scope, rejected);
                }
            }
            case Expr.InList in -> {
                ListForm form = sideBySide(in.items()) ? ListForm.LIST : ListForm.PARAMETERS;
                equalities(in, scope).forEach((operand, values) -> known(operand, values, in.span(), form, filtered,
                        rejected));
            }
            case Expr.AnyArray any -> {
                equalities(any, scope)
                        .forEach((operand, values) -> known(operand, values, any.span(), form(any.array()),
                                filtered, rejected));
            }
            case Expr.Between between -> {
                if (!between.negated()) {
                    reject(between.operand(), scope, rejected);
                    bound(between.operand(), KeyBound.Side.FROM, between.low(), between.span(), scope, filtered);
                    bound(between.operand(), KeyBound.Side.TO, between.high(), between.span(), scope, filtered);
                }
                equalities(between, scope).forEach((operand, values) -> known(operand, values, between.span(),
                        ListForm.WHOLE, filtered, rejected));
            }
            case Expr.Column column -> {
            }
            case Expr.Star star -> {
            }
            case Expr.Literal literal -> {
            }
            case Expr.Parameter parameter -> {
            }
            case Expr.Cast cast -> {
            }
            case Expr.Not not -> {
            }
            case Expr.ArrayItems array -> {
            }
            case Expr.Row row -> {
            }
            case Expr.Function function -> {
            }
            case Expr.Opaque opaque -> {
            }
        }
    }

    private void operator(Expr.Operator operator, Scope scope, Set<RowSource> filtered, Set<RowSource> rejected) {
        String name = name(operator.name());
        if (operator.left() == null || !STRICT.contains(name)) {
            return;
        }
        if (operator.left() instanceof Expr.Row left && operator.right() instanceof Expr.Row right) {
            if (name.equals("=") && left.items().size() == right.items().size()) {
                for (int i = 0; i < left.items().size(); i++) {
                    equal(left.items().get(i), right.items().get(i), operator.span(), scope, filtered, rejected);
                }
            }
            return;
        }
        reject(operator.left(), scope, rejected);
        reject(operator.right(), scope, rejected);
        if (name.equals("=")) {
            equal(operator.left(), operator.right(), operator.span(), scope, filtered, rejected);
        }
        KeyBound.Side side = KeyBound.Side.of(name);
        if (side != null) {
            bound(operator.left(), side, operator.right(), operator.span(), scope, filtered);
            bound(operator.right(), side.mirrored(), operator.left(), operator.span(), scope, filtered);
        }
    }

    /** A column that lies on one side of a constant. The comparison must be that of the column's own type. */
    private void bound(Expr column, KeyBound.Side side, Expr value, Span span, Scope scope, Set<RowSource> filtered) {
        KeyValue constant = Constants.of(value);
        Operand operand = constant == null || constant instanceof KeyValue.Null ? null : operand(column, scope);
        if (operand != null && filtered.contains(operand.term().source()) && comparable(operand.type(),
                List.of(constant))) {
            reading.facts.given(operand.term(),
                    KeySet.ofBound(operand.type(), new KeyBound(side, constant), reading.views.place(span)));
        }
    }

    private static String name(String operator) {
        return operator.startsWith("pg_catalog.") ? operator.substring("pg_catalog.".length()) : operator;
    }

    private void equal(Expr left, Expr right, Span span, Scope scope, Set<RowSource> filtered,
            Set<RowSource> rejected) {
        Operand a = operand(left, scope);
        Operand b = operand(right, scope);
        if (a != null && b != null) {
            equal(a.term(), b.term(), filtered);
            rejected.add(a.term().source());
            rejected.add(b.term().source());
        } else if (a != null) {
            equalToExpr(a, right, span, scope, filtered, rejected);
        } else if (b != null) {
            equalToExpr(b, left, span, scope, filtered, rejected);
        }
    }

    private void equalToExpr(Operand operand, Expr expr, Span span, Scope scope, Set<RowSource> filtered,
            Set<RowSource> rejected) {
        KeyValue value = Constants.of(expr);
        if (value != null) {
            known(operand, List.of(value), span, ListForm.WHOLE, filtered, rejected);
        } else if (expr instanceof Expr.Column column && scope.resolve(column.name()) instanceof Scope.Resolved found
                && found.term() != null) {
            listed(operand, found.term(), span, filtered, rejected);
        } else if (expr instanceof Expr.Subquery subquery && subquery.use() == Expr.SubqueryUse.SCALAR
                && reading.subqueries.get(subquery) instanceof Shape shape && shape.outputs.size() == 1
                && filtered.contains(operand.term().source())) {
            reading.facts.flows(new Term(shape.result, 0), operand.term());
        }
    }

    /**
     * A column that equals one of VALUES or unnest: its values are a list. Where the join drops the rows of both that have no
     * partner, values of other nodes may be left out.
     */
    private void listed(Operand operand, Term list, Span span, Set<RowSource> filtered, Set<RowSource> rejected) {
        List<KeyValue> values = list.source().listed(list.column());
        if (values != null) {
            known(operand, values, span, filtered.contains(list.source()) && list.source().mayBeCut()
                    ? ListForm.PARAMETERS
                    : ListForm.WHOLE, filtered, rejected);
            rejected.add(list.source());
        }
    }

    /** Two columns that are equal in every row that counts, by USING. */
    void equalColumns(Term a, Term b, Span span, Set<RowSource> filtered, Set<RowSource> rejected) {
        equal(a, b, filtered);
        if (a.type() != null && a.type().deterministic()) {
            listed(new Operand(a, a.type().column()), b, span, filtered, rejected);
        } else if (b.type() != null && b.type().deterministic()) {
            listed(new Operand(b, b.type().column()), a, span, filtered, rejected);
        }
    }

    /** Two columns that are equal in every row that counts. */
    void equal(Term a, Term b, Set<RowSource> filtered) {
        if (filtered.contains(a.source())) {
            reading.facts.flows(b, a);
        }
        if (filtered.contains(b.source())) {
            reading.facts.flows(a, b);
        }
    }

    private void known(Operand operand, List<KeyValue> values, Span span, ListForm form, Set<RowSource> filtered,
            Set<RowSource> rejected) {
        rejected.add(operand.term().source());
        if (filtered.contains(operand.term().source()) && comparable(operand.type(), values)) {
            reading.facts.given(operand.term(), KeySet.of(operand.type(), values, reading.views.place(span)).cut(form,
                    operand.term().source().groupOfKey(operand.term().column())));
        }
    }

    /** Whether a list is made of plain literals, so that any of them can be left out. */
    private static boolean sideBySide(List<? extends Expr> items) {
        return items.stream().allMatch(item -> switch (item) {
            case Expr.Literal literal -> literal.slot() >= 0 || literal.kind() == LiteralKind.NULL;
            case Expr.Operator minus -> minus.left() == null && minus.right() instanceof Expr.Literal literal
                    && literal.slot() >= 0;
            default -> false;
        });
    }

    private static ListForm form(Expr array) {
        return switch (array) {
            case Expr.ArrayItems items -> sideBySide(items.items()) ? ListForm.LIST : ListForm.PARAMETERS;
            case Expr.Cast cast -> form(cast.operand());
            case Expr.Literal literal -> ListForm.ALTERNATIVES;
            case null, default -> ListForm.PARAMETERS;
        };
    }

    /** Whether an OR has nothing but equalities of a column and a constant. */
    private static boolean pure(Expr.Or or) {
        return or.operands().stream().allMatch(operand -> operand instanceof Expr.Operator equality
                && equality.left() != null && name(equality.name()).equals("=")
                && (equality.left() instanceof Expr.Column && Constants.of(equality.right()) != null
                        || equality.right() instanceof Expr.Column && Constants.of(equality.left()) != null));
    }

    /** Whether the types alone make a hash of equal values equal (semantics.md 2). */
    private static boolean comparable(ColumnType type, List<KeyValue> values) {
        for (KeyValue value : values) {
            int oid = Constants.typeOid(value);
            if (KeyConversion.comparison(type.type(), oid) == KeyConversion.Comparison.NO_KEY) {
                return false;
            }
        }
        return !widened(type, values);
    }

    /** Whether an item of a list gives the whole comparison another type, in which untyped ones are read. */
    private static boolean widened(ColumnType type, List<KeyValue> values) {
        if (values.size() == 1) {
            return false;
        }
        boolean untyped = false;
        boolean other = false;
        for (KeyValue value : values) {
            int oid = Constants.typeOid(value);
            untyped |= PgOid.isUnspecified(oid);
            other |= !PgOid.isUnspecified(oid) && KeyType.ofOid(oid).hashClass() != type.type().hashClass();
        }
        return untyped && other;
    }

    /** A column, or a cast of one to a type of the same hash class that holds all its values. */
    private Operand operand(Expr expr, Scope scope) {
        return switch (expr) {
            case Expr.Column column -> {
                Scope.Resolved resolved = scope.resolve(column.name());
                Term term = resolved == null ? null : resolved.term();
                yield term == null || term.type() == null || !term.type().deterministic()
                        ? null
                        : new Operand(term, term.type().column());
            }
            case Expr.Cast cast -> {
                KeyType to = ExprReader.castTo(cast.type());
                Operand inner = to == null ? null : operand(cast.operand(), scope);
                yield inner != null && widens(inner.type().type(), to)
                        ? new Operand(inner.term(), ColumnType.of(to))
                        : null;
            }
            case Expr.Row row -> row.items().size() == 1 ? operand(row.items().getFirst(), scope) : null;
            case null, default -> null;
        };
    }

    private static boolean widens(KeyType from, KeyType to) {
        if (from.hashClass() != to.hashClass()) {
            return false;
        }
        return from.hashClass() == HashClass.INTEGER ? to.compareTo(from) >= 0 : from != KeyType.BPCHAR;
    }

    private void reject(Expr expr, Scope scope, Set<RowSource> rejected) {
        if (expr instanceof Expr.Column column && scope.resolve(column.name()) instanceof Scope.Resolved found
                && found.term() != null && isBuiltIn(found.term())) {
            rejected.add(found.term().source());
        }
    }

    /** Whether the column's type is PostgreSQL's own: its comparisons are strict. */
    private static boolean isBuiltIn(Term term) {
        int oid = term.source().typeOid(term.column());
        return oid > 0 && oid < 10_000;
    }

    private void subquery(Expr.Subquery subquery, Scope scope, Set<RowSource> filtered, Set<RowSource> rejected) {
        boolean in = subquery.use() == Expr.SubqueryUse.IN
                || subquery.use() == Expr.SubqueryUse.ANY && "=".equals(subquery.operator());
        Shape shape = reading.subqueries.get(subquery);
        if (!in || shape == null) {
            return;
        }
        List<Expr> operands = subquery.operand() instanceof Expr.Row row && row.items().size() > 1
                ? row.items()
                : List.of(subquery.operand());
        if (operands.size() != shape.outputs.size() || shape.open) {
            return;
        }
        RowSource elements = new RowSource(RowSource.Kind.QUERY, "elements", null, shape.result.columns(), false, shape,
                subquery.span());
        shape.users.add(elements);
        for (int i = 0; i < operands.size(); i++) {
            Operand operand = operand(operands.get(i), scope);
            if (operand != null && elements.listed(i) != null) {
                known(operand, elements.listed(i), subquery.span(),
                        shape.barrier == null ? ListForm.PARAMETERS : ListForm.WHOLE, filtered, rejected);
            } else if (operand != null) {
                Term element = new Term(elements, i);
                reading.facts.flows(operand.term(), element);
                if (filtered.contains(operand.term().source())) {
                    reading.facts.flows(element, operand.term());
                }
                rejected.add(operand.term().source());
            }
        }
    }

    /** The columns that a predicate lists constants for. */
    private Map<Operand, List<KeyValue>> equalities(Expr predicate, Scope scope) {
        Map<Operand, List<KeyValue>> found = new LinkedHashMap<>();
        switch (predicate) {
            case Expr.InList in -> {
                if (!in.negated()) {
                    list(in, scope, found);
                }
            }
            case Expr.AnyArray any -> {
                Operand operand = operand(any.operand(), scope);
                List<KeyValue> values = Constants.elements(any.array());
                if (!any.all() && name(any.operator()).equals("=") && operand != null && values != null) {
                    found.put(operand, values);
                }
            }
            case Expr.Between between -> {
                Operand operand = operand(between.operand(), scope);
                if (!between.negated() && operand != null && same(between.low(), between.high())) {
                    found.put(operand, List.of(Constants.of(between.low())));
                }
            }
            case Expr.Operator operator -> {
                if (operator.left() != null && name(operator.name()).equals("=")) {
                    pair(operator.left(), operator.right(), scope, found);
                }
            }
            case Expr.And and -> and.operands().forEach(operand -> equalities(operand, scope).forEach(
                    found::putIfAbsent));
            case Expr.Or or -> found.putAll(disjunction(or, scope));
            case null, default -> {
            }
        }
        return found;
    }

    private void pair(Expr left, Expr right, Scope scope, Map<Operand, List<KeyValue>> found) {
        if (left instanceof Expr.Row a && right instanceof Expr.Row b && a.items().size() == b.items().size()) {
            for (int i = 0; i < a.items().size(); i++) {
                pair(a.items().get(i), b.items().get(i), scope, found);
            }
            return;
        }
        Operand operand = operand(left, scope);
        KeyValue value = Constants.of(operand == null ? left : right);
        if (operand == null) {
            operand = operand(right, scope);
        }
        if (operand != null && value != null) {
            found.putIfAbsent(operand, List.of(value));
        }
    }

    private void list(Expr.InList in, Scope scope, Map<Operand, List<KeyValue>> found) {
        if (in.operand() instanceof Expr.Row row && row.items().size() > 1) {
            for (int i = 0; i < row.items().size(); i++) {
                Operand operand = operand(row.items().get(i), scope);
                List<Expr> column = new ArrayList<>();
                for (Expr item : in.items()) {
                    if (item instanceof Expr.Row values && values.items().size() == row.items().size()) {
                        column.add(values.items().get(i));
                    }
                }
                List<KeyValue> values = Constants.all(column);
                if (operand != null && values != null && values.size() == in.items().size()) {
                    found.putIfAbsent(operand, values);
                }
            }
            return;
        }
        Operand operand = operand(in.operand(), scope);
        List<KeyValue> values = Constants.all(in.items());
        if (operand != null && values != null) {
            found.put(operand, values);
        }
    }

    /** What every alternative says about the same column, together. */
    private Map<Operand, List<KeyValue>> disjunction(Expr.Or or, Scope scope) {
        Map<Operand, List<KeyValue>> common = null;
        for (Expr operand : or.operands()) {
            Map<Operand, List<KeyValue>> next = equalities(operand, scope);
            if (common == null) {
                common = next;
            } else {
                common.keySet().retainAll(next.keySet());
                common.replaceAll((column, values) -> {
                    List<KeyValue> all = new ArrayList<>(values);
                    all.addAll(next.get(column));
                    return all;
                });
            }
        }
        return common;
    }

    /** Whether two constants are the same whenever the plan is used: one parameter, or two literals that are guarded. */
    boolean same(Expr a, Expr b) {
        return switch (a) {
            case Expr.Parameter p -> b instanceof Expr.Parameter q && p.number() == q.number();
            case Expr.Literal l -> b instanceof Expr.Literal m && l.kind() == m.kind()
                    && l.kind() != LiteralKind.NULL && l.kind() != LiteralKind.BIT && sameText(l, m);
            case Expr.Cast c -> b instanceof Expr.Cast d && Constants.of(c) != null
                    && Constants.of(d) != null
                    && ExprReader.oidOf(c.type()) == ExprReader.oidOf(d.type()) && same(c.operand(), d.operand());
            case null, default -> false;
        };
    }

    private boolean sameText(Expr.Literal a, Expr.Literal b) {
        String first = reading.text.read(a);
        return first != null && first.equals(reading.text.read(b));
    }
}
