package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.wire.FrontendMessage.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Every message goes through its encoder and its own decoder, however the stream is cut. */
class MessageCodecTest {

    @Test
    void samplesCoverBothFamilies() {
        Set<Class<?>> sampled = new HashSet<>();
        SampleMessages.initial().forEach(m -> sampled.add(m.getClass()));
        SampleMessages.frontend().forEach(m -> sampled.add(m.getClass()));
        SampleMessages.backend().forEach(m -> sampled.add(m.getClass()));
        Set<Class<?>> missing = new HashSet<>();
        leaves(FrontendMessage.class, missing);
        leaves(BackendMessage.class, missing);
        missing.removeAll(sampled);
        // Their byte is 'p' like AuthenticationResponse's; authenticationReplies() tests them.
        missing.removeAll(Set.of(FrontendMessage.PasswordMessage.class, FrontendMessage.SASLInitialResponse.class,
                FrontendMessage.SASLResponse.class));
        assertEquals(Set.of(), missing);
    }

    @Test
    void frontendMessagesAtEverySplit() {
        for (FrontendMessage message : SampleMessages.frontend()) {
            everySplit(message, bytes(out -> FrontendEncoder.encode(message, out)), true);
        }
    }

    @Test
    void backendMessagesAtEverySplit() {
        for (BackendMessage message : SampleMessages.backend()) {
            everySplit(message, bytes(out -> BackendEncoder.encode(message, out)), false);
        }
    }

    @Test
    void initialMessagesAtEverySplit() {
        for (FrontendMessage message : SampleMessages.initial()) {
            byte[] bytes = bytes(out -> FrontendEncoder.encode(message, out));
            for (int cut = 0; cut <= bytes.length; cut++) {
                var reader = FrameReader.ofConnection();
                var read = new ArrayList<>(reader.feed(bytes, 0, cut));
                assertEquals(cut == bytes.length, !read.isEmpty());
                read.addAll(reader.feed(bytes, cut, bytes.length - cut));
                assertEquals(List.of(message), read);
            }
        }
    }

    @Test
    void aWholeConnectionByteByByte() {
        var sent = new ArrayList<FrontendMessage>();
        sent.add(new FrontendMessage.SSLRequest());
        sent.add(SampleMessages.STARTUP);
        sent.addAll(SampleMessages.frontend());
        byte[] bytes = bytes(out -> sent.forEach(m -> FrontendEncoder.encode(m, out)));
        var read = new ArrayList<FrontendMessage>();
        var reader = FrameReader.ofConnection();
        for (int i = 0; i < bytes.length; i++) {
            read.addAll(reader.feed(bytes, i, 1));
        }
        assertEquals(sent, read);
        assertEquals(0, reader.heldBytes());
    }

    @Test
    void aWholeReplyStreamByteByByte() {
        var sent = SampleMessages.backend();
        byte[] bytes = bytes(out -> sent.forEach(m -> BackendEncoder.encode(m, out)));
        var read = new ArrayList<BackendMessage>();
        var reader = FrameReader.ofBackend();
        for (int i = 0; i < bytes.length; i++) {
            read.addAll(reader.feed(bytes, i, 1));
        }
        assertEquals(sent, read);
    }

    @Test
    void authenticationReplies() {
        var password = new FrontendMessage.PasswordMessage("tajné");
        assertEquals(password, FrontendDecoder.decodePassword(body(password)));
        assertEquals("PasswordMessage[]", password.toString());
        var first = new FrontendMessage.SASLInitialResponse("SCRAM-SHA-256", Bytes.utf8("n,,n=,r=x"));
        assertEquals(first, FrontendDecoder.decodeSaslInitialResponse(body(first)));
        var bare = new FrontendMessage.SASLInitialResponse("SCRAM-SHA-256", null);
        assertEquals(bare, FrontendDecoder.decodeSaslInitialResponse(body(bare)));
        var next = new FrontendMessage.SASLResponse(Bytes.utf8("c=biws,r=x,p=y"));
        assertEquals(next, FrontendDecoder.decodeSaslResponse(body(next)));
    }

