package dev.trunkline.route;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a statement says about the values of its columns, and what follows from it.
 *
 * <p>The claim behind a fact {@code t in S}: the rows of t's source in which t is not in S change nothing in the
 * statement's result, or there are none; they may be there or not. So a node that holds all rows with keys in S gives the
 * whole result, whatever else it holds. A fact comes from a predicate that filters the source's own rows: WHERE filters every
 * source of its select, the ON of an inner join those on both sides, the ON of an outer join only those on the side that it
 * fills with NULLs. From there facts follow three kinds of edges:
 *
 * <ul>
 * <li>{@code a = b} in such a predicate carries a fact from b to a if it filters a's source. So a subquery's {@code inner.k =
 * outer.k} carries it inwards and never out.
 * <li>An output column carries the facts of the column inside to where the query is used.
 * <li>A fact about an output column holds inside, unless something in between looks at other rows: LIMIT, DISTINCT ON, a
 * window not partitioned by the column, a GROUP BY without it ({@link Shape#passes}). A query that is used several times
 * needs the fact everywhere.
 * </ul>
 */
final class Facts {

    /** {@code target} has the facts that all of {@code sources} share. */
    private record Edge(List<Term> sources, Term target) {}

    private final Map<Term, Set<KeySet>> given = new LinkedHashMap<>();
    private final List<Edge> edges = new ArrayList<>();
    private final List<Shape> shapes = new ArrayList<>();
    private boolean linked;

    void add(Shape shape) {
        shapes.add(shape);
    }

    List<Shape> shapes() {
        return shapes;
    }

    void given(Term term, KeySet values) {
        given.computeIfAbsent(term, t -> new LinkedHashSet<>()).add(values);
    }

    /** What is known of {@code source} is known of {@code target}. */
    void flows(Term source, Term target) {
        if (comparable(source, target)) {
            edges.add(new Edge(List.of(source), target));
        }
    }

    private static boolean comparable(Term a, Term b) {
        return a.type() != null && b.type() != null && a.type().comparesLike(b.type());
    }

    /** What is known of every column, given more facts than the statement's. */
    Map<Term, Set<KeySet>> closure(Map<Term, KeySet> more) {
        link();
        Map<Term, List<Edge>> from = new HashMap<>();
        for (Edge edge : edges) {
            for (Term source : edge.sources()) {
                from.computeIfAbsent(source, t -> new ArrayList<>()).add(edge);
            }
        }
        Map<Term, Set<KeySet>> known = new HashMap<>();
        ArrayDeque<Term> changed = new ArrayDeque<>();
        given.forEach((term, sets) -> learn(term, sets, known, changed));
        more.forEach((term, set) -> learn(term, Set.of(set), known, changed));
        while (!changed.isEmpty()) {
            for (Edge edge : from.getOrDefault(changed.poll(), List.of())) {
                learn(edge.target(), shared(edge.sources(), known), known, changed);
            }
        }
        return known;
    }

    private static Set<KeySet> shared(List<Term> sources, Map<Term, Set<KeySet>> known) {
        Set<KeySet> shared = new LinkedHashSet<>(known.getOrDefault(sources.getFirst(), Set.of()));
        for (int i = 1; i < sources.size(); i++) {
            shared.retainAll(known.getOrDefault(sources.get(i), Set.of()));
        }
        return shared;
    }

    private static void learn(Term term, Collection<KeySet> sets, Map<Term, Set<KeySet>> known,
            ArrayDeque<Term> changed) {
        if (!sets.isEmpty() && known.computeIfAbsent(term, t -> new LinkedHashSet<>()).addAll(sets)) {
            changed.add(term);
        }
    }

    /** The edges into queries and out of them. */
    private void link() {
        if (linked) {
            return;
        }
        linked = true;
        for (Shape shape : shapes) {
            for (int column = 0; column < shape.outputs.size(); column++) {
                if (shape.type(column) != null) {
                    link(shape, column);
                }
            }
        }
    }

    private void link(Shape shape, int column) {
        Term result = new Term(shape.result, column);
        List<Term> inside = new ArrayList<>();
        if (shape.branches == null) {
            inside.add(shape.outputs.get(column).term());
        } else {
            for (Shape branch : shape.branches) {
                inside.add(new Term(branch.result, column));
            }
        }
        edges.add(new Edge(inside, result));
        if (shape.passes(column)) {
            for (Term term : inside) {
                edges.add(new Edge(List.of(result), term));
            }
        }
        List<Term> uses = new ArrayList<>();
        for (RowSource user : shape.users) {
            uses.add(new Term(user, column));
            edges.add(new Edge(List.of(result), uses.getLast()));
        }
        if (!uses.isEmpty() && !shape.usedElsewhere) {
            edges.add(new Edge(uses, result));
        }
    }
}
