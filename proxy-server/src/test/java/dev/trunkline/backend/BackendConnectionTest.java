package dev.trunkline.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection makes of a node's bytes, however they are cut. */
class BackendConnectionTest {

    private final List<String> told = new ArrayList<>();
    private final ByteBuf streamed = Unpooled.buffer();
    private EmbeddedChannel channel;
    private BackendConnection connection;
    private boolean relays = true;

    private final BackendOwner owner = new Owner("");

    /** Writes down what it is told. */
    private class Owner implements BackendOwner, FlushTarget {

        private final String name;

        Owner(String name) {
            this.name = name;
        }

        @Override
        public void flushReplies() {
            if (!name.isEmpty()) {
                told.add(name + " flushed");
            }
        }

        @Override
        public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
            told.add("failed " + fields.sqlState() + " of " + frame.readableBytes() + " bytes");
        }

        @Override
        public boolean relaysReady(BackendConnection backend, byte status) {
            return relays;
        }

        @Override
        public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
            told.add("ready " + (char) status + (relayed ? " relayed" : ""));
        }

        @Override
        public void drained(BackendConnection backend) {
            told.add("drained");
        }

        @Override
        public void copyIn(BackendConnection backend) {
            told.add("copyIn");
        }

        @Override
        public void parameterChanged(BackendConnection backend, String name, String value) {
            told.add(name + "=" + value);
        }

        @Override
        public void notice(BackendConnection backend, ByteBuf frame) {
            told.add("notice");
        }

        @Override
        public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
            told.add("lost" + (owing ? " owing" : "") + (midMessage ? " midMessage" : "")
                    + (lastError == null ? "" : " " + lastError.sqlState()));
        }

        @Override
        public void writable(BackendConnection backend) {
            told.add("writable");
        }
    }

    private final ReplySink client = new ReplySink() {
        @Override
        public Delivery delivery() {
            return Delivery.STREAM;
        }

        @Override
        public void frames(BackendConnection from, ByteBuf frames) {
            streamed.writeBytes(frames);
            frames.release();
        }

        @Override
        public void message(BackendConnection from, byte type, ByteBuf frame) {
            throw new AssertionError("a stream is not taken apart");
        }
    };

    /** Whole messages, by their types; rows in runs of whole messages. */
    private final class Collector implements ReplySink {

        private final Delivery delivery;

        Collector(Delivery delivery) {
            this.delivery = delivery;
        }

        @Override
        public Delivery delivery() {
            return delivery;
        }

        @Override
        public void frames(BackendConnection from, ByteBuf frames) {
            while (frames.isReadable()) {
                told.add("" + (char) frames.readByte());
                frames.skipBytes(frames.readInt() - 4);
            }
            frames.release();
        }

        @Override
        public void message(BackendConnection from, byte type, ByteBuf frame) {
            told.add((char) type + " " + (frame.readableBytes() - 5));
        }
    }

    private void open() {
        told.clear();
        streamed.clear();
        connection = new BackendConnection(new NodeEndpoint(0, "a", "127.0.0.1", 1, "d"),
                new HashMap<>(), 1, new byte[4], 2, 0);
        channel = new EmbeddedChannel(connection);
        connection.lend(owner);
    }

    @AfterEach
    void close() {
        if (channel != null) {
            channel.finishAndReleaseAll();
        }
        streamed.release();
    }

    private static byte[] bytes(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        return ByteBufUtil.getBytes(out);
    }

    private static void rows(ByteBuf out) {
        BackendEncoder.rowDescription(out, List.of(new Field("n", 0, 0, 23, 4, -1, 0)));
        BackendEncoder.dataRow(out, List.of(Bytes.utf8("1")));
        BackendEncoder.dataRow(out, List.of(Bytes.utf8("22222")));
        BackendEncoder.commandComplete(out, "SELECT 2");
    }

    private static void ready(ByteBuf out) {
        BackendEncoder.readyForQuery(out, TransactionStatus.IDLE);
    }

    /** Feeds the reply cut in two at every place, and byte by byte, and checks after each. */
    private void atEveryCut(byte[] reply, Runnable expect, Runnable check) {
        for (int cut = 0; cut <= reply.length; cut++) {
            open();
            expect.run();
            feed(reply, 0, cut);
            feed(reply, cut, reply.length);
            check.run();
            channel.finishAndReleaseAll();
        }
        open();
        expect.run();
        for (int i = 0; i < reply.length; i++) {
            feed(reply, i, i + 1);
        }
        check.run();
    }

    private void feed(byte[] reply, int from, int to) {
        if (to > from) {
            channel.writeInbound(Unpooled.copiedBuffer(reply, from, to - from));
        }
    }

    @Test
    void aSimpleQueryIsStreamedUntouchedWithItsReadyForQuery() {
        byte[] reply = bytes(out -> {
            rows(out);
            ready(out);
        });
        atEveryCut(reply, () -> connection.expectQuery(client), () -> {
            ByteBuf all = streamed.duplicate();
            boolean relayed = told.equals(List.of("ready I relayed"));
            // Cut just before it, ReadyForQuery is not part of a run; the session says it itself.
            assertTrue(relayed || told.equals(List.of("ready I")), told.toString());
            byte[] wanted = relayed ? reply : java.util.Arrays.copyOf(reply, reply.length - 6);
            assertEquals(ByteBufUtil.hexDump(wanted), ByteBufUtil.hexDump(all));
            assertFalse(connection.isBusy());
        });
    }

    @Test
    void readyForQueryStaysWithTheSessionWhenItWouldSaySomethingElse() {
        relays = false;
        byte[] reply = bytes(out -> {
            rows(out);
            ready(out);
        });
        atEveryCut(reply, () -> connection.expectQuery(client), () -> {
            assertEquals(List.of("ready I"), told);
            assertEquals(reply.length - 6, streamed.readableBytes());
        });
    }

    @Test
    void fakeRepliesTakeTheirTurn() {
        byte[] parse = bytes(BackendEncoder::parseComplete);
        byte[] bind = bytes(BackendEncoder::bindComplete);
        byte[] close = bytes(BackendEncoder::closeComplete);
        byte[] rows = bytes(BackendConnectionTest::rows);
        byte[] reply = bytes(out -> {
            out.writeBytes(bind);
            out.writeBytes(rows);
            ready(out);
        });
        relays = false;
        atEveryCut(reply, () -> {
            connection.expectBind(client, null);
            connection.expectFake(client, Unpooled.wrappedBuffer(parse), null);
            connection.expectDescribe(client);
            connection.expectExecute(client);
            connection.expectFake(client, Unpooled.wrappedBuffer(close), null);
            connection.expectSync(client);
        }, () -> {
            byte[] wanted = bytes(out -> {
                out.writeBytes(bind);
                out.writeBytes(parse);
                out.writeBytes(rows);
                out.writeBytes(close);
            });
            assertEquals(ByteBufUtil.hexDump(wanted), ByteBufUtil.hexDump(streamed));
            assertEquals(List.of("ready I"), told);
        });
    }

    @Test
    void rowsComeInWholeMessagesAndTheRestOneByOne() {
        byte[] reply = bytes(out -> {
            rows(out);
            ready(out);
        });
        atEveryCut(reply, () -> {
            connection.expectDescribe(new Collector(ReplySink.Delivery.ROWS));
            connection.expectExecute(new Collector(ReplySink.Delivery.ROWS));
            connection.expectSync(ReplySink.DROP);
        }, () -> assertEquals(List.of("T 22", "D", "D", "C 9", "ready I"), told));
    }

    @Test
    void anErrorSkipsToSyncAndForgetsWhatWasPrepared() {
        ServerStatement statement = new ServerStatement("tl_1", new byte[0], new int[0], 1, null);
        byte[] reply = bytes(out -> {
            BackendEncoder.error(out, ErrorFields.of("ERROR", "42601", "no"));
            ready(out);
        });
        List<String> skipped = new ArrayList<>();
        atEveryCut(reply, () -> {
            skipped.clear();
            connection.expectParse(statement, client, refused -> skipped.add("parse"));
            connection.expectBind(client, null);
            connection.expectFake(client, Unpooled.copiedBuffer(new byte[3]), refused -> skipped.add("fake"));
            connection.expectExecute(client);
            connection.expectSync(client);
        }, () -> {
            assertEquals(List.of("failed 42601 of " + (reply.length - 6) + " bytes", "ready I"), told);
            assertEquals(List.of("fake", "parse"), skipped);
            assertFalse(connection.has(statement));
            assertEquals(0, streamed.readableBytes());
        });
    }

    @Test
    void parametersAreToldBetweenRuns() {
        relays = false;
        byte[] rows = bytes(BackendConnectionTest::rows);
        byte[] reply = bytes(out -> {
            BackendEncoder.parameterStatus(out, "TimeZone", "UTC");
            out.writeBytes(rows);
            BackendEncoder.parameterStatus(out, "DateStyle", "ISO, MDY");
            ready(out);
        });
        atEveryCut(reply, () -> connection.expectQuery(client), () -> {
            assertEquals(List.of("TimeZone=UTC", "DateStyle=ISO, MDY", "ready I"), told);
            assertEquals(ByteBufUtil.hexDump(rows), ByteBufUtil.hexDump(streamed));
        });
    }

    /**
     * Two replies in one burst of reads, the connection lent to somebody else between them: the first one's client waited for
     * ever, because only the last owner was flushed.
     */
    @Test
    void everyOwnerOfABurstIsFlushed() {
        relays = false;
        open();
        connection.takeBack();
        connection.lend(new Owner("first") {
            @Override
            public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
                backend.takeBack();
                backend.lend(new Owner("second"));
                backend.expectQuery(client);
            }
        });
        connection.expectQuery(client);
        byte[] reply = bytes(out -> {
            rows(out);
            ready(out);
        });
        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(reply));
        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(reply));
        channel.pipeline().fireChannelReadComplete();
        assertEquals(List.of("first flushed", "ready I", "second flushed"), told);
    }

    @Test
    void aFatalErrorIsToldWhenTheConnectionIsGone() {
        open();
        connection.expectQuery(client);
        byte[] reply = bytes(out -> BackendEncoder.error(out, ErrorFields.of("FATAL", "57P01", "bye")));
        feed(reply, 0, reply.length);
        // The proxy closes it, should the node not be able to.
        assertFalse(channel.isOpen());
        assertEquals(List.of("lost owing 57P01"), told);
    }

    @Test
    void aConnectionLostInTheMiddleOfAStreamedRowSaysSo() {
        open();
        connection.expectQuery(client);
        byte[] reply = bytes(BackendConnectionTest::rows);
        feed(reply, 0, 50);
        channel.close();
        assertEquals(List.of("lost owing midMessage"), told);
    }

    @Test
    void aReplyThatNobodyExpectsClosesTheConnection() {
        for (Consumer<ByteBuf> unexpected : List.<Consumer<ByteBuf>>of(BackendEncoder::parseComplete,
                BackendConnectionTest::rows, BackendConnectionTest::ready, out -> out.writeByte('D').writeInt(3),
                out -> out.writeByte('E').writeInt(Integer.MAX_VALUE),
                out -> out.writeByte('R').writeInt(8).writeInt(0),
                out -> out.writeByte(0).writeInt(4))) {
            open();
            byte[] reply = bytes(unexpected);
            feed(reply, 0, reply.length);
            assertEquals(List.of("lost"), told);
            assertFalse(connection.isOpen());
            channel.finishAndReleaseAll();
        }
    }

    /** All of it was kept for as long as the connection lived, however long it was. */
    @Test
    void aLongBeginningOfATransactionIsNotKept() {
        ServerStatement known = new ServerStatement("tl_1", new byte[0], new int[0], 1, null);
        for (int length : new int[]{100, 64 * 1024, 64 * 1024 + 1, 2000, 20}) {
            open();
            connection.stage().writeZero(length);
            connection.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), client, null);
            connection.expectBind(client, null);
            connection.expectExecute(client);
            connection.hasBegun();
            assertEquals(length <= 64 * 1024, connection.usesKnown(known, true), length + " bytes");
            channel.finishAndReleaseAll();
        }
    }

    /** With what still waited to be sent there was more than is kept, which was noticed too late: the connection was closed. */
    @Test
    void whatWaitsToBeSentCountsWhenAStatementIsStale() {
        open();
        connection.usesKnown(new ServerStatement("tl_1", new byte[0], new int[0], 1, null), true);
        connection.stage().writeZero(60 * 1024);
        connection.expectBind(client, null);
        connection.expectExecute(client);
        connection.flush();
        connection.stage().writeZero(8 * 1024);
        connection.expectSync(client);
        byte[] reply = bytes(out -> {
            BackendEncoder.error(out, ErrorFields.of("ERROR", "26000", "gone"));
            ready(out);
        });
        feed(reply, 0, reply.length);
        assertEquals(List.of("failed 26000 of " + (reply.length - 6) + " bytes", "ready I"), told);
        assertTrue(connection.isOpen());
    }

    /** The queue gives back what a long pipeline took, and goes on. */
    @Test
    void aLongPipelineIsFollowedByAnother() {
        open();
        for (int length : new int[]{5000, 3, 1500, 1, 40}) {
            byte[] reply = bytes(out -> {
                for (int i = 0; i < length; i++) {
                    connection.expectBind(client, null);
                    connection.expectClose(client);
                    BackendEncoder.bindComplete(out);
                    BackendEncoder.closeComplete(out);
                }
            });
            streamed.clear();
            told.clear();
            feed(reply, 0, reply.length);
            assertEquals(ByteBufUtil.hexDump(reply), ByteBufUtil.hexDump(streamed));
            assertEquals(List.of("drained"), told);
            assertFalse(connection.isBusy());
        }
    }
}