    @Test
    void plainWritersWriteWhatTheRecordsSay() {
        byte[] sql = "??select 1??".getBytes(StandardCharsets.UTF_8);
        assertWritten(new FrontendMessage.Query("select 1"), out -> FrontendEncoder.query(out, sql, 2, 8));
        assertWritten(new FrontendMessage.Parse("a", "select 1", List.of(20, 0)),
                out -> FrontendEncoder.parse(out, "a", sql, 2, 8, new int[]{20, 0}));
        assertWritten(new FrontendMessage.Parse("a", "select 1", List.of(20)),
                out -> FrontendEncoder.parse(out, "a", "select 1", new int[]{20}));
        assertWritten(new FrontendMessage.Parse("a", "select 1", List.of()),
                out -> FrontendEncoder.parse(out, "a", "select 1"));
        assertWritten(new FrontendMessage.Close(Target.STATEMENT, "a"),
                out -> FrontendEncoder.close(out, Target.STATEMENT, "a"));
        assertWritten(new FrontendMessage.Sync(), FrontendEncoder::sync);
    }

    @Test
    void theBytesAreThoseOfTheManual() {
        assertArrayEquals(new byte[]{'Z', 0, 0, 0, 5, 'T'},
                bytes(out -> BackendEncoder.readyForQuery(out, TransactionStatus.IN_TRANSACTION)));
        assertArrayEquals(new byte[]{'C', 0, 0, 0, 10, 'B', 'E', 'G', 'I', 'N', 0},
                bytes(out -> BackendEncoder.commandComplete(out, "BEGIN")));
        assertArrayEquals(new byte[]{0, 0, 0, 8, 4, (byte) 210, 22, 47},
                bytes(out -> FrontendEncoder.encode(new FrontendMessage.SSLRequest(), out)));
        assertArrayEquals(new byte[]{'B', 0, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0},
                bytes(out -> FrontendEncoder.encode(
                        new FrontendMessage.Bind("", "", List.of(1), List.of(Bytes.EMPTY), List.of(0)), out)));
    }

    @Test
    void aStringWithAZeroIsNeverWritten() {
        assertThrows(IllegalArgumentException.class,
                () -> bytes(out -> FrontendEncoder.query(out, "select 1\0; drop table t")));
        assertThrows(IllegalArgumentException.class,
                () -> bytes(out -> BackendEncoder.commandComplete(out, "SELECT\0 1")));
        // An error may quote what a client sent: it is said without the zero rather than not at all.
        var fields = ErrorFields.of("ERROR", "42601", "syntax error at \"\0\"");
        assertEquals("syntax error at \"\"", fields.message());
    }

    private static void leaves(Class<?> type, Set<Class<?>> into) {
        if (!type.isSealed()) {
            into.add(type);
            return;
        }
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            leaves(permitted, into);
        }
    }

    private static void everySplit(Object message, byte[] bytes, boolean frontend) {
        // Cutting inside a long run of equal bytes teaches little: both ends of it, and some places between. Odd, so that lengths are cut, too.
        int stride = Math.max(97, bytes.length / 100 | 1);
        for (int cut = 0; cut <= bytes.length; cut += cut > 200 && cut < bytes.length - 200 - stride ? stride : 1) {
            FrameReader<?> reader = frontend ? FrameReader.ofFrontend() : FrameReader.ofBackend();
            var read = new ArrayList<Object>(reader.feed(bytes, 0, cut));
            assertEquals(cut == bytes.length, !read.isEmpty(), () -> message.toString());
            read.addAll(reader.feed(bytes, cut, bytes.length - cut));
            assertEquals(List.of(message), read);
            assertEquals(0, reader.heldBytes());
        }
    }

    private static void assertWritten(FrontendMessage message, Consumer<ByteBuf> writer) {
        assertArrayEquals(bytes(out -> FrontendEncoder.encode(message, out)), bytes(writer));
    }

    private static ByteBuf body(FrontendMessage message) {
        byte[] bytes = bytes(out -> FrontendEncoder.encode(message, out));
        assertTrue(bytes[0] == 'p');
        return Unpooled.wrappedBuffer(bytes, FrameLimits.HEADER_BYTES, bytes.length - FrameLimits.HEADER_BYTES);
    }

    static byte[] bytes(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        var bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
