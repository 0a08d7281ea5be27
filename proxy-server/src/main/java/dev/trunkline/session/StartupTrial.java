package dev.trunkline.session;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ProxyOwner;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyException;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.Waiter;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The question to a node whether it takes the settings of a startup message, so that the log-in is refused as PostgreSQL refuses it.
 * They are said on a pooled connection, until the end of one transaction; nothing of them stays.
 *
 * <p>What a node has taken is remembered by the loop, so that most log-ins ask nobody. Where no node can be asked soon (down,
 * paused, all connections in use) the client is let in, and a wrong setting fails its statements. Confined to the client's loop.
 */
public final class StartupTrial implements Waiter, ProxyOwner {

    private static final long PATIENCE_MILLIS = 2000;
    /** Where all connections are in use: they may be for long, and the log-in doesn't hang on the answer. */
    private static final long EXHAUSTED_MILLIS = 100;
    /** SQLSTATE classes of what is wrong with a setting; anything else is the node's affair. */
    private static final Set<String> REFUSALS = Set.of("0A", "22", "28", "42", "55");
    /** Whoever had the connection before may have left its role. */
    private static final String AS_LOGIN = "SET LOCAL SESSION AUTHORIZATION DEFAULT;SET LOCAL ROLE NONE";

    private final TriedSettings tried;
    private final Pool pool;
    private final List<TriedSettings.Tried> entries;
    private final Consumer<ErrorFields> decided;
    private Future<?> timeout;
    private BackendConnection connection;
    private ErrorFields refused;
    /** Whether the node has said anything but yes: then it has not taken the settings, though it may not have looked at them. */
    private boolean failed;
    private boolean over;

    private StartupTrial(TriedSettings tried, Pool pool, List<TriedSettings.Tried> entries,
            Consumer<ErrorFields> decided) {
        this.tried = tried;
        this.pool = pool;
        this.entries = entries;
        this.decided = decided;
    }

    /**
     * Asks a node, if there is something to ask.
     *
     * @param settings those of the startup message
     * @param decided is told the node's error, or null; not called when there is nothing to ask
     * @return false when there is nothing to ask
     */
    public static boolean start(Worker worker, ServedDatabase database, List<NodeCredential> logins, String user,
            PoolConfig.Override rules, Map<String, String> settings, Consumer<ErrorFields> decided) {
        if (settings.isEmpty() || database.gate().isPaused()) {
            return false;
        }
        List<TriedSettings.Tried> unknown = null;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            var entry = new TriedSettings.Tried(database,
                    logins.get(database.catalog().homeNode()).user(), setting.getKey(), setting.getValue());
            if (entry.isInDoubt() && !worker.tried().contains(entry)) {
                unknown = unknown == null ? new ArrayList<>() : unknown;
                unknown.add(entry);
            }
        }
        Pool pool = unknown == null ? null : pool(worker, database, logins, user, rules);
        if (pool == null) {
            return false;
        }
        new StartupTrial(worker.tried(), pool, unknown, decided).ask(worker);
        return true;
    }

    /** The home node's, otherwise that of any that answers; null if there is none. */
    private static Pool pool(Worker worker, ServedDatabase database, List<NodeCredential> logins, String user,
            PoolConfig.Override rules) {
        int home = database.catalog().homeNode();
        int nodes = database.nodes().size();
        for (int i = 0; i < nodes; i++) {
            int node = (home + i) % nodes;
            Pool pool = worker.pool(database, database.poolKey(node, logins.get(node), user, rules));
            if (!pool.isSuspect() && database.unverified(node) == null) {
                return pool;
            }
        }
        return null;
    }

    private void ask(Worker worker) {
        timeout = worker.loop().schedule(this::giveUp, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        BackendConnection free = pool.tryAcquire(false);
        if (free != null) {
            granted(free);
            return;
        }
        long now = System.nanoTime();
        pool.await(this, false, now);
        if (!over && connection == null && pool.status(now).limitedBy() != null) {
            worker.loop().schedule(this::giveUpWaiting, EXHAUSTED_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void giveUpWaiting() {
        if (connection == null) {
            giveUp();
        }
    }

    private void giveUp() {
        if (over) {
            return;
        }
        if (connection == null) {
            pool.withdraw(this);
        } else {
            // A round trip and little else: whoever needs longer is as good as gone.
            connection.close();
        }
        decide(null);
    }

    private void decide(ErrorFields error) {
        if (!over) {
            over = true;
            timeout.cancel(false);
            decided.accept(error);
        }
    }

    // ---- the pool

    @Override
    public void granted(BackendConnection granted) {
        if (over) {
            pool.releaseUnlent(granted);
            return;
        }
        connection = granted;
        granted.lend(this);
        StringBuilder sql = new StringBuilder(AS_LOGIN);
        entries.forEach(e -> sql.append(';').append(Settings.configuration(e.name(), e.value(), true)));
        granted.query(sql.toString(), ReplySink.DROP);
        granted.flush();
    }

    @Override
    public void refused(ProxyException why) {
        // The client's statements will tell.
        decide(null);
    }

    @Override
    public void waitsLong(ProxyException why) {
        // Not for long.
    }

    // ---- the node

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        failed = true;
        String state = fields.sqlState();
        if (state != null && REFUSALS.contains(state.substring(0, Math.min(2, state.length())))) {
            refused = fields;
        }
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
        pool.release(backend);
        if (!failed) {
            entries.forEach(tried::add);
        }
        decide(refused);
    }

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        pool.release(backend);
        decide(null);
    }
}
