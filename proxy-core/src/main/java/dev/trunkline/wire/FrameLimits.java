package dev.trunkline.wire;

import java.util.Arrays;

/**
 * How long a message may be, by its type. The limits are PostgreSQL's: they bound what a connection can make the proxy
 * hold before it has shown who it is, and what a broken stream can ask for afterwards.
 */
public final class FrameLimits {

    /** The length word counts itself. */
    public static final int LENGTH_BYTES = 4;
    public static final int HEADER_BYTES = 5;
    /** A startup packet, its length word included (MAX_STARTUP_PACKET_LENGTH). */
    public static final int MAX_STARTUP_PACKET = 10_000;
    /** Password and SASL messages (PG_MAX_AUTH_TOKEN_LENGTH). */
    public static final int MAX_AUTHENTICATION_BODY = 65_535;
    /** Messages that hold names and numbers (PQ_SMALL_MESSAGE_LIMIT). */
    public static final int MAX_SMALL_BODY = 10_000;
    /** Messages that hold SQL or values (PQ_LARGE_MESSAGE_LIMIT): 1 GiB. */
    public static final int MAX_LARGE_BODY = 0x3FFF_FFFE - LENGTH_BYTES;

    private static final int UNKNOWN = -1;
    private static final int[] FRONTEND = new int[128];

    static {
        Arrays.fill(FRONTEND, UNKNOWN);
        FRONTEND[MessageTypes.QUERY] = MAX_LARGE_BODY;
        FRONTEND[MessageTypes.PARSE] = MAX_LARGE_BODY;
        FRONTEND[MessageTypes.BIND] = MAX_LARGE_BODY;
        FRONTEND[MessageTypes.FUNCTION_CALL] = MAX_LARGE_BODY;
        FRONTEND[MessageTypes.COPY_DATA] = MAX_LARGE_BODY;
        FRONTEND[MessageTypes.DESCRIBE] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.EXECUTE] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.CLOSE] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.FLUSH] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.SYNC] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.TERMINATE] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.COPY_DONE] = MAX_SMALL_BODY;
        FRONTEND[MessageTypes.COPY_FAIL] = MAX_SMALL_BODY;
    }

    private FrameLimits() {}

    /** The greatest body in bytes of a frontend message after the login, or -1 when there is no such type. */
    public static int maxFrontendBody(byte type) {
        return type < 0 ? UNKNOWN : FRONTEND[type];
    }

    /**
     * Checks the header of a frontend message and gives its body's length.
     *
     * @param length the length word: it counts itself and the body
     * @throws ProtocolViolation always fatal: after a wrong header nobody knows where the next message begins
     */
    public static int frontendBody(byte type, int length) {
        int max = maxFrontendBody(type);
        if (max == UNKNOWN) {
            throw ProtocolViolation.unknownFrontend(type);
        }
        return body(length, max);
    }

    /** As {@link #frontendBody}, before the client is authenticated: only its replies to authentication requests. */
    public static int authenticationBody(byte type, int length) {
        if (type != MessageTypes.AUTHENTICATION_RESPONSE && type != MessageTypes.TERMINATE) {
            throw ProtocolViolation.outOfStep("expected SASL response, got message type " + (type & 0xFF));
        }
        return body(length, MAX_AUTHENTICATION_BODY);
    }

    /** Checks the length word of a startup packet and gives the length of what follows it. */
    public static int startupBody(int length) {
        if (length < 2 * LENGTH_BYTES || length > MAX_STARTUP_PACKET) {
            throw ProtocolViolation.noClient("invalid length of startup packet");
        }
        return length - LENGTH_BYTES;
    }

    /** Checks the length word of a backend message and gives its body's length. A node may send what it likes up to 1 GiB. */
    public static int backendBody(int length) {
        return body(length, Integer.MAX_VALUE - HEADER_BYTES);
    }

    private static int body(int length, int max) {
        if (length < LENGTH_BYTES || length - LENGTH_BYTES > max) {
            throw ProtocolViolation.noClient("invalid message length");
        }
        return length - LENGTH_BYTES;
    }
}
