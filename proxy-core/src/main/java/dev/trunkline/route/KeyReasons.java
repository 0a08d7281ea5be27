package dev.trunkline.route;

import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Why each sharded table of a statement has a key, or has none, for people; and the fewest predicates that would give all of
 * them one. Asked only when somebody wants to know: a statement is planned without it.
 */
public final class KeyReasons {

    /** A predicate that rows must satisfy, as it was read; {@code place} is where it stands in the statement's text. */
    record Seen(Expr predicate, Scope scope, Set<RowSource> filtered, Span place) {}

    /**
     * What is known of one use of a sharded table.
     *
     * @param predicates
     *            those that gave the key; empty where it follows from the row that is written, or where there is none
     * @param why
     *            the reason why there is no key, null where there is one
     */
    public record TableKey(RowSource table, List<Span> predicates, String why) {}

    /**
     * A predicate that is missing.
     *
     * @param like
     *            the table whose key the other's should equal, null for a value
     * @param known
     *            the tables whose key follows from it by what the statement says already
     */
    public record Missing(RowSource table, RowSource like, List<RowSource> known) {}

    private static final int LONGEST = 60;

    private final Reading reading;
    private final Map<Term, Set<KeySet>> known;

    KeyReasons(Reading reading, Map<Term, Set<KeySet>> known) {
        this.reading = reading;
        this.known = known;
    }

    /** The reasons of every use of a sharded table, in the order of reading. */
    List<TableKey> tables(StatementFacts.KeyProof proof) {
        List<TableKey> keys = new ArrayList<>();
        for (RowSource table : reading.tables) {
            if (table.sharded() == null) {
                continue;
            }
            StatementFacts.Finding found = proof.findings().stream().filter(f -> f.table() == table).findFirst()
                    .orElse(null);
            keys.add(found != null
                    ? new TableKey(table, predicates(table, found.key()), null)
                    : new TableKey(table, List.of(), proof.problem() != null && table.written()
                            ? proof.problem().getMessage()
                            : why(table)));
        }
        return keys;
    }

    private List<Span> predicates(RowSource table, KeyRule key) {
        Set<Span> predicates = new LinkedHashSet<>();
        if (key.use() == KeyRule.Use.COMPARED) {
            for (KeyColumn column : table.sharded().key()) {
                for (KeySet set : known(table, column)) {
                    if (key.values().containsAll(set.values()) || set.values().stream().anyMatch(value -> key.values()
                            .stream().anyMatch(other -> other.span().equals(value.span())))) {
                        predicates.add(set.predicate());
                    }
                }
            }
        }
        return List.copyOf(predicates);
    }

    private Set<KeySet> known(RowSource table, KeyColumn column) {
        int index = StatementFacts.position(table, column);
        return index < 0 ? Set.of() : known.getOrDefault(new Term(table, index), Set.of());
    }

    private String why(RowSource table) {
        List<String> open = new ArrayList<>();
        String reason = null;
        for (KeyColumn column : table.sharded().key()) {
            boolean given = known(table, column).stream().anyMatch(set -> !set.isBound());
            int index = StatementFacts.position(table, column);
            if (!given && index >= 0) {
                open.add(column.name());
                reason = reason == null ? why(new Term(table, index)) : reason;
            }
        }
        return reason != null
                ? reason
                : open.isEmpty()
                        ? "its values are too many or of several kinds"
                        : "nothing compares " + String.join(", ", open) + " with a value";
    }

    /** What was tried in vain about a column, or null. */
    private String why(Term key) {
        for (Seen seen : reading.seen) {
            Expr inside = mentioning(seen.predicate(), key, seen.scope());
            if (inside != null) {
                return why(seen, key, inside);
            }
        }
        RowSource table = key.source();
        for (Shape shape = table.owner; shape != null;) {
            RowSource user = shape.users.size() == 1 ? shape.users.getFirst() : null;
            for (int i = 0; user != null && i < shape.outputs.size(); i++) {
                if (key.equals(shape.outputs.get(i).term()) && !shape.passes(i)
                        && known.containsKey(new Term(user, i))) {
                    return "a predicate on " + key.source().columns().get(key.column()) + " stands outside of "
                            + (shape.barrier != null
                                    ? shape.barrier
                                    : shape.grouped
                                            ? "a GROUP BY without it"
                                            : shape.aggregated ? "an aggregate" : "a window without it")
                            + ", which must see all rows";
                }
            }
            shape = null;
        }
        return null;
    }

    private String why(Seen seen, Term key, Expr inside) {
        String text = text(seen);
        if (!seen.filtered().contains(key.source())) {
            return text + " is in the ON of an outer join, which keeps rows of " + key.source().name()
                    + " that don't satisfy it";
        }
        return text + switch (seen.predicate()) {
            case Expr.Not not -> " is negated";
            case Expr.Or or -> " does not give it in every alternative";
            case Expr.InList in when in.negated() -> " is negated";
            case Expr.Between between when between.negated() -> " is negated";
            case Expr.Between between -> " is a range, and keys are not placed by range";
            case Expr.Operator operator when KeyBound.Side.of(operator.name()) != null ->
                " is a range, and keys are not placed by range";
            case Expr.Operator operator when operator.name().equals("=") -> compared(operator, key, seen.scope());
            case Expr.InList in -> " lists something else than plain literals and parameters";
            case Expr.AnyArray any -> " compares it with something else than a plain array";
            case Expr.Subquery subquery -> " compares it with a query of which no value is known";
            default -> " is no equality with a value";
        };
    }

