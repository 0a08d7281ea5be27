package dev.trunkline.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.TransactionStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The player and the fake node, with no proxy between: what a conversation says happens, and what it doesn't is noticed. */
@Timeout(300)
class ConversationTest {

    @TestFactory
    Stream<DynamicTest> direct() throws Exception {
        return Conversations.in("direct").map(c -> DynamicTest.dynamicTest(c.toString(),
                () -> ConversationPlayer.play(c, ProxyUnderTest::none)));
    }

    @Test
    void anotherMessageIsNoticed() {
        assertFails("C> Query \"select 1\"\nN1< Query \"select 2\"", "x:3: N1 expected");
        assertFails("C> Query \"select 1\"\nN1< Query *\nN1> DataRow \"1\"\nC< DataRow \"2\"", "x:5: C expected");
        assertFails("C> Query \"select 1\"\nN1< Query *\nN1> DataRow \"1\"\nC< DataRow \"1\" null", "x:5: C expected");
        assertFails("C> Query \"select 1\"\nN1< Query *\nN1> RowDescription a:int4\nC< RowDescription a:int8",
                "x:5: C expected");
        assertFails("C> Query \"x\"\nN1< Query *\nN1> ErrorResponse C=\"42601\"\nC< ErrorResponse C=\"42601\" H=\"h\"",
                "x:5: C expected");
    }

    @Test
    void whatIsSaidAndNotExpectedIsNoticed() {
        assertFails("C> Query \"select 1\"\nC> Query \"select 2\"\nN1< Query *", "N1 got more: Query \"select 2\"");
        assertFails("C> Query \"select 1\"\nN1< Query *\nN1> ReadyForQuery I\nN1> ReadyForQuery I\nC< ReadyForQuery I",
                "C1 got more: ReadyForQuery I");
        assertFails("C> Query \"select 1\"\nN1< nothing 5000", "expected nothing and got Query");
    }

    @Test
    void aLostConnectionIsNoticed() {
        assertFails("C> Query \"select 1\"\nN1< Query *\nN1> close\nC< ReadyForQuery I", "the connection was closed");
        assertFails("C> raw x'7E000004'\nC> raw x'00'\nN1< Query *", "got what is no message");
    }

    @Test
    void unknownDirectivesAreErrors() {
        for (String line : List.of("C> Qeury \"select 1\"", "C< Query \"a server never sends it\"", "N1> Query \"x\"",
                "C< Foo", "N2> ReadyForQuery I", "C dance", "N1 connect", "hello", "pause soon", "options x",
                "C> Query", "C> Query \"open", "C> Parse \"\" \"\" tyes=[int4]", "C> Bind \"\" \"\" [ \"a\"",
                "C> raw x'5'", "N1> RowDescription a:int4/bin", "N1> RowDescription a:int44", "C> Query \"\\q\"",
                "C> Describe cursor \"\"")) {
            assertThrows(IllegalArgumentException.class, () -> read(line), line);
        }
    }

    /** Each message can be written as a conversation writes it, and read back. */
    @Test
    void messagesAsText() {
        for (String text : List.of("Query \"a \\\"b\\\" \\\\ \\n\\t\\r ž 🐎\"", "Parse \"\" \"\" types=[]",
                "Bind \"p\" \"s\" [\"1\" null x'00ff'] formats=[0 1 1] results=[]", "Execute \"p\" rows=0",
                "Close portal \"\"", "CopyData x'ff00'", "CancelRequest -5 x'0102030405'",
                "FunctionCall 952 [null] formats=[] result=0", "PasswordMessage \"\"")) {
            assertEquals(text, MessageShapes.of(ShapedMessages.frontend(ShapeReader.read(text))).toString());
        }
        for (String text : List.of("DataRow \"1\" null \"\" x'00'", "CopyInResponse 1 [1 0]", "CommandComplete \"x y\"",
                "NegotiateProtocolVersion 3.2 [\"_pq_.a\"]", "AuthenticationSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256",
                "ParameterDescription int4 99999", "ErrorResponse C=\"42601\" M=\"m\" S=\"ERROR\" V=\"ERROR\"",
                "RowDescription a:int4/text/size=4/mod=-1/table=0/column=0 b:99/binary/size=-1/mod=5/table=1/column=2")) {
            assertEquals(text, MessageShapes.of(ShapedMessages.backend(ShapeReader.read(text))).toString());
        }
    }

    @Test
    void aScriptInJava() throws Exception {
        try (FakePostgres node = FakePostgres.start(1);
                PgClient client = PgClient.login("127.0.0.1", node.address().getPort(), "app", "shop", null)) {
            assertEquals("UTF8", client.settings().get("server_encoding"));
            client.send(new Query("select null"));
            var arrival = node.take("", Duration.ofSeconds(60));
            assertEquals(new FakeConnection.Arrival.Message(new Query("select null")), arrival);
            node.connection("").send(FakePostgres.encode(List.of(new DataRow(Arrays.asList((Bytes) null)),
                    new BackendMessage.ReadyForQuery(TransactionStatus.IDLE))));
            assertEquals(2, client.receiveUntilReady().size());
            assertEquals(1, node.connectionCount());
        }
    }

    /** A control plane's connections go to a real server while the others are played. */
    @Test
    void connectionsAreRelayed() throws Exception {
        try (FakePostgres real = FakePostgres.start(2); FakePostgres node = FakePostgres.start(1)) {
            node.relay(s -> "control".equals(s.parameters().get("application_name")), real.address());
            try (PgClient client = PgClient.connect("127.0.0.1", node.address().getPort())) {
                client.send(new FrontendMessage.SSLRequest());
                assertEquals('N', client.receiveByte());
                client.login(Map.of("user", "app", "application_name", "control"), null);
                assertEquals(2001, client.key().processId());
                client.send(new Query("select 1"));
                assertTrue(real.take("", Duration.ofSeconds(60)) instanceof FakeConnection.Arrival.Message);
                assertEquals(0, node.connectionCount());
            }
            assertTrue(real.take("", Duration.ofSeconds(60)) instanceof FakeConnection.Arrival.Message);
            assertTrue(real.take("", Duration.ofSeconds(60)) instanceof FakeConnection.Arrival.End);
        }
    }

    private static void assertFails(String lines, String message) {
        var e = assertThrows(AssertionError.class, () -> ConversationPlayer.play(read(lines), ProxyUnderTest::none));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    private static Conversation read(String lines) {
        return ConversationReader.read(Path.of("x"), Stream.concat(Stream.of("=== x"), lines.lines()).toList())
                .getFirst();
    }
}
