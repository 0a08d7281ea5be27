package dev.trunkline.testing;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The conversations that the proxy is measured by are true of PostgreSQL itself. */
@Timeout(300)
class ServerConversationTest {

    private static RunningNode server;
    private static String database;
    private static Connection filler;

    @BeforeAll
    static void createDatabase() throws Exception {
        server = TestNodes.node(0);
        database = TestNodes.createDatabase("conversations", List.of(server));
        TestNodes.execute(server, database, KeyValueTable.CREATE);
        filler = server.connect(database);
    }

    @AfterAll
    static void dropDatabase() throws Exception {
        filler.close();
        TestNodes.dropDatabase(database, List.of(server));
    }

    @TestFactory
    Stream<DynamicTest> conversations() throws Exception {
        return Conversations.in("server").map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
            try (Statement statement = filler.createStatement()) {
                statement.execute(KeyValueTable.FILL);
            }
            ConversationPlayer.play(c, new Server(server.port(), database), List.of());
        }));
    }

    private record Server(int port, String database) implements ProxyUnderTest {

        @Override
        public String host() {
            return "127.0.0.1";
        }

        @Override
        public Login login() {
            return new Login("postgres", database, null);
        }

        @Override
        public void close() {}
    }
}
