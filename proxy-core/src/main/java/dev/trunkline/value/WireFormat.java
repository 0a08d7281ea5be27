package dev.trunkline.value;

/** The format in which a value's bytes stand on the wire, with the codes of the PostgreSQL protocol. */
public enum WireFormat {
    TEXT,
    BINARY;

    /** The protocol's code: 0 for text, 1 for binary. */
    public int code() {
        return ordinal();
    }

    /** The format of a protocol code, or null for a code that the protocol doesn't know. */
    public static WireFormat ofCode(int code) {
        return code == 0 ? TEXT : code == 1 ? BINARY : null;
    }
}
