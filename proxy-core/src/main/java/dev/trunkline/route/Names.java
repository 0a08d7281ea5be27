package dev.trunkline.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names that an item of a FROM clause brings: its sources by qualifier and its columns in the order of {@code *}. */
final class Names {

    /** A column; {@code term} is null where it can't be followed. */
    record Column(String name, Term term) {}

    final List<RowSource> sources = new ArrayList<>();
    final List<Column> columns = new ArrayList<>();
    /** Qualifiers whose columns can't be followed. */
    final Set<String> hidden = new HashSet<>();
    /** Whether there may be columns that are not listed. */
    boolean open;

    static Names of(RowSource source) {
        Names names = new Names();
        names.sources.add(source);
        names.open = source.open();
        for (int i = 0; i < source.columns().size(); i++) {
            names.columns.add(new Column(source.columns().get(i), new Term(source, i)));
        }
        return names;
    }

    /** Those of a source whose columns are only found by its name: EXCLUDED. */
    static Names qualified(RowSource source) {
        Names names = new Names();
        names.sources.add(source);
        return names;
    }

    /** Those of a join: the columns of USING first, as their merged value, then the rest of each side. */
    static Names join(Names left, Names right, List<Column> merged) {
        Names names = new Names();
        names.sources.addAll(left.sources);
        names.sources.addAll(right.sources);
        names.hidden.addAll(left.hidden);
        names.hidden.addAll(right.hidden);
        names.open = left.open || right.open;
        names.columns.addAll(merged);
        Set<String> using = new HashSet<>();
        merged.forEach(column -> using.add(column.name()));
        for (Names side : List.of(left, right)) {
            for (Column column : side.columns) {
                if (column.name() == null || !using.contains(column.name())) {
                    names.columns.add(column);
                }
            }
        }
        return names;
    }

    /** Whether a name that isn't listed may still be meant: a search must not go on further out. */
    boolean stopSearch() {
        return open || columns.stream().anyMatch(column -> column.name() == null);
    }

    /** The only column of this name; null when there is none, one with a null term when it can't be told. */
    Column find(String name) {
        Column found = null;
        for (Column column : columns) {
            if (name.equals(column.name())) {
                if (found != null) {
                    return new Column(name, null);
                }
                found = column;
            }
        }
        return found;
    }
}
