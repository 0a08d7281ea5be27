package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.sql.LexedText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Plans typical statements again and again, so that the classes of lexer, parser and planner are loaded and their code is
 * compiled before a client waits for them: the first parse of a process costs more than half a second, one of warm code a
 * few microseconds. Runs on a thread of its own beside the server's start.
 */
public final class PlannerWarmUp {

    /** The JIT compiles after some hundred calls, and most productions are called several times in a round. */
    private static final int ROUNDS = 200;
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final List<String> STATEMENTS = List.of(
            "SELECT name, email FROM customers WHERE id = 7",
            "SELECT c.id AS id1_0_, c.name AS name2_0_, c.credit AS credit3_0_ FROM public.customers c WHERE c.id = $1",
            """
                    SELECT c.name, o.id, o.total FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
                    WHERE c.id = $1 AND o.status IN ('open', 'paid') AND o.created_at > '2026-01-01'::timestamptz
                    ORDER BY o.created_at DESC NULLS LAST LIMIT 20 OFFSET 40""",
            "SELECT * FROM customers WHERE id = ANY($1) OR id IN (1, 2, 3)",
            "SELECT count(*), sum(total), max(created_at) FROM orders WHERE status = 'open'",
            """
                    SELECT status, count(*) AS n FROM orders WHERE customer_id = 4 GROUP BY status HAVING count(*) > 1
                    ORDER BY n DESC""",
            """
                    WITH recent AS (SELECT * FROM orders WHERE customer_id = 5 AND total BETWEEN 1 AND 100)
                    SELECT r.*, row_number() OVER (PARTITION BY r.customer_id ORDER BY r.id) FROM recent r
                    WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = r.customer_id AND c.name ILIKE '%a%')""",
            "SELECT id FROM orders WHERE customer_id = 1 UNION ALL SELECT id FROM orders WHERE customer_id = 2",
            """
                    SELECT CASE WHEN credit > 10.5 THEN 'rich' ELSE coalesce(name, '-') END, extract(year FROM joined)
                    FROM customers WHERE id = 3 AND (name, email) IS DISTINCT FROM ('a', NULL) FOR UPDATE""",
            "INSERT INTO orders (id, customer_id, status, total) VALUES ($1, $2, $3, $4) RETURNING id",
            """
                    INSERT INTO customers (id, name) VALUES (1, 'a'), (2, 'b')
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name""",
            "UPDATE customers SET name = $1, credit = credit + 1 WHERE id = $2",
            "DELETE FROM orders WHERE customer_id = 9 AND id = 10",
            """
                    MERGE INTO orders o USING (VALUES (1, 2)) v (c, i) ON o.customer_id = 1 AND o.id = v.i
                    WHEN MATCHED THEN UPDATE SET status = 'x' WHEN NOT MATCHED THEN DO NOTHING""",
            "SELECT code, name FROM countries WHERE region = 'Europe'",
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
            "SELECT current_schema(), version()",
            "SELECT 1",
            "BEGIN ISOLATION LEVEL READ COMMITTED",
            "COMMIT",
            "SET application_name = 'x'",
            "SHOW search_path",
            "SAVEPOINT a",
            "EXPLAIN SELECT * FROM customers WHERE id = 1",
            "COPY audit_log (id, message) FROM STDIN WITH (FORMAT csv)",
            "CREATE TABLE IF NOT EXISTS t (id bigint PRIMARY KEY, a text NOT NULL DEFAULT 'x', CHECK (id > 0))",
            "CREATE INDEX i ON orders (customer_id, created_at DESC) WHERE status = 'open'",
            "ALTER TABLE orders ADD COLUMN note varchar(20)",
            "SELECT name FROM customers WHERE id = 7 ORDER name");

    private PlannerWarmUp() {}

    /** Runs for about a second, three at most; ends early when its thread is interrupted. */
    public static void run() {
        long start = System.nanoTime();
        Catalog catalog = catalog();
        DestinationTable destinations = new DestinationTable(ShardMap.even(1, 256, 2), 2, 0);
        for (int round = 0; round < ROUNDS && !Thread.currentThread().isInterrupted(); round++) {
            // A cache of its own, which knows nothing yet: every round parses again.
            round(catalog, destinations);
            if (System.nanoTime() - start > MOST_NANOS) {
                return;
            }
        }
    }

    /** Takes every statement the way of a client's: lexed, looked for, planned, found and bound. */
    private static void round(Catalog catalog, DestinationTable destinations) {
        PlanCache cache = new PlanCache(STATEMENTS.size(), Runnable::run);
        PlanCache.Local local = cache.local();
        LexedText lexed = new LexedText();
        BoundValues values = new BoundValues();
        for (String statement : STATEMENTS) {
            byte[] sql = statement.getBytes(StandardCharsets.UTF_8);
            lexed.lex(sql, 0, sql.length, true);
            if (local.find(lexed.fingerprint(0), PlanKey.DEFAULT, sql, catalog) == null) {
                cache.load(lexed.fingerprint(0), PlanKey.DEFAULT, sql, 0, sql.length, catalog);
            }
            StatementPlan plan = local.find(lexed.fingerprint(0), PlanKey.DEFAULT, sql, catalog);
            if (plan != null && plan.rule() != null) {
                bind(plan, values.statement(sql, lexed.fingerprint(0), true), destinations);
            }
        }
    }

    private static void bind(StatementPlan plan, BoundValues values, DestinationTable destinations) {
        try {
            plan.bind(values, destinations);
        } catch (ProxyException expected) {
            // A write whose key is a parameter has no value here.
        }
    }

    private static Catalog catalog() {
        CatalogBuilder shop = new CatalogBuilder("warm-up").nodes("a", "b");
        shop.table("customers", "id int8 not null", "name text", "email text", "credit numeric(10,2)",
                "joined timestamptz").sharded("customers", "id");
        shop.table("orders", "id int8 not null", "customer_id int8 not null", "status text", "total numeric(12,2)",
                "created_at timestamptz").colocated("orders", "customers", "customer_id");
        shop.table("countries", "code text not null", "name text", "region text").reference("countries");
        shop.table("audit_log", "id int8", "message text");
        return shop.build();
    }

    /** The statements, for the test that all but the last are understood. */
    static List<String> statements() {
        return STATEMENTS;
    }
}
