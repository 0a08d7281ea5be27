package dev.trunkline.session;

import dev.trunkline.backend.BackendConnector;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.PoolLimits;
import dev.trunkline.route.BoundValues;
import dev.trunkline.sql.LexedText;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An event loop with all that its sessions share: the lexer, the bound values, the front table of the plan cache and the
 * pools. Sessions, their clients and their backends never leave it, so none of this needs a lock.
 */
public final class Worker {

    private record PoolKey(ServedDatabase database, int node, NodeCredential login, PoolConfig.Override user) {}

    private final EventLoop loop;
    private final BackendConnector connector;
    private final LexedText lexed = new LexedText();
    private final BoundValues values = new BoundValues();
    private final Map<ServedDatabase, PlanCache.Local> plans = new HashMap<>();
    private final Map<PoolKey, Pool> pools = new HashMap<>();
    private final Set<Session> sessions = new HashSet<>();
    private byte[] scratch = new byte[4096];

    public Worker(EventLoop loop, BackendConnector connector) {
        this.loop = loop;
        this.connector = connector;
    }

    public EventLoop loop() {
        return loop;
    }

    BackendConnector connector() {
        return connector;
    }

    LexedText lexed() {
        return lexed;
    }

    BoundValues values() {
        return values;
    }

    /** Room for the bytes of one message; valid until the next use. */
    byte[] scratch(int size) {
        if (scratch.length < size) {
            scratch = new byte[Math.max(size, scratch.length * 2)];
        }
        return scratch;
    }

    /** Gives a buffer back that one huge message has blown up. */
    private void shrink() {
        if (scratch.length > 1 << 20) {
            scratch = new byte[4096];
        }
    }

    PlanCache.Local plans(ServedDatabase database) {
        PlanCache.Local local = plans.get(database);
        if (local == null) {
            local = database.plans().local();
            plans.put(database, local);
        }
        return local;
    }

    Pool pool(ServedDatabase database, int node, NodeCredential login, PoolConfig.Override user) {
        return pools.computeIfAbsent(new PoolKey(database, node, login, user),
                k -> new Pool(loop, database.name(), database.nodes().get(node), login,
                        PoolLimits.of(database.pool().with(user)), database.quota(node, login, user), database.gate(),
                        database.countTraffic(node), connector));
    }

    public Collection<Pool> pools() {
        return pools.values();
    }

    /** The bounds of a database's pools have changed. */
    public void limitsChanged(ServedDatabase database) {
        pools.forEach((key, pool) -> {
            if (key.database == database) {
                pool.limits(PoolLimits.of(database.pool().with(key.user)));
            }
        });
    }

    /** The pools of one database. */
    public List<Pool> pools(ServedDatabase database) {
        List<Pool> own = new ArrayList<>();
        pools.forEach((key, pool) -> {
            if (key.database == database) {
                own.add(pool);
            }
        });
        return own;
    }

    void add(Session session) {
        sessions.add(session);
    }

    void remove(Session session) {
        sessions.remove(session);
    }

    public Collection<Session> sessions() {
        return sessions;
    }

    /** The coarse clock: about ten times a second. */
    public void tick() {
        long now = System.nanoTime();
        for (Pool pool : pools.values()) {
            pool.tick(now);
        }
        for (Session session : sessions.toArray(Session[]::new)) {
            session.tick(now);
        }
        shrink();
    }

    public void close() {
        for (Pool pool : pools.values()) {
            pool.close();
        }
    }
}
