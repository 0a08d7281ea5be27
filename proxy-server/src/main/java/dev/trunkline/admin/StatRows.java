package dev.trunkline.admin;

import static dev.trunkline.admin.Rows.row;

import dev.trunkline.admin.Period.Stretch;
import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.route.Routing;
import dev.trunkline.session.ServedDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Makes the rows of the views that count statements. */
final class StatRows {

    private final Served served;
    private final Period period;

    StatRows(Served served, Period period) {
        this.served = served;
        this.period = period;
    }

    /** The rows of SHOW STATS; {@code wanted} limits them to one database, null for all; so do those below. */
    List<List<Object>> stats(String wanted) {
        Stretch last = period.last();
        return each(wanted, database -> {
            StatementMetrics metrics = served.statements().get(database.name());
            Totals totals = served.totals(database);
            Totals averages = last.averages(database.name());
            List<Object> row = new ArrayList<>(row(database.name(), totals.queries(), metrics.failed(),
                    totals.queryMicros(), averages.queryMicros(), metrics.quantileMicros(0.5),
                    metrics.quantileMicros(0.99)));
            for (Routing routing : Routing.values()) {
                row.add(metrics.total(routing));
            }
            row.addAll(row(totals.received(), totals.sent(), database.plans().hits().sum(),
                    database.plans().misses().sum(), totals.transactions(), totals.received(), totals.sent(),
                    totals.transactionMicros(), totals.waitMicros(), averages.transactions(), averages.queries(),
                    averages.received(), averages.sent(), averages.transactionMicros(), averages.waitMicros()));
            return row;
        });
    }

    /** The rows of SHOW STATS_TOTALS. */
    List<List<Object>> totals(String wanted) {
        return each(wanted, database -> counted(database.name(), served.totals(database)));
    }

    /** The rows of SHOW STATS_AVERAGES. */
    List<List<Object>> averages(String wanted) {
        Stretch last = period.last();
        return each(wanted, database -> counted(database.name(), last.averages(database.name())));
    }

    private static List<Object> counted(String name, Totals t) {
        return row(name, t.transactions(), t.queries(), t.received(), t.sent(), t.transactionMicros(),
                t.queryMicros(), t.waitMicros());
    }

    /** The rows of SHOW TOTALS. */
    List<List<Object>> sums() {
        Totals t = served.totals().values().stream().reduce(Totals.NONE, Totals::plus);
        Totals a = period.last().averages();
        return List.of(row("total_xact_count", t.transactions()), row("total_query_count", t.queries()),
                row("total_client_bytes", t.received()), row("total_server_bytes", t.sent()),
                row("total_xact_time", t.transactionMicros()), row("total_query_time", t.queryMicros()),
                row("total_wait_time", t.waitMicros()), row("avg_xact_count", a.transactions()),
                row("avg_query_count", a.queries()), row("avg_client_bytes", a.received()),
                row("avg_server_bytes", a.sent()), row("avg_xact_time", a.transactionMicros()),
                row("avg_query_time", a.queryMicros()), row("avg_wait_time", a.waitMicros()));
    }

    private List<List<Object>> each(String wanted, Function<ServedDatabase, List<Object>> row) {
        return served.databases(wanted).stream().map(row).toList();
    }
}
