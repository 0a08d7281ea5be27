package dev.trunkline.load;

import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.node.ControlPool;
import dev.trunkline.node.LoginReport;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.postgresql.copy.CopyIn;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PgConnection;

/**
 * The copy into one node: one connection, one transaction, one thread that sends. The reader fills batches and waits for an
 * empty one when the node is slow, so a copy holds {@value #BATCHES} of them whatever the size of the file.
 *
 * <p>
 * Batches pass between the reader's thread and this one's through two queues; every other field is the reader's until
 * {@link #finish} and again after {@link #await}.
 */
final class NodeCopy {

    private static final int BATCHES = 6;
    /** An error may name a row that was sent this many batches ago: what sockets and the server hold is far less. */
    private static final int REMEMBERED_BATCHES = 256;
    private static final int POLL_MILLIS = 50;
    private static final RowBatch END = new RowBatch();

    private final NodeConfig node;
    private final FirstFailure failure;
    private final BlockingQueue<RowBatch> empty = new ArrayBlockingQueue<>(BATCHES);
    private final BlockingQueue<RowBatch> full = new ArrayBlockingQueue<>(BATCHES + 1);
    private final Deque<RowBatch.Lines> sent = new ArrayDeque<>();
    private final Connection connection;
    private Thread sender;
    private RowBatch filling;
    private long nodeLines;
    private long rows;
    private volatile long accepted;
    private volatile String transaction;

    /**
     * Connects. The settings that decide how dates and times are read are the node's own for this login, as psql would have
     * them, not the driver's.
     */
    NodeCopy(NodeConfig node, Login login, FirstFailure failure) throws SQLException, IOException {
        this.node = node;
        this.failure = failure;
        Map<String, String> reported = LoginReport.read(node, login);
        this.connection = connect(node, login);
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET TimeZone TO '" + reported.get("TimeZone").replace("'", "''") + "'");
            // The driver insists on ISO, which is how dates are shown; how they are read is the part after it.
            statement.execute("SET DateStyle TO '" + reported.get("DateStyle").replaceFirst("^\\w+", "ISO") + "'");
            statement.execute("SET statement_timeout TO 0");
            connection.commit();
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        for (int i = 0; i < BATCHES; i++) {
            empty.add(new RowBatch());
        }
    }

    private static Connection connect(NodeConfig node, Login login) throws SQLException {
        PGSimpleDataSource source = ControlPool.dataSource(node, login);
        source.setApplicationName("trunkline load");
        // A server may take minutes to accept the last rows.
        source.setSocketTimeout(0);
        return source.getConnection();
    }

    /** Begins the COPY: from now on rows are sent in the background. */
    void start(String sql) {
        sender = Thread.ofPlatform().daemon().name("load-" + node.name()).start(() -> send(sql));
    }

    private void send(String sql) {
        try {
            CopyIn copy = connection.unwrap(PgConnection.class).getCopyAPI().copyIn(sql);
            RowBatch batch;
            while ((batch = full.take()) != END) {
                copy.writeToCopy(batch.bytes(), 0, batch.length());
                empty.put(batch);
            }
            accepted = copy.endCopy();
            try (Statement statement = connection.createStatement()) {
                // What could fail at the commit fails now, on every node before the first commit.
                statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
                try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_current_xact_id()::text")) {
                    row.next();
                    transaction = row.getString(1);
                }
            }
        } catch (SQLException e) {
            failure.set(node, e);
        } catch (RuntimeException e) {
            // Else the reader would wait for empty batches for ever.
            failure.set(node, new SQLException(e.toString(), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Hands a row on, waiting while the node has enough to do.
     *
     * @return false when the load has failed meanwhile
     */
    boolean add(byte[] bytes, int offset, int size, long linesOfRow, long fileLine) throws InterruptedException {
        if (filling != null && filling.isFullFor(size)) {
            pass();
        }
        if (filling == null) {
            filling = take();
            if (filling == null) {
                return false;
            }
            filling.begin(nodeLines, fileLine - 1);
        }
        nodeLines += linesOfRow;
        rows++;
        filling.add(bytes, offset, size, nodeLines, fileLine);
        return true;
    }

    private RowBatch take() throws InterruptedException {
        RowBatch batch;
        do {
            batch = empty.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } while (batch == null && !failure.isSet());
        return batch;
    }

    private void pass() {
        if (filling != null) {
            if (sent.size() == REMEMBERED_BATCHES) {
                sent.removeFirst();
            }
            sent.addLast(filling.lines());
            // There is room for every batch, and the end.
            full.add(filling);
            filling = null;
        }
    }

    /** All rows were added. */
    void finish() {
        pass();
        full.add(END);
    }

    /** Waits until the node has accepted everything, or the load has failed somewhere. */
    boolean await() throws InterruptedException {
        while (!sender.join(java.time.Duration.ofMillis(POLL_MILLIS))) {
            if (failure.isSet()) {
                return false;
            }
        }
        return !failure.isSet();
    }

    /** Ends the transaction: the rows are there. */
    void commit() throws SQLException {
        connection.commit();
    }

    /** Drops the connection, and with it all that was not committed. Doesn't wait for a node that hangs. */
    void abandon() {
        try {
            if (sender != null) {
                sender.interrupt();
            }
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // It is gone, which is what was wanted.
        }
    }

    void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // All was committed or is rolled back by this.
        }
    }

    NodeConfig node() {
        return node;
    }

    /** The rows that were handed on. */
    long rows() {
        return rows;
    }

    /** The rows that the node has taken. */
    long accepted() {
        return accepted;
    }

    /** The id of the node's transaction, by which its end can be asked for. */
    String transaction() {
        return transaction;
    }

    /** The line of the file that is this line for the node; -1 if it can't be told any more. */
    long lineInFile(long nodeLine) {
        pass();
        for (RowBatch.Lines lines : sent) {
            long line = lines.inFile(nodeLine);
            if (line >= 0) {
                return line;
            }
        }
        return -1;
    }
}
