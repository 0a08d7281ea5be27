package dev.trunkline.plan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.concurrent.atomic.LongAdder;

/**
 * The plans of one database by fingerprint (semantics.md 16).
 *
 * <p>A fingerprint has a few plans, each guarded by the literals that planning read; a plan is used only while its guards
 * hold and the catalog is the one that it was made from. The shard map plays no part: plans hold no node. Every event loop
 * asks its own small table first ({@link Local}), which needs no lock and no allocation, then the cache that all share.
 * Plans are built on the planner's executor, once however many ask at the same time.
 */
public final class PlanCache {

    /** How many plans of one fingerprint are kept. */
    private static final int MOST_VARIANTS = 8;
    private static final int LOCAL_SLOTS = 1024;
    /** What an entry weighs beside its text, in bytes, roughly. */
    private static final int ENTRY_WEIGHT = 2048;
    private static final int TYPICAL_WEIGHT = 4096;
    /** Longer statements are found in the shared cache only. */
    private static final int LONGEST_LOCAL = 16 * 1024;

    /** Canonical bytes and what else shapes the plan. Probes are filled again and again; stored keys never change. */
    private static final class Key {
        private byte[] canonical;
        private int length;
        private int hash;
        private PlanKey settings;

        Key probe(Fingerprint fingerprint, PlanKey key) {
            canonical = fingerprint.canonical();
            length = fingerprint.canonicalLength();
            hash = fingerprint.hash() * 31 + key.hashCode();
            settings = key;
            return this;
        }

        Key stored() {
            Key copy = new Key();
            copy.canonical = Arrays.copyOf(canonical, length);
            copy.length = length;
            copy.hash = hash;
            copy.settings = settings;
            return copy;
        }

