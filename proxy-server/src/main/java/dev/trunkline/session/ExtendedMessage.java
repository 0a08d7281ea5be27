package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.wire.ProtocolViolation;
import dev.trunkline.wire.CString;
import io.netty.buffer.ByteBuf;

/** The parts of the extended protocol's messages, read in place. What is malformed is an error of the client's, not the end. */
final class ExtendedMessage {

    static final int HEADER = 5;
    private static final int[] NO_TYPES = {};

    private ExtendedMessage() {}

    /** Whether a Describe or Close is about a statement, {@code S}, or a portal, {@code P}. */
    static byte kind(ByteBuf in, int start, int length, String message) {
        int end = start + length;
        if (length == HEADER) {
            throw ProxyError.PROTOCOL_VIOLATION.with("no data left in message");
        }
        requireEnd(zero(in, start + HEADER + 1, end) + 1, end);
        byte kind = in.getByte(start + HEADER);
        if (kind != 'S' && kind != 'P') {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid " + message + " message subtype " + (kind & 0xFF));
        }
        return kind;
    }

    /** The name that a Describe or Close has. */
    static String name(ByteBuf in, int start, int length) {
        return text(in, start + HEADER + 1, start + length - 1);
    }

    /** The types that a Parse declares. */
    static int[] types(ByteBuf in, int at, int end) {
        int count = at + 2 > end ? 0 : in.getUnsignedShort(at);
        requireEnd(at + 2 + 4 * count, end);
        if (count == 0) {
            return NO_TYPES;
        }
        int[] types = new int[count];
        for (int i = 0; i < count; i++) {
            types[i] = in.getInt(at + 2 + 4 * i);
        }
        return types;
    }

    /** The last part of a message ends where the message does. */
    static void requireEnd(int at, int end) {
        if (at != end) {
            throw ProxyError.PROTOCOL_VIOLATION
                    .with(at > end ? "insufficient data left in message" : "invalid message format");
        }
    }

    /** @throws ProtocolViolation 22021 when it is not UTF-8 */
    static String text(ByteBuf in, int from, int to) {
        return CString.text(in, from, to - from);
    }

    /** @throws ProtocolViolation never fatal: the frame itself is sound */
    static int zero(ByteBuf in, int from, int end) {
        int at = in.indexOf(from, end, (byte) 0);
        if (at < 0) {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid string in message");
        }
        return at;
    }
}
