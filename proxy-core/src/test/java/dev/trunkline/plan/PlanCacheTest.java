package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.sql.LexedText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Rule 16: what is one plan and what is another. */
class PlanCacheTest {

    private static final Catalog SHOP = TestCatalogs.shop();

    private final Deque<Runnable> work = new ArrayDeque<>();
    private final PlanCache cache = new PlanCache(100, work::add);
    private final PlanCache.Local local = cache.local();

    private StatementPlan find(String sql, PlanKey key, Catalog catalog) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        return local.find(lexed.fingerprint(0), key, bytes, catalog);
    }

    private CompletableFuture<StatementPlan> load(String sql, PlanKey key, Catalog catalog) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        return cache.load(lexed.fingerprint(0), key, bytes, lexed.statementStart(0), lexed.statementEnd(0), catalog)
                .toCompletableFuture();
    }

    private StatementPlan loaded(String sql) {
        CompletableFuture<StatementPlan> plan = load(sql, PlanKey.DEFAULT, SHOP);
        run();
        return plan.join();
    }

    private void run() {
        while (!work.isEmpty()) {
            work.poll().run();
        }
    }

    private StatementPlan find(String sql) {
        return find(sql, PlanKey.DEFAULT, SHOP);
    }

    @Test
    void keyLiteralsAreSlotsBoundLate() {
        StatementPlan plan = loaded("select * from customers where id = 7");
        assertTrue(plan.guards().isEmpty());
        assertSame(plan, find("SELECT *\n FROM customers -- now\n WHERE id=8"));
        assertEquals(1, cache.hits().sum());
    }

    @Test
    void theKindOfALiteralIsPartOfTheFingerprint() {
        loaded("select * from customers where id = 7");
        assertNull(find("select * from customers where id = '7'"));
        assertNull(find("select * from customers where id = 7.0"));
        assertEquals(2, cache.misses().sum());
    }

    @Test
    void literalsThatPlanningReadAreGuards() {
        StatementPlan same = loaded("select * from customers where id between 7 and 7");
        assertNotNull(find("select * from customers where id between 7 and 7"));
        assertNull(find("select * from customers where id between 7 and 8"));
        assertEquals(1, cache.guardMisses().sum());
        StatementPlan range = loaded("select * from customers where id between 7 and 8");
        assertNotSame(same, range);
        assertSame(same, find("select * from customers where id between 7 and 7"));
        assertSame(range, find("select * from customers where id between 7 and 8"));
    }

    @Test
    void plansForSeveralNodesGuardAllLiteralsButTheirKeys() {
        loaded("select * from customers where name = 'a'");
        assertNull(find("select * from customers where name = 'b'"));
        loaded("select * from customers where id in (1, 2)");
        assertNotNull(find("select * from customers where id in (3, 4)"));
        loaded("select max(name) from customers where id in (1, 2)");
        assertNull(find("select max(name) from customers where id in (3, 4)"));
    }

    @Test
    void groupByOrdinalIsAGuard() {
        loaded("select * from (select customer_id, status from orders group by 1, 2) s where s.customer_id = $1");
        assertNull(find(
                "select * from (select customer_id, status from orders group by 2, 2) s where s.customer_id = $1"));
    }

    @Test
    void aFingerprintKeepsAFewPlans() {
        for (int i = 0; i < 20; i++) {
            loaded("select * from customers where name = 'n" + i + "'");
        }
        assertNotNull(find("select * from customers where name = 'n19'"));
        assertNotNull(find("select * from customers where name = 'n12'"));
        assertNull(find("select * from customers where name = 'n11'"));
    }

    @Test
    void theCatalogsVersionCountsAndTheMapDoesNot() {
        loaded("select * from audit_log");
        Catalog next = new CatalogBuilder("shop").version(2).nodes("a", "b").table("audit_log", "id int8").build();
        assertNull(find("select * from audit_log", PlanKey.DEFAULT, next));
        CompletableFuture<StatementPlan> plan = load("select * from audit_log", PlanKey.DEFAULT, next);
        run();
        assertEquals(2, plan.join().catalogVersion());
        assertNotNull(find("select * from audit_log", PlanKey.DEFAULT, next));
        assertNull(find("select * from audit_log"));
    }

    @Test
    void searchPathAndTempTablesShapeThePlan() {
        StatementPlan sharded = loaded("select * from orders");
        PlanKey temp = new PlanKey(List.of("public"), Set.of("orders"), true);
        assertNull(find("select * from orders", temp, SHOP));
        load("select * from orders", temp, SHOP);
        run();
        assertNotSame(sharded, find("select * from orders", temp, SHOP));
        assertNull(find("select * from orders", new PlanKey(List.of("sales"), Set.of(), true), SHOP));
        assertSame(sharded, find("select * from orders", new PlanKey(List.of("public"), Set.of(), true), SHOP));
    }

    @Test
    void aPlanIsBuiltOnceHoweverManyAsk() {
        CompletableFuture<StatementPlan> first = load("select * from customers where id = 1", PlanKey.DEFAULT, SHOP);
        CompletableFuture<StatementPlan> second = load("select * from customers where id = 2", PlanKey.DEFAULT, SHOP);
        assertEquals(1, work.size());
        run();
        assertSame(first.join(), second.join());
    }

    @Test
    void whoAskedWithOtherLiteralsGetsItsOwn() {
        CompletableFuture<StatementPlan> first = load("select * from customers where name = 'a'", PlanKey.DEFAULT,
                SHOP);
        CompletableFuture<StatementPlan> second = load("select * from customers where name = 'b'", PlanKey.DEFAULT,
                SHOP);
        run();
        assertNotSame(first.join(), second.join());
        assertSame(first.join(), find("select * from customers where name = 'a'"));
        assertSame(second.join(), find("select * from customers where name = 'b'"));
    }

    @Test
    void anotherLoopFindsWhatOneHasLoaded() {
        StatementPlan plan = loaded("select * from customers where id = 7");
        byte[] sql = "select * from customers where id = 8".getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(sql, 0, sql.length, true);
        assertSame(plan, cache.local().find(lexed.fingerprint(0), PlanKey.DEFAULT, sql, SHOP));
    }

    @Test
    void aFullCacheForgets() {
        PlanCache small = new PlanCache(4, Runnable::run);
        for (int i = 0; i < 500; i++) {
            byte[] sql = ("select c" + i + " from audit_log").getBytes(StandardCharsets.UTF_8);
            LexedText lexed = new LexedText();
            lexed.lex(sql, 0, sql.length, true);
            small.load(lexed.fingerprint(0), PlanKey.DEFAULT, sql, 0, sql.length, SHOP);
        }
        assertTrue(small.evictions().sum() > 400, small.evictions() + " evictions");
    }

    @Test
    void loadingNeverFails() {
        PlanCache closed = new PlanCache(4, command -> {
            throw new RejectedExecutionException();
        });
        byte[] sql = "select 1".getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(sql, 0, sql.length, true);
        StatementPlan plan = closed.load(lexed.fingerprint(0), PlanKey.DEFAULT, sql, 0, sql.length, SHOP)
                .toCompletableFuture().join();
        assertNotNull(plan.refusal());
        assertNotNull(loaded("select * from (" + "(".repeat(3000) + "select 1" + ")".repeat(3000) + ") s").refusal());
    }

    /** A thread with little stack left: whoever waits gets an answer, and the next statement a plan. */
    @Test
    void aStatementThatNestsTooDeeplyIsRefused() throws InterruptedException {
        for (int depth : new int[]{200, 2_000, 20_000}) {
            CompletableFuture<StatementPlan> deep = load("select * from customers where id = 7 and ("
                    + "(name = 'x' or ".repeat(depth) + "true" + ")".repeat(depth) + ")", PlanKey.DEFAULT, SHOP);
            Thread small = new Thread(null, this::run, "little stack", 200 << 10);
            small.start();
            small.join();
            assertEquals("54001", deep.join().refusal().sqlState());
        }
        assertNull(loaded("select * from customers where id = 7").refusal());
    }
}
