package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;

/**
 * Where the values of a DataRow's body lie, found in place as {@link BindLayout} does: a merge looks at its sort columns and
 * forwards the row as it is.
 */
public final class RowLayout {

    private int count;
    private int[] starts = new int[16];
    private int[] lengths = new int[16];

    /**
     * Reads the body between the buffer's reader and writer index, without moving either.
     *
     * @throws ProtocolViolation when the body is no row
     */
    public void read(ByteBuf body) {
        int end = body.writerIndex();
        int at = body.readerIndex() + 2;
        require(at <= end);
        count = body.getUnsignedShort(at - 2);
        if (count > starts.length) {
            require(at + 4L * count <= end);
            starts = new int[count];
            lengths = new int[count];
        }
        for (int i = 0; i < count; i++) {
            require(end - at >= 4);
            int length = body.getInt(at);
            at += 4;
            starts[i] = at;
            lengths[i] = length;
            if (length != -1) {
                require(length >= 0 && length <= end - at);
                at += length;
            }
        }
        if (at != end) {
            throw ProtocolViolation.malformed("invalid message format");
        }
    }

    /** The number of columns. */
    public int count() {
        return count;
    }

    /** The index in the buffer at which a column's value starts. */
    public int start(int column) {
        return starts[column];
    }

    /** The length of a column's value in bytes, -1 for NULL. */
    public int length(int column) {
        return lengths[column];
    }

    private static void require(boolean there) {
        if (!there) {
            throw ProtocolViolation.malformed("insufficient data left in message");
        }
    }
}
