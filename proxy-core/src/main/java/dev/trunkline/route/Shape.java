package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a query does to its rows on their way out: which output column is which column inside, and what a predicate outside
 * may not pass (semantics.md 3). Built by {@link StatementReader}.
 */
final class Shape {

    /** An output column. {@code term} is the inner column that it carries unchanged, or null. */
    record Output(String name, Term term, Expr expr) {}

    final RowSource result;
    final List<Output> outputs = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    /** The sides of a set operation, otherwise null. */
    List<Shape> branches;
    /** The sources in FROM, or the target and the sources of a write. */
    final List<RowSource> sources = new ArrayList<>();
    /** Where the rows are used as a FROM item. */
    final List<RowSource> users = new ArrayList<>();
    /** Whether it is used in ways that are not followed. */
    boolean usedElsewhere;
    /** The constants of each column of VALUES; null for a column with others, and for everything but VALUES. */
    List<List<KeyValue>> constants;
    /** What nothing may pass: {@code LIMIT}, ... or null. */
    String barrier;
    /** Whether columns may follow that are not listed. */
    boolean open;
    boolean aggregated;
    boolean grouped;
    boolean groupingSets;
    boolean distinct;
    boolean windowed;
    /** Whether it looks at a row of a level around it, so that it is evaluated for each. */
    boolean correlated;
    /** A function in it whose value is another each time, or an aggregate that depends on the order of rows; or null. */
    String unsteady;
    /** A function in FROM whose value is another each time; or null. */
    String unsteadyFrom;
    final List<Term> groupTerms = new ArrayList<>();
    /** The WINDOW clause. */
    final Map<String, Expr.Window> windows = new HashMap<>();
    final List<Set<Term>> partitions = new ArrayList<>();
    /** What names mean in its select list; null unless it is a SELECT. */
    Scope scope;
    /** The statement's own query. */
    boolean top;

    Shape(String name, Span span) {
        this.result = new RowSource(RowSource.Kind.RESULT, name, null, names, false, this, span);
    }

    void add(Output output) {
        outputs.add(output);
        names.add(output.name());
    }

    void rename(int column, String name) {
        Output output = outputs.get(column);
        outputs.set(column, new Output(name, output.term(), output.expr()));
        names.set(column, name);
    }

    /** Makes an output column one that carries nothing of the columns inside. */
    void forget(int column) {
        Output output = outputs.get(column);
        outputs.set(column, new Output(output.name(), null, output.expr()));
    }

    /** Whether a predicate on an output column may as well be applied to the rows inside. */
    boolean passes(int column) {
        if (barrier != null) {
            return false;
        }
        if (branches != null) {
            return true;
        }
        Term term = outputs.get(column).term();
        if (term == null || aggregated && !grouped || groupingSets || grouped && !groupTerms.contains(term)) {
            return false;
        }
        return partitions.stream().allMatch(partition -> partition.contains(term));
    }

    /** Whether each row inside gives its rows outside whatever the other rows are. */
    boolean rowByRow() {
        return barrier == null && branches == null && !aggregated && !grouped && !distinct && !windowed;
    }

    /**
     * What may come out differently when the same rows are asked again, or null. A query that stands by itself is evaluated
     * once by one server; evaluated on each of several nodes, it must not differ.
     */
    String differsEachTime() {
        if (unsteady != null || unsteadyFrom != null) {
            return unsteady != null ? unsteady : unsteadyFrom;
        }
        return windowed
                ? "a window function"
                : "LIMIT".equals(barrier) || "DISTINCT ON".equals(barrier) ? barrier : null;
    }

    RowSource.Type type(int column) {
        if (branches == null) {
            Term term = column < outputs.size() ? outputs.get(column).term() : null;
            return term == null ? null : term.type();
        }
        RowSource.Type type = null;
        for (Shape branch : branches) {
            RowSource.Type next = column < branch.outputs.size() ? branch.type(column) : null;
            // A branch of another type would change the type of the whole column.
            if (next == null || type != null && next.column().type() != type.column().type()) {
                return null;
            }
            type = type == null
                    ? next
                    : new RowSource.Type(type.column(), type.deterministic() && next.deterministic());
        }
        return type;
    }

    int typeOid(int column) {
        if (branches == null) {
            Term term = column < outputs.size() ? outputs.get(column).term() : null;
            return term == null ? 0 : term.source().typeOid(term.column());
        }
        int oid = 0;
        for (Shape branch : branches) {
            int next = branch.typeOid(column);
            if (next == 0 || oid != 0 && next != oid) {
                return 0;
            }
            oid = next;
        }
        return oid;
    }
}
