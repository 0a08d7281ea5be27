package dev.trunkline.admin;

import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.session.ServedDatabase;

/** What a database has done, as PgBouncer counts it: since the start, or in a stretch of time. Times are microseconds. */
record Totals(long transactions, long queries, long received, long sent, long transactionMicros, long queryMicros,
        long waitMicros) {

    static final Totals NONE = new Totals(0, 0, 0, 0, 0, 0, 0);

    /** Since the start. */
    static Totals of(ServedDatabase database, StatementMetrics metrics) {
        long received = 0;
        long sent = 0;
        double waitSeconds = 0;
        for (int node = 0; node < database.nodes().size(); node++) {
            received += database.nodeBytes(node, true);
            sent += database.nodeBytes(node, false);
            waitSeconds += database.poolEvents(node).waitSeconds();
        }
        return new Totals(metrics.transactions(), metrics.total(), received, sent, metrics.transactionMicros(),
                metrics.totalMicros(), (long) (waitSeconds * 1e6));
    }

    Totals plus(Totals other) {
        return new Totals(transactions + other.transactions, queries + other.queries, received + other.received,
                sent + other.sent, transactionMicros + other.transactionMicros, queryMicros + other.queryMicros,
                waitMicros + other.waitMicros);
    }

    Totals minus(Totals other) {
        return new Totals(transactions - other.transactions, queries - other.queries, received - other.received,
                sent - other.sent, transactionMicros - other.transactionMicros, queryMicros - other.queryMicros,
                waitMicros - other.waitMicros);
    }

    /** Of a stretch: numbers, bytes and waiting in each second, and the time of one transaction and of one query. */
    Totals averages(double seconds) {
        return new Totals(each(transactions, seconds), each(queries, seconds), each(received, seconds),
                each(sent, seconds), each(transactionMicros, transactions), each(queryMicros, queries),
                each(waitMicros, seconds));
    }

    private static long each(long total, double parts) {
        return parts <= 0 ? 0 : Math.round(total / parts);
    }
}
