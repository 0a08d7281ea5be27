package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.wire.CString;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.route.ListParts;
import io.netty.buffer.ByteBuf;
import java.util.Map;

/** Messages to nodes that are put together from pieces of the client's. */
final class NodeMessages {

    private static final int NO_VALUES = 6;

    private NodeMessages() {}

    /** Bind without parameters, all results as text. */
    static void bind(ByteBuf out, String portal, String statement) {
        int start = out.writerIndex();
        out.writeByte(MessageTypes.BIND).writeInt(0);
        CString.write(out, portal);
        CString.write(out, statement);
        out.writeZero(NO_VALUES);
        out.setInt(start + 1, out.writerIndex() - start - 1);
    }

    /** Bind without parameters, with a format for each column of the result. */
    static void bind(ByteBuf out, String portal, String statement, short[] formats) {
        int start = out.writerIndex();
        out.writeByte(MessageTypes.BIND).writeInt(0);
        CString.write(out, portal);
        CString.write(out, statement);
        out.writeInt(0).writeShort(formats.length);
        for (short format : formats) {
            out.writeShort(format);
        }
        out.setInt(start + 1, out.writerIndex() - start - 1);
    }

    /**
     * Bind for a fan-out, whose nodes' rows may have hidden columns after the client's: those come in binary.
     *
     * @param rest what follows the names in the client's Bind, null for none
     * @param visible the number of the client's columns, -1 when all are the client's
     */
    static void bind(ByteBuf out, String portal, String statement, ByteBuf rest, int visible, int hidden) {
        if (hidden == 0) {
            if (rest == null) {
                bind(out, portal, statement);
            } else {
                bind(out, portal, statement, rest);
            }
            return;
        }
        int formatsAt = rest == null ? 0 : resultFormatsAt(rest);
        int formats = rest == null ? 0 : rest.getUnsignedShort(formatsAt);
        if (formats > 1 && formats != visible) {
            throw ProxyError.PROTOCOL_VIOLATION.with(
                    "bind message has " + formats + " result formats but query has " + visible + " columns");
        }
        int start = out.writerIndex();
        out.writeByte(MessageTypes.BIND).writeInt(0);
        CString.write(out, portal);
        CString.write(out, statement);
        if (rest == null) {
            out.writeInt(0);
        } else {
            out.writeBytes(rest, rest.readerIndex(), formatsAt - rest.readerIndex());
        }
        out.writeShort(visible + hidden);
        for (int i = 0; i < visible; i++) {
            out.writeShort(formats == 0 ? 0 : rest.getShort(formatsAt + 2 + (formats == 1 ? 0 : 2 * i)));
        }
        for (int i = 0; i < hidden; i++) {
            out.writeShort(1);
        }
        out.setInt(start + 1, out.writerIndex() - start - 1);
    }

    /** Where the number of result formats stands. The layout was checked when the message came. */
    private static int resultFormatsAt(ByteBuf rest) {
        int at = rest.readerIndex();
        at += 2 + 2 * rest.getUnsignedShort(at);
        int values = rest.getUnsignedShort(at);
        at += 2;
        for (int i = 0; i < values; i++) {
            at += 4 + Math.max(0, rest.getInt(at));
        }
        return at;
    }

    /**
     * What follows the names in a client's Bind, with other values for some parameters.
     *
     * @param others by the parameter's number
     */
    static ByteBuf withValues(ByteBuf rest, Map<Integer, byte[]> others) {
        ByteBuf changed = rest.alloc().buffer(rest.readableBytes());
        int at = rest.readerIndex();
        int formats = 2 + 2 * rest.getUnsignedShort(at);
        changed.writeBytes(rest, at, formats);
        at += formats;
        int count = rest.getUnsignedShort(at);
        changed.writeShort(count);
        at += 2;
        for (int number = 1; number <= count; number++) {
            int length = rest.getInt(at);
            byte[] other = others.get(number);
            if (other == null) {
                changed.writeBytes(rest, at, 4 + Math.max(0, length));
            } else if (ListParts.isNull(other)) {
                changed.writeInt(-1);
            } else {
                changed.writeInt(other.length).writeBytes(other);
            }
            at += 4 + Math.max(0, length);
        }
        return changed.writeBytes(rest, at, rest.writerIndex() - at);
    }

    /** Bind with the formats and values of a client's Bind: what follows the names in its body. */
    static void bind(ByteBuf out, String portal, String statement, ByteBuf rest) {
        int start = out.writerIndex();
        out.writeByte(MessageTypes.BIND).writeInt(0);
        CString.write(out, portal);
        CString.write(out, statement);
        out.writeBytes(rest, rest.readerIndex(), rest.readableBytes());
        out.setInt(start + 1, out.writerIndex() - start - 1);
    }
}
