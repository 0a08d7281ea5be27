package dev.trunkline.wire;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Where the parts of a Bind's body lie, found in place: nothing is copied, and nothing is allocated once the arrays have
 * grown to the widest Bind seen. Owned by one event loop, overwritten by each {@link #read}. All positions are indexes of
 * the buffer that was read.
 */
public final class BindLayout {

    private int portalStart;
    private int portalEnd;
    private int statementStart;
    private int statementEnd;
    private int end;
    private int count;
    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private short[] formats = new short[16];
    private int resultFormatsStart;
    private int resultFormatCount;

    /**
     * Reads the body between the buffer's reader and writer index, without moving either.
     *
     * @throws ProtocolViolation as {@link FrontendDecoder} would; the layout is undefined then
     */
    public void read(ByteBuf body) {
        readNames(body);
        readValues(body);
    }

    /** Reads the two names alone, which a server looks up before it looks at the rest. */
    public void readNames(ByteBuf body) {
        end = body.writerIndex();
        portalStart = body.readerIndex();
        portalEnd = zero(body, portalStart);
        statementStart = portalEnd + 1;
        statementEnd = zero(body, statementStart);
    }

    /** Reads what follows the names; the formats of results are looked at by {@link #checkResultFormats}. */
    public void readValues(ByteBuf body) {
        int at = statementEnd + 1;

        int formatCount = int16(body, at);
        int formatsStart = at + 2;
        at = formatsStart + 2 * formatCount;
        require(at);
        count = int16(body, at);
        at += 2;
        if (formatCount > 1 && formatCount != count) {
            throw ProtocolViolation.malformed("bind message has " + formatCount + " parameter formats but " + count
                    + " parameters");
        }
        grow(count);
        for (int i = 0; i < count; i++) {
            require(at + 4);
            int length = body.getInt(at);
            at += 4;
            starts[i] = at;
            lengths[i] = length;
            if (length >= 0 && length <= end - at) {
                at += length;
            } else if (length != -1) {
                throw tooShort();
            }
        }
        for (int i = 0; i < formatCount; i++) {
            short code = format(body, formatsStart + 2 * i);
            if (formatCount == 1) {
                Arrays.fill(formats, 0, count, code);
            } else {
                formats[i] = code;
            }
        }
        if (formatCount == 0) {
            Arrays.fill(formats, 0, count, (short) 0);
        }
        resultFormatCount = int16(body, at);
        resultFormatsStart = at + 2;
        at = resultFormatsStart + 2 * resultFormatCount;
        require(at);
        if (at != end) {
            throw ProtocolViolation.malformed("invalid message format");
        }
    }

    /** Refuses formats of results that there are not. PostgreSQL does so when a result has a column of that format. */
    public void checkResultFormats(ByteBuf body) {
        for (int i = 0; i < resultFormatCount; i++) {
            format(body, resultFormatsStart + 2 * i);
        }
    }

    public int portalStart() {
        return portalStart;
    }

    /** Where the portal's name ends: its zero. */
    public int portalEnd() {
        return portalEnd;
    }

    public int statementStart() {
        return statementStart;
    }

    /** Where the statement's name ends: its zero. What follows is the same whatever the statement is called. */
    public int statementEnd() {
        return statementEnd;
    }

    public int end() {
        return end;
    }

    /** The number of parameters. */
    public int count() {
        return count;
    }

    /** The starts of the values; the first {@link #count} are meant, and they change with the next read. */
    public int[] starts() {
        return starts;
    }

    /** The lengths of the values, -1 for NULL. */
    public int[] lengths() {
        return lengths;
    }

    /** The format of each value, 0 or 1, however few the message gave. */
    public short[] formats() {
        return formats;
    }

    public int resultFormatCount() {
        return resultFormatCount;
    }

    /** Where the result formats begin, 2 bytes each. */
    public int resultFormatsStart() {
        return resultFormatsStart;
    }

    /** The format asked for a column of the result: 0 or 1. */
    public int resultFormat(ByteBuf body, int column) {
        return resultFormatCount == 0
                ? 0
                : body.getShort(resultFormatsStart + (resultFormatCount == 1 ? 0 : 2 * column));
    }

    private int zero(ByteBuf body, int from) {
        int at = body.indexOf(from, end, (byte) 0);
        if (at < 0) {
            throw ProtocolViolation.malformed("invalid string in message");
        }
        return at;
    }

    private int int16(ByteBuf body, int at) {
        require(at + 2);
        return body.getUnsignedShort(at);
    }

    private static short format(ByteBuf body, int at) {
        short code = body.getShort(at);
        if (code != 0 && code != 1) {
            throw ProtocolViolation.formatCode(code);
        }
        return code;
    }

    private void require(int upTo) {
        if (upTo > end) {
            throw tooShort();
        }
    }

    private static ProtocolViolation tooShort() {
        return ProtocolViolation.malformed("insufficient data left in message");
    }

    private void grow(int wanted) {
        if (wanted > starts.length) {
            int size = Math.max(wanted, 2 * starts.length);
            starts = new int[size];
            lengths = new int[size];
            formats = new short[size];
        }
    }
}
