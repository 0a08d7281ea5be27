package dev.trunkline.wire;

/** The first word of a startup packet: a protocol version (major in the high 16 bits) or one of three request codes. */
public final class ProtocolVersion {

    public static final int V3_0 = 3 << 16;
    /** Since PostgreSQL 18: cancel keys of up to 256 bytes. 3.1 was never served. */
    public static final int V3_2 = 3 << 16 | 2;
    /** What clients are served at most; they may ask for more and are told. */
    public static final int LATEST = V3_2;
    public static final int CANCEL_REQUEST = 1234 << 16 | 5678;
    public static final int SSL_REQUEST = 1234 << 16 | 5679;
    public static final int GSSENC_REQUEST = 1234 << 16 | 5680;

    private ProtocolVersion() {}

    public static int major(int version) {
        return version >>> 16;
    }

    public static int minor(int version) {
        return version & 0xFFFF;
    }
}
