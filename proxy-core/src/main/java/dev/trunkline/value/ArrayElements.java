package dev.trunkline.value;

import java.util.Arrays;
import java.util.BitSet;

/**
 * A cursor over the elements of {@code key = ANY(array)}, in either wire format, without an object per element. It belongs to
 * one thread and may be opened again.
 *
 * <p>
 * Binary layout ({@code array_send}): int32 dimensions, int32 flag of NULLs, int32 element OID, per dimension int32 size and
 * int32 lower bound, then per element int32 length (-1 NULL) and bytes. Text: <code>{1,NULL,"a \"b\""}</code>. Arrays of several
 * dimensions and text with explicit bounds are not read.
 */
public final class ArrayElements {

    private byte[] array;
    private int start;
    private int end;
    private WireFormat format;
    private int elementOid;
    private String problem;

    private int at;
    private int left;
    private int index;
    /** Where the current element stands as it came, quotes included. */
    private int rawStart;
    private int rawEnd;
    private boolean unquotedNull;

    private byte[] element;
    private int elementOffset;
    private int elementLength;
    private byte[] unescaped = new byte[0];

    /** Starts before the first element. A NULL array has length -1 and no elements. */
    public void open(int arrayOid, WireFormat format, byte[] array, int offset, int length) {
        this.array = array;
        this.start = offset;
        this.end = offset + Math.max(length, 0);
        this.format = format;
        this.elementOid = PgOid.elementOf(arrayOid);
        this.problem = null;
        this.at = offset;
        this.left = 0;
        this.index = -1;
        this.unquotedNull = false;
        if (elementOid == PgOid.UNSPECIFIED && !PgOid.isUnspecified(arrayOid)) {
            problem = "its type is no array of a type that is read";
        } else if (length >= 0) {
            if (format == WireFormat.BINARY) {
                openBinary();
            } else {
                openText();
            }
        }
    }

    /** Why the array is none that we read, or null. Valid after {@link #next} has returned false. */
    public String problem() {
        return problem;
    }

    /** The number of the current element, from 0. */
    public int index() {
        return index;
    }

    /** What {@code key = element} says for the current element. */
    public KeyResult compared(ColumnType key) {
        if (unquotedNull && (key.type().hashClass() == HashClass.TEXT || key.type() == KeyType.BPCHAR
                || key.type() == KeyType.BYTEA)) {
            return new KeyResult.NotAKey("an unquoted NULL depends on the setting array_nulls");
        }
        return KeyConversion.compared(key, elementOid, ColumnType.NO_MODIFIER, format, element, elementOffset,
                elementLength);
    }

    /** Moves to the next element; false at the end and where the array can't be read. */
    public boolean next() {
        if (problem != null || left == 0) {
            return false;
        }
        boolean found = format == WireFormat.BINARY ? nextBinary() : nextText();
        if (found) {
            index++;
        }
        return found;
    }

    /**
     * The same array with only these elements, in the same format. {@code elements} holds numbers as {@link #index} gave
     * them. Moves the cursor; the array must have been read without a problem.
     */
    public byte[] subset(BitSet elements) {
        return format == WireFormat.BINARY ? binarySubset(elements) : textSubset(elements);
    }

    private byte[] binarySubset(BitSet elements) {
        byte[] result = new byte[end - start];
        int count = elements.cardinality();
        System.arraycopy(array, start, result, 0, 12);
        putInt(result, 0, count == 0 ? 0 : 1);
        int size = 12;
        boolean nulls = false;
        if (count > 0) {
            putInt(result, 12, count);
            putInt(result, 16, 1);
            size = 20;
            rewind();
            while (next()) {
                if (elements.get(index)) {
                    nulls |= elementLength < 0;
                    System.arraycopy(array, rawStart, result, size, rawEnd - rawStart);
                    size += rawEnd - rawStart;
                }
            }
        }
        putInt(result, 4, nulls ? 1 : 0);
        return Arrays.copyOf(result, size);
    }

    private byte[] textSubset(BitSet elements) {
        byte[] result = new byte[end - start];
        int size = 0;
        result[size++] = '{';
        rewind();
        while (next()) {
            if (elements.get(index)) {
                if (size > 1) {
                    result[size++] = ',';
                }
                System.arraycopy(array, rawStart, result, size, rawEnd - rawStart);
                size += rawEnd - rawStart;
            }
        }
        result[size++] = '}';
        return Arrays.copyOf(result, size);
    }

    private void rewind() {
        int oid = elementOid;
        open(PgOid.UNSPECIFIED, format, array, start, end - start);
        elementOid = oid;
    }

