package dev.trunkline.session;

import dev.trunkline.backend.BackendConnector;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.PoolKey;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An event loop with all that its sessions share: the lexer, the bound values, the front table of the plan cache and the
 * pools. Sessions, their clients and their backends never leave it, so none of this needs a lock.
 */
public final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private record PoolPlace(ServedDatabase database, PoolKey key) {}

    private final EventLoop loop;
    private final int ordinal;
    private final int count;
    private final BackendConnector connector;
    private final LexedText lexed = new LexedText();
    private final BoundValues values = new BoundValues();
    private final Map<ServedDatabase, PlanCache.Local> plans = new HashMap<>();
    private final Map<PoolPlace, Pool> pools = new HashMap<>();
    private final Set<Session> sessions = new HashSet<>();
    private final SharedSettings settings = new SharedSettings();
    private final TriedSettings tried = new TriedSettings();
    private byte[] scratch = new byte[4096];

    /**
     * @param ordinal its number among the workers, from 0
     * @param count how many workers there are
     */
    public Worker(EventLoop loop, int ordinal, int count, BackendConnector connector) {
        this.loop = loop;
        this.ordinal = ordinal;
        this.count = count;
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

    /** The settings that stand for all that say the same, so that sessions and connections can be compared by identity. */
    Settings shared(Settings settings) {
        return this.settings.of(settings);
    }

    TriedSettings tried() {
        return tried;
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

    /** The pool of a key, which is made when it is asked for first. */
    Pool pool(ServedDatabase database, PoolKey key) {
        return pools.computeIfAbsent(new PoolPlace(database, key),
                k -> new Pool(loop, database.name(), key, database.nodes().get(key.node()), limits(database, key),
                        database.budgets(key), database.gate(), nanos -> database.cameUpAfter(key.node(), nanos),
                        database.countTraffic(key.node()), database.poolEvents(key.node()), connector));
    }

    private PoolLimits limits(ServedDatabase database, PoolKey key) {
        return PoolLimits.of(database.pool().with(key.user()), ordinal, count);
    }

    /**
     * The pools that are kept although no client has come for them yet; where their limits say so, connections are opened.
     *
     * @param possible the keys that clients may ask for; pools of any other one keep no idle connections
     */
    public void keep(ServedDatabase database, Collection<PoolKey> kept, Collection<PoolKey> possible) {
        kept.forEach(key -> pool(database, key));
        pools.forEach((place, pool) -> {
            if (place.database == database) {
                if (possible.contains(place.key)) {
                    pool.limits(limits(database, place.key));
                } else {
                    // Nobody can log in so any more.
                    pool.limits(pool.limits().keepingNone());
                }
            }
        });
    }

    public Collection<Pool> pools() {
        return pools.values();
    }

    /** The pools of one database. */
    public List<Pool> pools(ServedDatabase database) {
        List<Pool> own = new ArrayList<>();
        pools.forEach((place, pool) -> {
            if (place.database == database) {
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
            try {
                pool.tick(now);
            } catch (RuntimeException | Error e) {
                // An error that got out would be the last tick of the loop.
                LOG.error("the pool of node {} could not look at its clock", pool.endpoint(), e);
            }
        }
        for (Session session : sessions.toArray(Session[]::new)) {
            try {
                session.tick(now);
            } catch (RuntimeException | Error e) {
                session.broken(e);
            }
        }
        shrink();
    }

    public void close() {
        for (Pool pool : pools.values()) {
            pool.close();
        }
    }
}
