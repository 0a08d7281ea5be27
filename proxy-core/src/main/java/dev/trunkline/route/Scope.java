package dev.trunkline.route;

import dev.trunkline.sql.Name;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What names mean at a place of a statement: the FROM items of its level, the CTEs, and the levels around it. */
final class Scope {

    /** A column that a name stands for, and the level that it belongs to; {@code term} is null where it can't be told. */
    record Resolved(Term term, Scope level) {}

    /** A CTE; {@code shape} is null while it can't be followed: a recursive or forward reference. */
    static final class Cte {
        Shape shape;
    }

    final Scope outer;
    /** The query whose level this is; null for a level that has only CTEs. */
    final Shape shape;
    final List<Names> visible = new ArrayList<>();
    final Map<String, Cte> ctes = new HashMap<>();

    Scope(Scope outer, Shape shape) {
        this.outer = outer;
        this.shape = shape;
    }

    Cte cte(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Cte cte = scope.ctes.get(name);
            if (cte != null) {
                return cte;
            }
        }
        return null;
    }

    /**
     * What a column's name stands for, as PostgreSQL looks it up, the innermost level first; null when it is no column that
     * is known here. Where an item may have columns that are not known, the search stops: a level further out could be
     * wrong.
     */
    Resolved resolve(Name name) {
        return switch (name.parts().size()) {
            case 1 -> unqualified(name.last());
            case 2 -> qualified(null, name.parts().get(0), name.last());
            default -> qualified(name.parts().get(name.parts().size() - 3), name.schema(), name.last());
        };
    }

    private Resolved unqualified(String column) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Names.Column found = null;
            boolean open = false;
            for (Names names : scope.visible) {
                Names.Column next = names.find(column);
                if (next != null) {
                    found = found == null ? next : new Names.Column(column, null);
                }
                open |= names.stopSearch();
            }
            if (found != null) {
                return new Resolved(found.term(), scope);
            }
            if (open) {
                return null;
            }
        }
        return null;
    }

    private Resolved qualified(String schema, String qualifier, String column) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            for (Names names : scope.visible) {
                RowSource source = source(names, schema, qualifier);
                if (source != null) {
                    int index = source.column(column);
                    return new Resolved(index < 0 ? null : new Term(source, index), scope);
                }
                if (names.hidden.contains(qualifier)) {
                    return null;
                }
            }
        }
        return null;
    }

    private static RowSource source(Names names, String schema, String qualifier) {
        for (RowSource source : names.sources) {
            boolean named = qualifier.equals(source.name()) && (schema == null || source.relation() != null
                    && source.relation().schema().equals(schema) && source.relation().name().equals(qualifier));
            if (named) {
                return source;
            }
        }
        return null;
    }

    /** The source with this alias at this level, or null. */
    RowSource source(String alias) {
        for (Names names : visible) {
            RowSource source = source(names, null, alias);
            if (source != null) {
                return source;
            }
        }
        return null;
    }
}