        @Override
        public boolean equals(Object other) {
            return this == other || other instanceof Key key && key.hash == hash && key.settings.equals(settings)
                    && Arrays.equals(canonical, 0, length, key.canonical, 0, key.length);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** The plans of one key, the newest first. The array is replaced, never changed. */
    private static final class Entry {
        final Key key;
        volatile StatementPlan[] plans = {};

        Entry(Key key) {
            this.key = key;
        }

        synchronized void add(StatementPlan plan) {
            StatementPlan[] current = Arrays.stream(plans)
                    .filter(old -> old.catalogVersion() == plan.catalogVersion() && !old.guards().equals(plan.guards()))
                    .limit(MOST_VARIANTS - 1L).toArray(StatementPlan[]::new);
            StatementPlan[] more = new StatementPlan[current.length + 1];
            more[0] = plan;
            System.arraycopy(current, 0, more, 1, current.length);
            plans = more;
        }
    }

    private final Cache<Key, Entry> shared;
    private final ConcurrentHashMap<Key, CompletableFuture<StatementPlan>> building = new ConcurrentHashMap<>();
    private final Executor executor;
    private final Planner planner = new Planner(new SqlParser());
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder guardMisses = new LongAdder();
    private final LongAdder evictions = new LongAdder();

    /**
     * @param maximumEntries
     *            of typical size; longer statements count for more
     * @param executor
     *            where plans are built, not an event loop
     */
    public PlanCache(int maximumEntries, Executor executor) {
        this.executor = executor;
        shared = Caffeine.newBuilder().maximumWeight((long) maximumEntries * TYPICAL_WEIGHT)
                .weigher((Key key, Entry entry) -> key.length + ENTRY_WEIGHT).executor(Runnable::run)
                .evictionListener((key, entry, cause) -> evictions.increment()).build();
    }

    /** The front table of one event loop; owned by that loop. */
    public Local local() {
        return new Local();
    }

    public LongAdder hits() {
        return hits;
    }

    public LongAdder misses() {
        return misses;
    }

    /** Misses for which the fingerprint was there with other literals. */
    public LongAdder guardMisses() {
        return guardMisses;
    }

    public LongAdder evictions() {
        return evictions;
    }

    /** What one event loop asks. Not thread-safe. */
    public final class Local {

        private final Entry[] slots = new Entry[LOCAL_SLOTS];
        private final Key probe = new Key();

        private Local() {}

        /**
         * The plan of a statement whose literals stand in {@code sql}, or null when it has to be loaded. Guards and the
         * catalog's version are checked.
         */
        public StatementPlan find(Fingerprint fingerprint, PlanKey key, byte[] sql, Catalog catalog) {
            probe.probe(fingerprint, key);
            int slot = (probe.hash ^ probe.hash >>> 16) & LOCAL_SLOTS - 1;
            Entry entry = slots[slot];
            if (entry == null || !entry.key.equals(probe)) {
                entry = shared.getIfPresent(probe);
                if (entry != null && entry.key.length <= LONGEST_LOCAL) {
                    slots[slot] = entry;
                }
            }
            if (entry == null) {
                misses.increment();
                return null;
            }
            boolean current = false;
            for (StatementPlan plan : entry.plans) {
                if (plan.catalogVersion() == catalog.version()) {
                    current = true;
                    if (holds(plan.guards(), fingerprint, sql)) {
                        hits.increment();
                        return plan;
                    }
                }
            }
            (current ? guardMisses : misses).increment();
            return null;
        }
    }

    private static boolean holds(List<Guard> guards, Fingerprint fingerprint, byte[] sql) {
        for (int i = 0; i < guards.size(); i++) {
            Guard guard = guards.get(i);
            if (!guard.holds(sql, fingerprint.literalStart(guard.slot()), fingerprint.literalEnd(guard.slot()))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Builds the plan on the planner's executor, once however many ask for it. Never fails: a statement that can't be
     * planned has a plan that refuses.
     *
     * @param sql
     *            holds the statement's bytes in {@code [start, end)} and is read before this returns
     */
    public CompletionStage<StatementPlan> load(Fingerprint fingerprint, PlanKey key, byte[] sql, int start, int end,
            Catalog catalog) {
        Key stored = new Key().probe(fingerprint, key).stored();
        String text = new String(sql, start, end - start, StandardCharsets.UTF_8);
        CompletableFuture<StatementPlan> mine = new CompletableFuture<>();
        CompletableFuture<StatementPlan> first = building.putIfAbsent(stored, mine);
        if (first == null) {
            run(() -> {
                StatementPlan plan = build(stored, text, catalog);
                building.remove(stored, mine);
                mine.complete(plan);
            }, mine, stored, catalog);
            return mine;
        }
        // Somebody builds this fingerprint already: their plan serves if it was made for the same literals.
        return first.thenCompose(plan -> {
            if (plan.catalogVersion() == catalog.version() && isKept(plan) && holds(plan, text, key)) {
                return CompletableFuture.completedFuture(plan);
            }
            CompletableFuture<StatementPlan> own = new CompletableFuture<>();
            run(() -> own.complete(build(stored, text, catalog)), own, stored, catalog);
            return own;
        });
    }

    /** Works something out on the planner's executor, about plans but not to be kept. */
    public <T> CompletionStage<T> compute(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, executor);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void run(Runnable work, CompletableFuture<StatementPlan> result, Key key, Catalog catalog) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            building.remove(key, result);
            result.complete(refused(ProxyError.SHUTTING_DOWN.with(), catalog));
        }
    }

    private static boolean holds(StatementPlan plan, String text, PlanKey key) {
        if (plan.guards().isEmpty()) {
            return true;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, key.standardConformingStrings());
        return lexed.statementCount() == 1 && holds(plan.guards(), lexed.fingerprint(0), bytes);
    }

    /** Whether a plan serves other texts: a position is one of its very text, which comments and white space move. */
    private static boolean isKept(StatementPlan plan) {
        return plan.refusal() == null || plan.refusal().position() == 0;
    }

    private StatementPlan build(Key key, String text, Catalog catalog) {
        StatementPlan plan;
        try {
            plan = planner.plan(text, key.settings, catalog);
        } catch (StackOverflowError deep) {
            return refused(ProxyError.TOO_COMPLEX.with("statement nests too deeply"), catalog);
        } catch (OutOfMemoryError full) {
            return refused(ProxyError.of(full), catalog);
        } catch (RuntimeException | Error e) {
            // Whoever waits for the plan must hear of it.
            return refused(ProxyError.INTERNAL.with("planning failed: " + e), catalog);
        }
        if (isKept(plan)) {
            shared.get(key, Entry::new).add(plan);
        }
        return plan;
    }

    private static StatementPlan refused(ProxyException why, Catalog catalog) {
        return new StatementPlan("", "Unknown", new Plan.Refuse(why), null, Routing.REFUSED,
                Access.write("not planned"), Set.of(), SequenceUse.NONE, null, List.of(), new int[0], new int[0],
                List.of(),
                catalog.version());
    }
}
