package dev.trunkline.route;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.sql.Statement;
import java.util.List;
import java.util.Set;

/**
 * Reads a statement for everything that routing needs: start here for key analysis. {@link QueryReader} walks the levels of
 * queries, {@link ConditionReader} takes facts from predicates, {@link Facts} follows them, {@link StatementFacts} proves.
 */
public final class StatementReader {

    private final Catalog catalog;
    private final List<String> searchPath;
    private final Set<String> tempTables;
    private final StatementText text;

    public StatementReader(Catalog catalog, List<String> searchPath, Set<String> tempTables, StatementText text) {
        this.catalog = catalog;
        this.searchPath = searchPath;
        this.tempTables = tempTables;
        this.text = text;
    }

    /** Reads a query or a write. */
    public StatementFacts read(Statement statement) {
        Reading reading = new Reading(catalog, searchPath, tempTables, text);
        Scope outside = new Scope(null, null);
        Shape top = switch (statement) {
            case Statement.Select select -> reading.queries.query(select.query(), outside, "SELECT");
            case Statement.Insert insert -> reading.writers.insert(insert, outside);
            case Statement.Update update -> reading.writers.update(update, outside);
            case Statement.Delete delete -> reading.writers.delete(delete, outside);
            case Statement.Merge merge -> reading.writers.merge(merge, outside);
            default -> throw new IllegalArgumentException(statement.kind() + " is no query and no write");
        };
        return new StatementFacts(reading, top);
    }
}
