package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bytes of bad will or bad luck end in a ProtocolViolation with PostgreSQL's own text, and in nothing else. */
class HostileBytesTest {

    @Test
    void lengths() {
        for (int length : new int[]{3, 0, -1, Integer.MIN_VALUE, FrameLimits.MAX_LARGE_BODY + 5,
                Integer.MAX_VALUE}) {
            var violation = assertThrows(ProtocolViolation.class, () -> FrameLimits.frontendBody((byte) 'Q', length));
            assertEquals("08P01", violation.sqlState());
            assertEquals("invalid message length", violation.getMessage());
            assertTrue(violation.fatal());
        }
        assertEquals(0, FrameLimits.frontendBody((byte) 'S', 4));
        assertEquals(FrameLimits.MAX_SMALL_BODY, FrameLimits.frontendBody((byte) 'E', 10_004));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.frontendBody((byte) 'E', 10_005));
        assertEquals(FrameLimits.MAX_LARGE_BODY, FrameLimits.frontendBody((byte) 'd', 0x3FFF_FFFE));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.backendBody(3));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.backendBody(-7));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.backendBody(Integer.MAX_VALUE));
    }

    @Test
    void lengthsOfStartup() {
        for (int length : new int[]{7, 4, 0, -1, 10_001, 0x16030100, Integer.MIN_VALUE}) {
            var violation = assertThrows(ProtocolViolation.class, () -> FrameLimits.startupBody(length));
            assertEquals("invalid length of startup packet", violation.getMessage());
            assertTrue(violation.fatal() && violation.silent());
        }
        assertEquals(4, FrameLimits.startupBody(8));
        assertEquals(9_996, FrameLimits.startupBody(10_000));
    }

    @Test
    void lengthsBeforeAuthentication() {
        assertEquals(1000, FrameLimits.authenticationBody((byte) 'p', 1004));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.authenticationBody((byte) 'p', 70_000));
        assertThrows(ProtocolViolation.class, () -> FrameLimits.authenticationBody((byte) 'Q', 20));
    }

    @Test
    void unknownTypes() {
        String known = "QPBDECHSXdcfF";
        for (int type = -128; type < 128; type++) {
            byte code = (byte) type;
            if (known.indexOf(type & 0xFF) >= 0) {
                assertTrue(FrameLimits.maxFrontendBody(code) > 0);
                continue;
            }
            assertTrue(assertThrows(ProtocolViolation.class, () -> FrameLimits.frontendBody(code, 4)).fatal());
            if (type == 'p') {
                // Only before the end of the login.
                continue;
            }
            var violation = assertThrows(ProtocolViolation.class,
                    () -> FrontendDecoder.decode(code, Unpooled.EMPTY_BUFFER));
            assertEquals("invalid frontend message type " + (type & 0xFF), violation.getMessage());
            assertTrue(violation.fatal());
        }
        assertThrows(ProtocolViolation.class, () -> BackendDecoder.decode((byte) '~', Unpooled.EMPTY_BUFFER));
    }

    @Test
    void versions() {
        assertEquals("unsupported frontend protocol 2.0: server supports 3.0 to 3.2", initial(2 << 16));
        assertEquals("unsupported frontend protocol 8535.65: server supports 3.0 to 3.2", initial(0x21570041));
        // A later minor version is negotiated, not refused.
        var startup = FrontendDecoder.decodeInitial(Unpooled.wrappedBuffer(new byte[]{0, 3, 0x27, 0x0F, 0}));
        assertEquals(9999, ProtocolVersion.minor(((FrontendMessage.StartupMessage) startup).version()));
    }

    @Test
    void startupWithoutItsTerminator() {
        for (String packet : new String[]{"user\0app\0", "user\0app", "user\0", "", "user\0app\0\0x",
                "\0\0"}) {
            var body = Unpooled.buffer().writeInt(ProtocolVersion.V3_0)
                    .writeBytes(packet.getBytes(StandardCharsets.UTF_8));
            var violation = assertThrows(ProtocolViolation.class, () -> FrontendDecoder.decodeInitial(body), packet);
            assertTrue(violation.fatal() && !violation.silent());
        }
    }

    @Test
    void stringsThatAreNotUtf8() {
        assertEquals("invalid byte sequence for encoding \"UTF8\": 0xff", query('a', 0xFF));
        assertEquals("invalid byte sequence for encoding \"UTF8\": 0xc3 0x28", query(0xC3, '('));
        assertEquals("invalid byte sequence for encoding \"UTF8\": 0xc0 0x80", query(0xC0, 0x80));
        assertEquals("invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80", query(0xED, 0xA0, 0x80));
        assertEquals("invalid byte sequence for encoding \"UTF8\": 0xe2 0x82", query('x', 0xE2, 0x82));
    }

    @Test
    void bodiesTooShortOrTooLong() throws IOException {
        var bind = body(out -> {
            out.writeByte(0);
            out.writeByte(0);
            out.writeShort(0);
            out.writeShort(1);
            out.writeInt(1_000_000);
            out.writeShort(0);
        });
        assertEquals("insufficient data left in message", refused('B', bind));
        assertEquals("insufficient data left in message", refused('B', body(out -> {
            out.writeShort(0);
            out.writeShort(0);
            out.writeShort(1);
            out.writeInt(-2);
            out.writeShort(0);
        })));
        assertEquals("insufficient data left in message", refused('P', body(out -> {
            out.writeShort(0);
            out.writeShort(0xFFFF);
        })));
        assertEquals("bind message has 2 parameter formats but 1 parameters", refused('B', body(out -> {
            out.writeShort(0);
            out.writeShort(2);
            out.writeInt(0);
            out.writeShort(1);
            out.writeInt(-1);
            out.writeShort(0);
        })));
        assertEquals("unsupported format code: 2", refused('B', body(out -> {
            out.writeShort(0);
            out.writeShort(1);
            out.writeShort(2);
            out.writeShort(0);
            out.writeShort(0);
        })));
        assertEquals("invalid message format", refused('S', new byte[1]));
        assertEquals("invalid message format", refused('Q', "select 1\0x".getBytes(StandardCharsets.UTF_8)));
        assertEquals("invalid string in message", refused('Q', "select 1".getBytes(StandardCharsets.UTF_8)));
        assertEquals("invalid string in message", refused('Q', new byte[0]));
        assertEquals("invalid DESCRIBE message subtype 120", refused('D', new byte[]{'x', 0}));
        assertEquals("invalid CLOSE message subtype 0", refused('C', new byte[]{0, 0}));
    }

    /** Whatever is cut off a body, what is left is refused: no message is another one's beginning. */
    @Test
    void truncatedBodies() {
        for (FrontendMessage message : SampleMessages.frontend()) {
            if (message instanceof FrontendMessage.AuthenticationResponse
                    || message instanceof FrontendMessage.CopyData) {
                continue;
            }
            byte[] bytes = MessageCodecTest.bytes(out -> FrontendEncoder.encode(message, out));
            for (int cut = FrameLimits.HEADER_BYTES; cut < Math.min(bytes.length, 500); cut++) {
                ByteBuf body = Unpooled.wrappedBuffer(bytes, FrameLimits.HEADER_BYTES, cut - FrameLimits.HEADER_BYTES);
                assertFalse(assertThrows(ProtocolViolation.class, () -> FrontendDecoder.decode(bytes[0], body),
                        message::toString).fatal());
            }
        }
    }

    /** Seeded, so that a failure comes back. */
    @Test
    void garbage() {
        var random = new Random(20_260_101);
        byte[] frontendTypes = "QPBDECHSXpdcfF".getBytes(StandardCharsets.US_ASCII);
        byte[] backendTypes = "RKSZTDCIEN123ntsvAGHWVdc".getBytes(StandardCharsets.US_ASCII);
        int understood = 0;
        for (int round = 0; round < 200_000; round++) {
            var bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                // Small numbers get deeper into a message than random ones do.
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) (bytes[i] & (random.nextBoolean() ? 0x03 : 0x00));
                }
            }
            understood += survives(
                    () -> FrontendDecoder.decode(pick(frontendTypes, random), Unpooled.copiedBuffer(bytes)));
            understood += survives(
                    () -> BackendDecoder.decode(pick(backendTypes, random), Unpooled.copiedBuffer(bytes)));
            understood += survives(() -> FrontendDecoder.decodeInitial(Unpooled.copiedBuffer(bytes)));
            understood += survives(() -> FrameReader.ofConnection().feed(bytes, 0, bytes.length));
            understood += survives(() -> FrameReader.ofFrontend().feed(bytes, 0, bytes.length));
        }
        assertTrue(understood > 10_000, "the garbage is too bad to get anywhere: " + understood);
    }

    /** One wrong byte in a good stream. */
    @Test
    void flippedBytes() {
        var random = new Random(42);
        byte[] stream = MessageCodecTest.bytes(out -> SampleMessages.frontend().stream()
                .filter(m -> !(m instanceof FrontendMessage.Bind b && b.values().size() > 100))
                .forEach(m -> FrontendEncoder.encode(m, out)));
        for (int i = 0; i < stream.length; i++) {
            byte[] broken = Arrays.copyOf(stream, stream.length);
            broken[i] ^= (byte) (1 + random.nextInt(255));
            survives(() -> FrameReader.ofFrontend().feed(broken, 0, broken.length));
        }
    }

    private static byte pick(byte[] types, Random random) {
        return types[random.nextInt(types.length)];
    }

    private static int survives(Runnable decoding) {
        try {
            decoding.run();
            return 1;
        } catch (ProtocolViolation expected) {
            return 0;
        }
    }

    private static String initial(int code) {
        var body = Unpooled.buffer().writeInt(code).writeZero(20);
        var violation = assertThrows(ProtocolViolation.class, () -> FrontendDecoder.decodeInitial(body));
        assertEquals("0A000", violation.sqlState());
        assertTrue(violation.fatal());
        return violation.getMessage();
    }

    private static String query(int... bytes) {
        var body = Unpooled.buffer();
        for (int b : bytes) {
            body.writeByte(b);
        }
        body.writeByte(0);
        var violation = assertThrows(ProtocolViolation.class, () -> FrontendDecoder.decode((byte) 'Q', body));
        assertEquals("22021", violation.sqlState());
        return violation.getMessage();
    }

    private static String refused(char type, byte[] body) {
        var violation = assertThrows(ProtocolViolation.class,
                () -> FrontendDecoder.decode((byte) type, Unpooled.wrappedBuffer(body)));
        assertFalse(violation.fatal());
        return violation.getMessage();
    }

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private static byte[] body(Writing writing) throws IOException {
        var bytes = new ByteArrayOutputStream();
        writing.to(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }
}
