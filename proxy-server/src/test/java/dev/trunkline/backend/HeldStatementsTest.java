package dev.trunkline.backend;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection thinks that its node has prepared, with room for two, whatever the node refuses. */
class HeldStatementsTest {

    private final Map<Integer, ServerStatement> statements = new HashMap<>();
    private EmbeddedChannel channel;
    private BackendConnection connection;

    private void open() {
        connection = new BackendConnection(new NodeEndpoint(0, "a", "127.0.0.1", 1, "d"), new HashMap<>(), 1,
                new byte[4], 2, 0);
        channel = new EmbeddedChannel(connection);
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void theLeastRecentlyUsedStatementIsClosedWhenThereAreTooMany() {
        open();
        connection.parse(statement(1), ReplySink.DROP, null);
        connection.parse(statement(2), ReplySink.DROP, null);
        assertTrue(connection.has(statement(1)));
        connection.parse(statement(3), ReplySink.DROP, null);
        assertFalse(connection.has(statement(2)));
        assertTrue(connection.has(statement(1)));
        assertEquals(List.of("P tl_1", "P tl_2", "P tl_3", "C tl_2"), sent());
        answer(BackendEncoder::parseComplete, BackendEncoder::parseComplete, BackendEncoder::parseComplete,
                BackendEncoder::closeComplete);
        assertFalse(connection.isBusy());
    }

    /** Among the messages of a BEGIN a Close would be one too many, if it has to be said again. */
    @Test
    void theUnnamedStatementMakesNoOtherOneGo() {
        open();
        for (int i = 1; i <= 3; i++) {
            connection.expectParse(statement(i), ReplySink.DROP, null);
        }
        begin();
        assertEquals(List.of("P ", "B", "E"), sent());
    }

    /** It counted as held: its next Bind was refused, and what came before that with it. */
    @Test
    void aDoubtfulStatementStaysDoubtfulWhenItsCloseIsSkipped() {
        open();
        connection.parse(statement(1), ReplySink.DROP, null);
        answer(BackendEncoder::parseComplete);
        doubtAll();
        assertFalse(connection.has(statement(1)));
        connection.expectBind(ReplySink.DROP, null);
        connection.parse(statement(1), ReplySink.DROP, null);
        connection.expectSync(ReplySink.DROP);
        assertEquals(List.of("P tl_1", "C tl_1", "P tl_1"), sent());
        answer(error("22012"), HeldStatementsTest::ready);
        assertFalse(connection.has(statement(1)));
        connection.parse(statement(1), ReplySink.DROP, null);
        assertEquals(List.of("C tl_1", "P tl_1"), sent());
        answer(BackendEncoder::closeComplete, BackendEncoder::parseComplete);
        assertTrue(connection.has(statement(1)));
        assertTrue(connection.isOpen());
    }

    /** One that was to go for want of room stays if its Close is skipped; if the error says that nothing is sure, it is as doubtful as the others. */
    @Test
    void aStatementThatWasToGoIsDoubtfulAfterAnErrorThatMakesAllDoubtful() {
        for (String state : List.of("42601", "42P05")) {
            open();
            connection.parse(statement(1), ReplySink.DROP, null);
            connection.parse(statement(2), ReplySink.DROP, null);
            connection.parse(statement(3), ReplySink.DROP, null);
            connection.expectSync(ReplySink.DROP);
            answer(BackendEncoder::parseComplete, BackendEncoder::parseComplete, error(state),
                    HeldStatementsTest::ready);
            assertEquals(state.equals("42601"), connection.has(statement(1)), state);
            sent();
            connection.parse(statement(3), ReplySink.DROP, null);
            assertEquals(state.equals("42601") ? List.of("P tl_3", "C tl_2") : List.of("C tl_3", "P tl_3"), sent());
            channel.finishAndReleaseAll();
        }
    }

    /** It was prepared again without being closed first, which the node refuses if it still has it. */
    @Test
    void aStatementStaysDoubtfulWhenTheBeginBeforeItsHealingFails() {
        open();
        connection.parse(statement(1), ReplySink.DROP, null);
        answer(BackendEncoder::parseComplete);
        connection.expectSync(ReplySink.DROP);
        answer(HeldStatementsTest::ready);
        sent();
        begin();
        connection.hasBegun();
        assertTrue(connection.usesKnown(statement(1), true));
        connection.expectBind(ReplySink.DROP, null);
        connection.expectExecute(ReplySink.DROP);
        connection.flush();
        sent();
        answer(BackendEncoder::parseComplete, BackendEncoder::bindComplete,
                out -> BackendEncoder.commandComplete(out, "BEGIN"), error("26000"));
        assertEquals(List.of("S", "Q", "P ", "B", "E", "C tl_1", "P tl_1"), sent());
        answer(HeldStatementsTest::ready, out -> BackendEncoder.commandComplete(out, "ROLLBACK"),
                HeldStatementsTest::ready, error("57014"));
        connection.expectSync(ReplySink.DROP);
        answer(HeldStatementsTest::ready);
        assertFalse(connection.has(statement(1)));
        connection.parse(statement(1), ReplySink.DROP, null);
        assertEquals(List.of("C tl_1", "P tl_1"), sent());
        assertTrue(connection.isOpen());
    }

    /** It counted as held, since it had been prepared again: but what was sent again behind that closes it. */
    @Test
    void aStatementThatIsHealedAndThenClosedIsGone() {
        open();
        connection.parse(statement(1), ReplySink.DROP, null);
        connection.expectSync(ReplySink.DROP);
        answer(BackendEncoder::parseComplete, HeldStatementsTest::ready);
        sent();
        assertTrue(connection.usesKnown(statement(1), true));
        connection.expectBind(ReplySink.DROP, null);
        connection.parse(statement(2), ReplySink.DROP, null);
        connection.parse(statement(3), ReplySink.DROP, null);
        connection.expectSync(ReplySink.DROP);
        connection.flush();
        assertFalse(connection.has(statement(1)));
        answer(error("26000"), HeldStatementsTest::ready, BackendEncoder::closeComplete,
                BackendEncoder::parseComplete, BackendEncoder::bindComplete, BackendEncoder::parseComplete,
                BackendEncoder::parseComplete, BackendEncoder::closeComplete, HeldStatementsTest::ready);
        assertFalse(connection.has(statement(1)));
        assertFalse(connection.isBusy());
        assertTrue(connection.isOpen());
    }

    private ServerStatement statement(int number) {
        return statements.computeIfAbsent(number,
                n -> new ServerStatement("tl_" + n, new byte[0], new int[0], 1, null));
    }

    private static void ready(ByteBuf out) {
        BackendEncoder.readyForQuery(out, TransactionStatus.IDLE);
    }

    private void begin() {
        FrontendEncoder.parse(connection.stage(), "", new byte[0], 0, 0, new int[0]);
        connection.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), ReplySink.DROP, null);
        connection.stage().writeByte('B').writeInt(4);
        connection.expectBind(ReplySink.DROP, null);
        FrontendEncoder.execute(connection.stage(), "", 0);
        connection.expectExecute(ReplySink.DROP);
    }

    /** The node says that a statement is not there. */
    private void doubtAll() {
        connection.expectBind(ReplySink.DROP, null);
        connection.expectSync(ReplySink.DROP);
        answer(error("26000"), HeldStatementsTest::ready);
        assertTrue(connection.isOpen());
    }

    private static Consumer<ByteBuf> error(String sqlState) {
        return out -> BackendEncoder.error(out, ErrorFields.of("ERROR", sqlState, "no"));
    }

    @SafeVarargs
    private void answer(Consumer<ByteBuf>... messages) {
        ByteBuf reply = Unpooled.buffer();
        for (Consumer<ByteBuf> message : messages) {
            message.accept(reply);
        }
        channel.writeInbound(reply);
    }

    /** What the node has got since it was asked last: the messages' types, with the names of Parse and Close. */
    private List<String> sent() {
        connection.flush();
        List<String> messages = new ArrayList<>();
        for (ByteBuf sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
            while (sent.isReadable()) {
                char type = (char) sent.readByte();
                ByteBuf body = sent.readSlice(sent.readInt() - 4);
                if (type == 'C') {
                    body.skipBytes(1);
                }
                messages.add(type == 'P' || type == 'C'
                        ? type + " " + body.toString(body.readerIndex(), body.bytesBefore((byte) 0), US_ASCII)
                        : "" + type);
            }
            sent.release();
        }
        return messages;
    }
}
