package dev.trunkline.bench;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.sql.LexedText;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;

/** A program that fills a plan cache with different statements and prints what they keep alive on the heap. */
public final class CacheMemory {

    private static final int FINGERPRINTS = 10_000;
    private static final int COLLECTIONS = 5;

    private CacheMemory() {}

    public static void main(String[] args) {
        Catalog catalog = Workload.catalog();
        fill(new PlanCache(4 * FINGERPRINTS, Runnable::run), catalog, 100);
        long before = live();
        PlanCache cache = new PlanCache(4 * FINGERPRINTS, Runnable::run);
        long bytes = fill(cache, catalog, FINGERPRINTS);
        long kept = live() - before;
        System.out.printf("%,d fingerprints of %,d bytes on average: %.1f MB live, %,d bytes each%n", FINGERPRINTS,
                bytes / FINGERPRINTS, kept / 1e6, kept / FINGERPRINTS);
        if (cache.evictions().sum() > 0) {
            throw new IllegalStateException("the cache was too small: some were evicted");
        }
        Reference.reachabilityFence(cache);
    }

    /** Every statement is one of an ORM's: all columns by name, a join, the key, and one alias that makes it differ. */
    private static long fill(PlanCache cache, Catalog catalog, int count) {
        LexedText lexed = new LexedText();
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            byte[] sql = Workload.bytes("SELECT c.id, c.name, c.email, c.country, c.credit, c.joined, o.id AS order_"
                    + i
                    + ", o.status, o.total, o.created_at FROM customers c JOIN orders o ON o.customer_id = c.id"
                    + " WHERE c.id = " + i + " AND o.status IN ('open', 'paid') ORDER BY o.created_at DESC LIMIT 20");
            lexed.lex(sql, 0, sql.length, true);
            cache.load(lexed.fingerprint(0), PlanKey.DEFAULT, sql, 0, sql.length, catalog).toCompletableFuture().join();
            bytes += sql.length;
        }
        return bytes;
    }

    private static long live() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
