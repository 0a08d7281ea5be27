package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Several event loops share the connections to a node: a loop that has none gets one although others hold them idle. */
class SeveralLoopsTest {

    private static final int CLIENTS = 12;
    private static final int TRANSACTIONS = 40;

    @Test
    void everyLoopGetsItsTurnAtFewConnections() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        String name = TestNodes.createDatabase("loops", nodes);
        String yaml = "listen: { host: 127.0.0.1, port: 0 }\nmonitoring: { host: 127.0.0.1, port: 0 }\n"
                + "limits: { eventLoops: 3 }\ndatabases:\n  shop:\n    control: { user: postgres }\n"
                + "    pool: { size: 2 }\n    nodes:\n      a: { primary: \"127.0.0.1:" + nodes.getFirst().port()
                + "\", database: " + name + ", user: postgres }\nusers:\n  u: { }\n";
        try (RunningProxy proxy = RunningProxy.start(yaml); ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(() -> work(proxy.port())));
            }
            for (Future<Integer> client : clients) {
                assertEquals(TRANSACTIONS, client.get(60, TimeUnit.SECONDS));
            }
        } finally {
            TestNodes.dropDatabase(name, nodes);
        }
    }

    private static int work(int port) throws Exception {
        int done = 0;
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/shop", "u",
                "")) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int + 1")) {
                for (int i = 0; i < TRANSACTIONS; i++) {
                    statement.setInt(1, i);
                    try (ResultSet result = statement.executeQuery()) {
                        result.next();
                        done += result.getInt(1) == i + 1 ? 1 : 0;
                    }
                    connection.commit();
                }
            }
        }
        return done;
    }
}
