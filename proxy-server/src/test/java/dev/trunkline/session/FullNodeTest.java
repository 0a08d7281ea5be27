package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.pool.Pool;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage.Query;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node that takes fewer connections than the pool may open. */
@Timeout(120)
class FullNodeTest {

    private static final String ROLE = "few_connections";

    private static String told(PgClient client) throws IOException {
        return Talk.told(client.receiveUntilReady());
    }

    /** Every attempt that the node refused had been logged, dozens a second for as long as somebody waited. */
    @Test
    void whoWaitsGetsTheConnectionsThatThereAreAndTheLogSaysItOnce() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        TestNodes.execute(nodes.getFirst(), "postgres", "DROP ROLE IF EXISTS " + ROLE + "; CREATE ROLE " + ROLE
                + " LOGIN CONNECTION LIMIT 2");
        try (SessionFixture shop = SessionFixture.start(nodes,
                "users:\n  postgres: { admin: full }\n  " + ROLE + ": { }\n", "pool: { size: 8, waitTimeout: 100s }");
                LoggedWarnings warnings = LoggedWarnings.of(Pool.class)) {
            List<PgClient> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(PgClient.connect("127.0.0.1", shop.proxy.port())
                        .login(Map.of("user", ROLE, "database", shop.database), null));
            }
            for (int round = 0; round < 3; round++) {
                for (PgClient client : clients) {
                    client.send(new Query("SELECT pg_sleep(0.1)"));
                }
                for (PgClient client : clients) {
                    String told = told(client);
                    assertTrue(told.endsWith("[SELECT 1] Z:I"), told);
                }
            }
            assertEquals(2, shop.backends(0, "usename = '" + ROLE + "'"));
            assertTrue(warnings.count() <= 3, warnings::toString);
            for (PgClient client : clients) {
                client.close();
            }
        } finally {
            TestNodes.execute(nodes.getFirst(), "postgres", "DROP ROLE " + ROLE);
        }
    }
}
