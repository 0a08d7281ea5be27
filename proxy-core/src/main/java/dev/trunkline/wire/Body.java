package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** The parts that bodies are made of, read with a check of what is left, and written. */
final class Body {

    private Body() {}

    static void require(ByteBuf in, int bytes) {
        if (bytes < 0 || in.readableBytes() < bytes) {
            throw ProtocolViolation.malformed("insufficient data left in message");
        }
    }

    /** Nothing may follow the last part. */
    static <M> M end(ByteBuf in, M message) {
        if (in.isReadable()) {
            throw ProtocolViolation.malformed("invalid message format");
        }
        return message;
    }

    static byte int8(ByteBuf in) {
        require(in, 1);
        return in.readByte();
    }

    static int int16(ByteBuf in) {
        require(in, 2);
        return in.readShort();
    }

    static int int32(ByteBuf in) {
        require(in, 4);
        return in.readInt();
    }

    /** A number of things of which each takes at least {@code size} bytes: no list is made for more than can be there. */
    static int count(ByteBuf in, int size) {
        require(in, 2);
        int count = in.readUnsignedShort();
        require(in, count * size);
        return count;
    }

    static Bytes rest(ByteBuf in) {
        return Bytes.read(in, in.readableBytes());
    }

    /** A sized value, or null for NULL. */
    static Bytes value(ByteBuf in) {
        int size = int32(in);
        return size == -1 ? null : Bytes.read(in, size);
    }

    static List<Bytes> values(ByteBuf in) {
        int count = count(in, 4);
        var values = new ArrayList<Bytes>(count);
        for (int i = 0; i < count; i++) {
            values.add(value(in));
        }
        return values;
    }

    static int format(ByteBuf in) {
        int code = int16(in);
        if (code != 0 && code != 1) {
            throw ProtocolViolation.formatCode(code);
        }
        return code;
    }

    static List<Integer> formats(ByteBuf in) {
        int count = count(in, 2);
        var formats = new ArrayList<Integer>(count);
        for (int i = 0; i < count; i++) {
            formats.add(format(in));
        }
        return formats;
    }

    static List<Integer> oids(ByteBuf in) {
        int count = count(in, 4);
        var oids = new ArrayList<Integer>(count);
        for (int i = 0; i < count; i++) {
            oids.add(in.readInt());
        }
        return oids;
    }

    /** Writes the type and room for the length; gives the index that {@link #close} wants. */
    static int open(ByteBuf out, byte type) {
        out.writeByte(type);
        return open(out);
    }

    static int open(ByteBuf out) {
        int start = out.writerIndex();
        out.writeInt(0);
        return start;
    }

    static void close(ByteBuf out, int start) {
        out.setInt(start, out.writerIndex() - start);
    }

    static void empty(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(FrameLimits.LENGTH_BYTES);
    }

    static void writeValue(ByteBuf out, Bytes value) {
        if (value == null) {
            out.writeInt(-1);
        } else {
            out.writeInt(value.length()).writeBytes(value.array());
        }
    }

    static void writeValues(ByteBuf out, List<Bytes> values) {
        writeCount(out, values.size());
        for (Bytes value : values) {
            writeValue(out, value);
        }
    }

    static void writeFormats(ByteBuf out, List<Integer> formats) {
        writeCount(out, formats.size());
        for (int format : formats) {
            out.writeShort(format);
        }
    }

    static void writeOids(ByteBuf out, List<Integer> oids) {
        writeCount(out, oids.size());
        for (int oid : oids) {
            out.writeInt(oid);
        }
    }

    static void writeCount(ByteBuf out, int count) {
        if (count > 0xFFFF) {
            throw new IllegalArgumentException(count + " do not fit into an int16");
        }
        out.writeShort(count);
    }
}
