package dev.trunkline.node;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The control plane's few connections to one node, as the proxy's own account. Names come out qualified:
 * {@code search_path} is {@code pg_catalog}. Used by any thread but an event loop.
 */
public final class ControlPool implements AutoCloseable {

    private static final int CONNECTIONS = 2;
    private static final int CONNECT_SECONDS = 5;
    private static final int SOCKET_SECONDS = 60;
    private static final long WAIT_MILLIS = 2000;
    private static final String SETTINGS = "SET search_path TO pg_catalog; SET statement_timeout TO '30s'; SET lock_timeout TO '5s'";

    private final PGSimpleDataSource source;
    private final HikariDataSource pool;

    public ControlPool(String database, NodeConfig node, Login login) {
        this.source = dataSource(node, login);
        HikariConfig config = new HikariConfig();
        config.setPoolName("control-" + database + "-" + node.name());
        config.setDataSource(source);
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(WAIT_MILLIS);
        config.setInitializationFailTimeout(-1);
        config.setConnectionInitSql(SETTINGS);
        this.pool = new HikariDataSource(config);
    }

    /** Single connections to the node that belong to no pool. */
    public static PGSimpleDataSource dataSource(NodeConfig node, Login login) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[]{node.primary().host()});
        source.setPortNumbers(new int[]{node.primary().port()});
        source.setDatabaseName(node.database());
        source.setUser(login.user());
        if (login.password() != null) {
            source.setPassword(login.password().value());
        }
        source.setApplicationName("trunkline control");
        source.setConnectTimeout(CONNECT_SECONDS);
        source.setLoginTimeout(CONNECT_SECONDS);
        source.setSocketTimeout(SOCKET_SECONDS);
        source.setTcpKeepAlive(true);
        source.setSslMode(node.tls().mode().toString());
        if (node.tls().ca() != null) {
            source.setSslRootCert(node.tls().ca());
        }
        source.setGssEncMode("disable");
        return source;
    }

    public Connection connection() throws SQLException {
        return pool.getConnection();
    }

    /**
     * A new connection that doesn't belong to the pool. It fails as soon as the node can't be reached, and with the true
     * reason; the pool would try again until its time is up.
     */
    Connection freshConnection() throws SQLException {
        Connection connection = source.getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute(SETTINGS);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
