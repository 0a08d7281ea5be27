package dev.trunkline.admin;

import dev.trunkline.backend.NodeAddresses;
import dev.trunkline.config.Configuration;
import dev.trunkline.error.ProxyError;
import dev.trunkline.frontend.Clients;
import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.pool.Budgets;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the admin database shows and acts on: the whole running proxy.
 *
 * @param configuration the file as it holds now
 * @param databases by name; so are {@code statements} and {@code sources}
 */
public record Served(Supplier<Configuration> configuration, Map<String, ServedDatabase> databases,
        Map<String, StatementMetrics> statements, Map<String, CatalogSource> sources, List<Worker> workers,
        Clients clients, Budgets budgets, NodeAddresses addresses) {

    /** What a database has done since the start. */
    Totals totals(ServedDatabase database) {
        return Totals.of(database, statements.get(database.name()));
    }

    /** What each database has done since the start, by name. */
    Map<String, Totals> totals() {
        Map<String, Totals> all = new LinkedHashMap<>();
        databases.forEach((name, database) -> all.put(name, totals(database)));
        return all;
    }

    /** The database of a name, or all when it is null. */
    Collection<ServedDatabase> databases(String name) {
        if (name == null) {
            return databases.values();
        }
        ServedDatabase database = databases.get(name);
        if (database == null) {
            throw ProxyError.UNKNOWN_DATABASE.with(name);
        }
        return List.of(database);
    }
}
