package dev.trunkline.execute;

import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A view of one DataRow body: where its columns stand. Reused from row to row; it owns nothing. */
final class Row {

    private ByteBuf buffer;
    private int start;
    private int end;
    private int count;
    private int[] offsets = new int[8];
    private int[] lengths = new int[8];

    /** Points at the body between two indexes, column count included. */
    void point(ByteBuf in, int from, int to) {
        buffer = in;
        start = from;
        end = to;
        count = in.getUnsignedShort(from);
        if (count > offsets.length) {
            offsets = new int[count];
            lengths = new int[count];
        }
        int at = from + 2;
        for (int i = 0; i < count; i++) {
            int length = to - at < 4 ? -2 : in.getInt(at);
            if (length < -1 || length > to - at - 4) {
                throw InputRuns.notRows();
            }
            offsets[i] = at + 4;
            lengths[i] = length;
            at += 4 + Math.max(length, 0);
        }
        if (at != to) {
            throw InputRuns.notRows();
        }
    }

    ByteBuf buffer() {
        return buffer;
    }

    int columns() {
        return count;
    }

    boolean isNull(int column) {
        return length(column) < 0;
    }

    int offset(int column) {
        return offsets[column];
    }

    /** -1: NULL. */
    int length(int column) {
        if (column >= count) {
            throw InputRuns.notRows();
        }
        return lengths[column];
    }

    /** Copies a column's bytes; null for NULL. */
    byte[] bytes(int column) {
        int length = length(column);
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        buffer.getBytes(offsets[column], bytes);
        return bytes;
    }

    /** The same row on a buffer of its own on the heap. */
    Row copy() {
        byte[] body = new byte[end - start];
        buffer.getBytes(start, body);
        Row copy = new Row();
        copy.point(Unpooled.wrappedBuffer(body), 0, body.length);
        return copy;
    }

    /** Bytes of the body. */
    int size() {
        return end - start;
    }

    /** Writes a DataRow message with only the first so many columns. */
    void write(ByteBuf out, int visible) {
        if (visible > count) {
            throw InputRuns.notRows();
        }
        int first = start + 2;
        int last = visible == count ? end : offsets[visible] - 4;
        out.writeByte(MessageTypes.DATA_ROW);
        out.writeInt(4 + 2 + last - first);
        out.writeShort(visible);
        out.writeBytes(buffer, first, last - first);
    }
}
