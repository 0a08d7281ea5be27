package dev.trunkline.load;

import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.node.ControlPool;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Asks a node how a transaction has ended whose connection was lost. */
final class TransactionEnd {

    private static final int ATTEMPTS = 50;
    private static final int PAUSE_MILLIS = 100;

    private final Function<NodeConfig, Login> logins;

    TransactionEnd(Function<NodeConfig, Login> logins) {
        this.logins = logins;
    }

    /** {@code committed} or {@code aborted}; anything else means that it can't be told. */
    String of(NodeConfig node, String transaction) throws SQLException, IOException, InterruptedException {
        try (Connection connection = ControlPool.dataSource(node, logins.apply(node)).getConnection();
                PreparedStatement statement = connection
                        .prepareStatement("SELECT coalesce(pg_catalog.pg_xact_status(?::xid8), 'too old')")) {
            statement.setString(1, transaction);
            String status = "in progress";
            // The server may not have noticed yet that its client is gone.
            for (int attempt = 0; attempt < ATTEMPTS && status.equals("in progress"); attempt++) {
                if (attempt > 0) {
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                }
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    status = row.getString(1);
                }
            }
            return status;
        }
    }
}
