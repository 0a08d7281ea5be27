package dev.trunkline.load;

import java.util.Arrays;

/**
 * Rows on their way to one node: filled by the reader, emptied by the node's thread, and handed back. The lines of its rows, in
 * the node's count and in the file's, outlive it as {@link Lines}.
 */
final class RowBatch {

    static final int BYTES = 128 << 10;

    /** Where rows of a batch come from: {@code inFile[i]} and {@code atNode[i]} are the i-th row's last line less the bases. */
    record Lines(long nodeBase, long fileBase, int[] atNode, int[] inFile) {

        /** The line of the file that is this line for the node, or -1 if it is not of this batch. */
        long inFile(long nodeLine) {
            int last = atNode.length - 1;
            if (last < 0 || nodeLine <= nodeBase || nodeLine > nodeBase + atNode[last]) {
                return -1;
            }
            int i = Arrays.binarySearch(atNode, (int) (nodeLine - nodeBase));
            return fileBase + inFile[i < 0 ? -i - 1 : i];
        }
    }

    private byte[] bytes = new byte[BYTES];
    private int length;
    private int rows;
    private long nodeBase;
    private long fileBase;
    private int[] atNode = new int[256];
    private int[] inFile = new int[256];

    /** Empties it; the lines before its first row are given. */
    void begin(long nodeLinesBefore, long fileLinesBefore) {
        length = 0;
        rows = 0;
        nodeBase = nodeLinesBefore;
        fileBase = fileLinesBefore;
        if (bytes.length > 4 * BYTES) {
            bytes = new byte[BYTES];
        }
    }

    /** Whether a row has to wait for the next batch. */
    boolean isFullFor(int size) {
        return rows > 0 && length + size > BYTES;
    }

    void add(byte[] from, int offset, int size, long nodeLine, long fileLine) {
        if (length + size > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + size, 2 * bytes.length));
        }
        System.arraycopy(from, offset, bytes, length, size);
        length += size;
        if (rows == atNode.length) {
            atNode = Arrays.copyOf(atNode, 2 * rows);
            inFile = Arrays.copyOf(inFile, 2 * rows);
        }
        atNode[rows] = (int) (nodeLine - nodeBase);
        inFile[rows++] = (int) (fileLine - fileBase);
    }

    Lines lines() {
        return new Lines(nodeBase, fileBase, Arrays.copyOf(atNode, rows), Arrays.copyOf(inFile, rows));
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    int rows() {
        return rows;
    }
}
