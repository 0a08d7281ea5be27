package dev.trunkline.route;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.ViewDefinition;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.Span;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Reads a view as the subquery that it is, with the names of its own columns. Inside, nothing of the statement around it is
 * visible: no CTE, no temp table, no search path.
 */
final class ViewReader {

    /** Views of views can double at every step. */
    private static final int MOST_VIEWS = 200;

    private final Reading reading;
    private final Deque<Relation> open = new ArrayDeque<>();
    private Span place;
    private int count;

    ViewReader(Reading reading) {
        this.reading = reading;
    }

    /** Whether a use of the relation is read as its query. A view that is reached from itself can't be. */
    boolean reads(Relation relation) {
        return relation != null && relation.view() != null && !open.contains(relation) && count < MOST_VIEWS;
    }

    /** The place in the statement's text of what is being read: the view's name for everything inside. */
    Span place(Span span) {
        return place == null ? span : place;
    }

    RowSource read(Relation relation, FromItem.Table table) {
        List<String> path = reading.searchPath;
        Set<String> tempTables = reading.tempTables;
        Span outer = place;
        reading.searchPath = ViewDefinition.SEARCH_PATH;
        reading.tempTables = Set.of();
        place = place(table.span());
        open.push(relation);
        count++;
        Shape shape;
        try {
            shape = reading.queries.query(relation.view().query(), new Scope(null, null), relation.name());
        } finally {
            open.pop();
            place = outer;
            reading.searchPath = path;
            reading.tempTables = tempTables;
        }
        QueryReader.rename(shape, relation.columns().stream().map(ColumnInfo::name).toList());
        return reading.queries.use(shape, relation, table);
    }
}