    // Binary

    private void openBinary() {
        if (end - start < 12) {
            problem = "it is not a binary array";
            return;
        }
        int dimensions = intAt(start);
        int oid = intAt(start + 8);
        if (elementOid == PgOid.UNSPECIFIED) {
            elementOid = oid;
        }
        if (oid != elementOid || dimensions < 0 || dimensions == 0 && end - start != 12) {
            problem = "it is not a binary array of its type";
            return;
        }
        if (dimensions == 0) {
            return;
        }
        if (dimensions > 1) {
            problem = "it has several dimensions";
            return;
        }
        left = end - start < 20 ? -1 : intAt(start + 12);
        if (left <= 0 || left > (end - start - 20) / 4) {
            problem = "it is not a binary array";
            return;
        }
        at = start + 20;
    }

    private boolean nextBinary() {
        int size = end - at < 4 ? -2 : intAt(at);
        if (size < -1 || size > end - at - 4) {
            problem = "it is not a binary array";
            return false;
        }
        rawStart = at;
        element = array;
        elementOffset = at + 4;
        elementLength = size;
        at += 4 + Math.max(size, 0);
        rawEnd = at;
        left--;
        if (left == 0 && at != end) {
            problem = "it is not a binary array";
            return false;
        }
        return true;
    }

    private int intAt(int offset) {
        return (array[offset] & 0xff) << 24 | (array[offset + 1] & 0xff) << 16 | (array[offset + 2] & 0xff) << 8
                | array[offset + 3] & 0xff;
    }

    private static void putInt(byte[] bytes, int offset, int value) {
        bytes[offset] = (byte) (value >> 24);
        bytes[offset + 1] = (byte) (value >> 16);
        bytes[offset + 2] = (byte) (value >> 8);
        bytes[offset + 3] = (byte) value;
    }

    // Text

    private void openText() {
        skipBlanks();
        if (at == end || array[at] != '{') {
            problem = "it is not an array of one dimension";
            return;
        }
        at++;
        skipBlanks();
        if (at < end && array[at] == '}') {
            at++;
            finishText();
            return;
        }
        left = 1;
    }

    private void finishText() {
        skipBlanks();
        left = 0;
        if (at != end) {
            problem = "it is not an array of one dimension";
        }
    }

    private void skipBlanks() {
        while (at < end && Spelling.isSpace(array[at])) {
            at++;
        }
    }

    private boolean nextText() {
        skipBlanks();
        boolean quoted = at < end && array[at] == '"';
        boolean read = quoted ? quotedElement() : plainElement();
        if (!read) {
            problem = "it is not an array of one dimension";
            return false;
        }
        skipBlanks();
        if (at < end && array[at] == ',') {
            at++;
        } else if (at < end && array[at] == '}') {
            at++;
            finishText();
        } else {
            problem = "it is not an array of one dimension";
        }
        return problem == null;
    }

    private boolean quotedElement() {
        unquotedNull = false;
        rawStart = at++;
        int from = at;
        int escapes = 0;
        while (at < end && array[at] != '"') {
            if (array[at] == '\\') {
                at++;
                escapes++;
            }
            at++;
        }
        if (at >= end) {
            return false;
        }
        take(from, at, escapes);
        rawEnd = ++at;
        return true;
    }

    private boolean plainElement() {
        rawStart = at;
        int escapes = 0;
        int last = at;
        while (at < end && array[at] != ',' && array[at] != '}') {
            byte b = array[at];
            if (b == '"' || b == '{') {
                return false;
            }
            if (b == '\\') {
                at++;
                escapes++;
                if (at == end) {
                    return false;
                }
            }
            at++;
            if (b == '\\' || !Spelling.isSpace(b)) {
                last = at;
            }
        }
        rawEnd = last;
        unquotedNull = escapes == 0 && Spelling.is("null", array, rawStart, rawEnd - rawStart);
        if (unquotedNull) {
            element = array;
            elementOffset = rawStart;
            elementLength = -1;
            return true;
        }
        take(rawStart, rawEnd, escapes);
        return rawEnd > rawStart;
    }

    private void take(int from, int to, int escapes) {
        elementLength = to - from - escapes;
        if (escapes == 0) {
            element = array;
            elementOffset = from;
            return;
        }
        if (unescaped.length < elementLength) {
            unescaped = new byte[Math.max(elementLength, 64)];
        }
        int size = 0;
        for (int i = from; i < to; i++) {
            if (array[i] == '\\') {
                i++;
            }
            unescaped[size++] = array[i];
        }
        element = unescaped;
        elementOffset = 0;
    }
}
