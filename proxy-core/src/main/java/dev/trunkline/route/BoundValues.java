package dev.trunkline.route;

import dev.trunkline.sql.Fingerprint;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.WireFormat;

/**
 * The values of a statement when it is bound: its literals, which stand in its text, and the parameters of Bind. Filled by
 * the session for each statement and reused; copies nothing. Owned by one thread.
 */
public final class BoundValues {

    /** The length of a value that only the node will know. */
    public static final int NOT_KNOWN = -2;

    private static final int[] NO_OIDS = {};

    private byte[] sql;
    private Fingerprint literals;
    private boolean standardConformingStrings = true;
    private byte[] body;
    private int[] offsets;
    private int[] lengths;
    private short[] formats;
    private int formatCount;
    private int[] oids = NO_OIDS;
    private int parameterCount;
    private int pinnedNode = NodeRule.NO_NODE;
    private RoutingHint hint;
    private byte[] scratch = new byte[64];

    /** A statement without parameters; the literals' spans are offsets in {@code text}. */
    public BoundValues statement(byte[] text, Fingerprint spans, boolean standardStrings) {
        sql = text;
        literals = spans;
        standardConformingStrings = standardStrings;
        parameterCount = 0;
        return this;
    }

    /**
     * The parameters of Bind.
     *
     * @param bytes
     *            where the values stand
     * @param valueOffsets
     *            where each value starts
     * @param valueLengths
     *            the length of each, -1 for NULL, {@link #NOT_KNOWN} for one that can't be read here
     * @param formatCodes
     *            the format codes as in the message: none, one for all, or one for each
     * @param typeOids
     *            the types, as declared in Parse or described by a node; 0 or a shorter array where they are left open
     */
    public BoundValues parameters(byte[] bytes, int[] valueOffsets, int[] valueLengths, short[] formatCodes,
            int codes, int[] typeOids, int count) {
        body = bytes;
        offsets = valueOffsets;
        lengths = valueLengths;
        formats = formatCodes;
        formatCount = codes;
        oids = typeOids == null ? NO_OIDS : typeOids;
        parameterCount = count;
        return this;
    }

    /** The node of the session's temp tables, {@link NodeRule#NO_NODE} without any. */
    public BoundValues pinnedNode(int node) {
        pinnedNode = node;
        return this;
    }

    /** The session's routing hint, null without any. */
    public BoundValues hint(RoutingHint ofSession) {
        hint = ofSession;
        return this;
    }

    RoutingHint hint() {
        return hint;
    }

    int pinnedNode() {
        return pinnedNode;
    }

    byte[] sql() {
        return sql;
    }

    Fingerprint literals() {
        return literals;
    }

    boolean standardConformingStrings() {
        return standardConformingStrings;
    }

    boolean hasParameter(int number) {
        return number <= parameterCount && lengths[number - 1] != NOT_KNOWN;
    }

    byte[] body() {
        return body;
    }

    int offset(int number) {
        return offsets[number - 1];
    }

    int length(int number) {
        return lengths[number - 1];
    }

    int oid(int number) {
        return number <= oids.length ? oids[number - 1] : PgOid.UNSPECIFIED;
    }

    /** Null for a code that the protocol doesn't know. */
    WireFormat format(int number) {
        return switch (formatCount) {
            case 0 -> WireFormat.TEXT;
            case 1 -> WireFormat.ofCode(formats[0]);
            default -> number <= formatCount ? WireFormat.ofCode(formats[number - 1]) : WireFormat.TEXT;
        };
    }

    /** Room for {@code size} bytes that a value is put together in. */
    byte[] scratch(int size) {
        if (scratch.length < size) {
            scratch = new byte[size];
        }
        return scratch;
    }
}
