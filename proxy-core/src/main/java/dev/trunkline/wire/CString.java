package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The protocol's string: UTF-8 bytes that end with a zero. */
public final class CString {

    private CString() {}

    /**
     * Reads a string and its zero.
     *
     * @throws ProtocolViolation 08P01 when the zero is missing, 22021 when the bytes are not UTF-8
     */
    public static String read(ByteBuf in) {
        int start = in.readerIndex();
        int length = in.bytesBefore((byte) 0);
        if (length < 0) {
            throw ProtocolViolation.malformed("invalid string in message");
        }
        in.skipBytes(length + 1);
        return text(in, start, length);
    }

    /**
     * The text of some bytes, without moving an index.
     *
     * @throws ProtocolViolation 22021 when they are not UTF-8
     */
    public static String text(ByteBuf in, int start, int length) {
        if (length == 0) {
            return "";
        }
        if (ByteBufUtil.isText(in, start, length, StandardCharsets.US_ASCII)) {
            return in.toString(start, length, StandardCharsets.US_ASCII);
        }
        ByteBuffer bytes = in.nioBuffer(start, length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw ProtocolViolation.notUtf8(bytes);
        }
    }

    /** Writes a string and its zero. A zero inside would let what follows be read as further fields: it is refused. */
    public static void write(ByteBuf out, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a string of the protocol cannot hold a zero");
        }
        out.writeCharSequence(text, StandardCharsets.UTF_8);
        out.writeByte(0);
    }
}
