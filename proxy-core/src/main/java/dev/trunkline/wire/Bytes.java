package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An immutable run of bytes inside a message, compared by content. The array is shared with whoever made it, not copied:
 * neither side changes it afterwards.
 */
public final class Bytes {

    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    public static Bytes of(byte... array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    public static Bytes utf8(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Copies the next {@code length} bytes out of the buffer. */
    static Bytes read(ByteBuf in, int length) {
        if (length < 0 || length > in.readableBytes()) {
            throw ProtocolViolation.malformed("insufficient data left in message");
        }
        var array = new byte[length];
        in.readBytes(array);
        return of(array);
    }

    public int length() {
        return array.length;
    }

    public byte[] array() {
        return array;
    }

    /** The bytes read as UTF-8; invalid sequences become replacement characters. */
    public String text() {
        return new String(array, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    /** The length alone: messages are printed into logs, and their bytes are users' data. */
    @Override
    public String toString() {
        return array.length + " bytes";
    }
}
