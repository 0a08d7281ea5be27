package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ProxyOwner;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * What a pool itself says on a connection before anyone else gets it: a question whether it still answers, or DISCARD ALL
 * to clear it of what a session has left. A connection that does not answer in time is closed.
 */
final class Errand implements ProxyOwner {

    /** A round trip and nothing else: whoever needs longer is as good as gone. */
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A rollback and the drop of temp tables may take their time. */
    private static final long RESET_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Pool pool;
    private final BackendConnection connection;
    private final boolean check;
    private final String[] statements;
    private final long deadlineNanos;
    private int owed;
    private boolean failed;

    private Errand(Pool pool, BackendConnection connection, boolean check, long patience, String... statements) {
        this.pool = pool;
        this.connection = connection;
        this.check = check;
        this.statements = statements;
        this.deadlineNanos = System.nanoTime() + patience;
    }

    /** Asks whether the connection still works: Sync, and ReadyForQuery in return. */
    static Errand check(Pool pool, BackendConnection connection) {
        return new Errand(pool, connection, true, CHECK_NANOS);
    }

    /**
     * Clears the connection.
     *
     * @param first what has to be said before, such as ROLLBACK
     */
    static Errand reset(Pool pool, BackendConnection connection, String... first) {
        String[] statements = Arrays.copyOf(first, first.length + 1);
        statements[first.length] = "DISCARD ALL";
        return new Errand(pool, connection, false, RESET_NANOS, statements);
    }

    boolean isCheck() {
        return check;
    }

    BackendConnection connection() {
        return connection;
    }

    void start() {
        connection.lend(this);
        if (check) {
            owed = 1;
            FrontendEncoder.sync(connection.stage());
            connection.expectSync(ReplySink.DROP);
        } else {
            owed = statements.length;
            for (String statement : statements) {
                connection.query(statement, ReplySink.DROP);
            }
        }
        connection.flush();
    }

    /** Gives up when it has taken too long. */
    void tick(long now) {
        if (now - deadlineNanos > 0) {
            connection.close();
        }
    }

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        failed = true;
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
        owed--;
        if (failed || owed == 0 && status != 'I') {
            backend.close();
        } else if (owed == 0) {
            pool.errandEnded(this);
        }
    }

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        pool.errandEnded(this);
    }
}