    private static String compared(Expr.Operator equality, Term key, Scope scope) {
        boolean left = isColumn(equality.left(), key, scope);
        if (!left && !isColumn(equality.right(), key, scope)) {
            return " changes it before it is compared";
        }
        Expr other = left ? equality.right() : equality.left();
        if (other instanceof Expr.Column) {
            return " compares it with a column of which no value is known";
        }
        if (other instanceof Expr.Cast && Constants.of(other) == null) {
            return " compares it with a value cast to another type, whose equality is not that of its hash";
        }
        return Constants.of(other) == null
                ? " compares it with an expression; only a plain literal or parameter is a key"
                : " compares it as another type, whose equality is not that of its hash";
    }

    private static boolean isColumn(Expr expr, Term key, Scope scope) {
        return expr instanceof Expr.Column column && scope.resolve(column.name()) instanceof Scope.Resolved found
                && key.equals(found.term());
    }

    private String text(Seen seen) {
        Span span = seen.predicate().span();
        String all = reading.text.text();
        boolean written = seen.place() == span && span.end() <= all.length() && span.end() > span.start();
        if (!written) {
            return "a predicate of a view";
        }
        String text = span.of(all).strip().replaceAll("\\s+", " ");
        return (text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text) + " (" + place(all, span) + ")";
    }

    /** {@code line 2, column 7}. */
    public static String place(String text, Span span) {
        int line = 1;
        int begin = 0;
        for (int i = 0; i < span.start() && i < text.length(); i++) {
            if (text.charAt(i) == '\n') {
                line++;
                begin = i + 1;
            }
        }
        return "line " + line + ", column " + (text.codePointCount(begin, Math.min(span.start(), text.length())) + 1);
    }

    /** The part of an expression that names a column, or null. Subqueries have predicates of their own. */
    private static Expr mentioning(Expr expr, Term key, Scope scope) {
        return switch (expr) {
            case null -> null;
            case Expr.Column column -> isColumn(column, key, scope) ? column : null;
            case Expr.Cast cast -> mentioning(cast.operand(), key, scope);
            case Expr.Operator o -> first(key, scope, o.left(), o.right());
            case Expr.And and -> first(key, scope, and.operands().toArray(Expr[]::new));
            case Expr.Or or -> first(key, scope, or.operands().toArray(Expr[]::new));
            case Expr.Not not -> mentioning(not.operand(), key, scope);
            case Expr.InList in -> mentioning(in.operand(), key, scope);
            case Expr.AnyArray any -> mentioning(any.operand(), key, scope);
            case Expr.Between between -> mentioning(between.operand(), key, scope);
            case Expr.IsNull isNull -> mentioning(isNull.operand(), key, scope);
            case Expr.ArrayItems array -> first(key, scope, array.items().toArray(Expr[]::new));
            case Expr.Row row -> first(key, scope, row.items().toArray(Expr[]::new));
            case Expr.Function function -> first(key, scope, function.arguments().toArray(Expr[]::new));
            case Expr.Subquery subquery -> mentioning(subquery.operand(), key, scope);
            case Expr.Opaque opaque -> first(key, scope, opaque.operands().toArray(Expr[]::new));
            case Expr.Star star -> null;
            case Expr.Literal literal -> null;
            case Expr.Parameter parameter -> null;
        };
    }

    private static Expr first(Term key, Scope scope, Expr... parts) {
        for (Expr part : parts) {
            Expr found = mentioning(part, key, scope);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /**
     * The fewest predicates that give every table a key: each table tried as the one that gets a value, with what would follow
     * from it. Of equals, the table that the others of its group are colocated with, then the first.
     */
    static List<Missing> missing(Facts facts, List<RowSource> unproven, List<RowSource> proven) {
        List<Missing> missing = new ArrayList<>();
        List<RowSource> left = new ArrayList<>(unproven);
        List<RowSource> given = new ArrayList<>(proven);
        while (!left.isEmpty()) {
            RowSource best = null;
            List<RowSource> most = List.of();
            for (RowSource table : left) {
                List<RowSource> follows = follows(facts, table, left);
                boolean root = table.relation().fullName().toString().equals(table.sharded().colocationGroup());
                if (best == null || follows.size() > most.size() || follows.size() == most.size() && root
                        && !best.relation().fullName().toString().equals(best.sharded().colocationGroup())) {
                    best = table;
                    most = follows;
                }
            }
            RowSource chosen = best;
            RowSource like = given.stream().filter(table -> table.sharded().colocationGroup()
                    .equals(chosen.sharded().colocationGroup())).findFirst().orElse(null);
            missing.add(new Missing(chosen, like, most));
            left.remove(chosen);
            left.removeAll(most);
            given.add(chosen);
        }
        return missing;
    }

    private static List<RowSource> follows(Facts facts, RowSource table, List<RowSource> others) {
        Map<Term, KeySet> row = new HashMap<>();
        List<KeyColumn> key = table.sharded().key();
        for (int i = 0; i < key.size(); i++) {
            row.put(new Term(table, StatementFacts.position(table, key.get(i))), KeySet.ofRow(i));
        }
        Map<Term, Set<KeySet>> closure = facts.closure(row);
        List<RowSource> follows = new ArrayList<>();
        for (RowSource other : others) {
            List<KeyColumn> columns = other.sharded().key();
            boolean all = other != table && columns.size() == key.size()
                    && other.sharded().colocationGroup().equals(table.sharded().colocationGroup());
            for (int i = 0; all && i < columns.size(); i++) {
                Term term = new Term(other, StatementFacts.position(other, columns.get(i)));
                all = closure.getOrDefault(term, Set.of()).contains(KeySet.ofRow(i));
            }
            if (all) {
                follows.add(other);
            }
        }
        return follows;
    }
}
