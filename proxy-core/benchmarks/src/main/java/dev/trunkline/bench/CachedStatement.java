package dev.trunkline.bench;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BindLayout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a statement's bytes to its destination when its plan is cached, as one event loop does it. The conditions beside the
 * key make the statement longer (100 bytes, 1 kB, 10 kB); what is allocated must not follow.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CachedStatement {

    private static final String LIMITED = "SELECT name FROM customers WHERE id = 4711 ORDER BY 1 LIMIT 10";

    /** How many conditions stand beside the key. */
    @Param({"0", "20", "200"})
    public int conditions;

    private final Catalog catalog = Workload.catalog();
    private final DestinationTable destinations = Workload.destinations();
    private final PlanCache cache = new PlanCache(1000, Runnable::run);
    private final PlanCache.Local plans = cache.local();
    private final LexedText lexed = new LexedText();
    private final BoundValues values = new BoundValues();
    private final BindLayout layout = new BindLayout();
    private final byte[] scratch = new byte[256];
    private final int[] types = {PgOid.INT8};
    private byte[] simple;
    private byte[] limited;
    private StatementPlan prepared;
    private ByteBuf bind;

    @Setup
    public void prepare() {
        simple = Workload.bytes(Workload.pointSelect("4711", conditions));
        limited = Workload.bytes(LIMITED);
        byte[] text = Workload.bytes(Workload.pointSelect("$1", conditions));
        load(simple);
        load(limited);
        prepared = load(text);
        bind = Unpooled.buffer();
        bind.writeByte(0).writeCharSequence("S_1", StandardCharsets.US_ASCII);
        bind.writeByte(0).writeShort(1).writeShort(1).writeShort(1).writeInt(8).writeLong(4711).writeShort(0);
    }

    private StatementPlan load(byte[] sql) {
        lexed.lex(sql, 0, sql.length, true);
        return cache.load(lexed.fingerprint(0), PlanKey.DEFAULT, sql, 0, sql.length, catalog).toCompletableFuture()
                .join();
    }

    /** A Query message: the text is lexed, looked up by its fingerprint, and its literal hashed. */
    @Benchmark
    public Destination simple() {
        return route(simple);
    }

    /** A Query message whose plan holds for its LIMIT and its ORDER BY 1 only. */
    @Benchmark
    public Destination guarded() {
        return route(limited);
    }

    private Destination route(byte[] sql) {
        lexed.lex(sql, 0, sql.length, true);
        Fingerprint fingerprint = lexed.fingerprint(0);
        StatementPlan plan = plans.find(fingerprint, PlanKey.DEFAULT, sql, catalog);
        return plan.bind(values.statement(sql, fingerprint, true), destinations);
    }

    /** A Bind message of a statement that the session has prepared. */
    @Benchmark
    public Destination extended() {
        int size = bind.readableBytes();
        layout.read(bind);
        bind.getBytes(0, scratch, 0, size);
        values.statement(null, null, true);
        values.parameters(scratch, layout.starts(), layout.lengths(), layout.formats(), layout.count(), types,
                layout.count());
        return prepared.bind(values, destinations);
    }
}
