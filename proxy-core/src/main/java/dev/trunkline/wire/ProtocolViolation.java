package dev.trunkline.wire;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.nio.ByteBuffer;
import java.util.StringJoiner;

/**
 * A message that breaks the protocol, with PostgreSQL's own SQLSTATE and text for it. A {@linkplain #fatal() fatal} one
 * means that the stream's frames can no longer be told apart: the connection is closed after the error is sent, or
 * {@linkplain #silent() without}. After any other the next frame is still known, and the session goes on as PostgreSQL does: to Sync, or to the next query.
 */
public final class ProtocolViolation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ProxyException error;
    private final Weight weight;

    private enum Weight {
        ERROR,
        FATAL,
        SILENT
    }

    private ProtocolViolation(ProxyException error, Weight weight) {
        // No stack trace: hostile input must stay cheap to refuse.
        super(error.getMessage(), null, false, false);
        this.error = error;
        this.weight = weight;
    }

    /** A body that does not hold what its type says; the frame itself is sound. */
    static ProtocolViolation malformed(String message) {
        return new ProtocolViolation(ProxyError.PROTOCOL_VIOLATION.with(message), Weight.ERROR);
    }

    static ProtocolViolation formatCode(int code) {
        return new ProtocolViolation(ProxyError.UNSUPPORTED_FORMAT_CODE.with(code), Weight.ERROR);
    }

    /** The stream is out of step. */
    static ProtocolViolation outOfStep(String message) {
        return new ProtocolViolation(ProxyError.PROTOCOL_VIOLATION.with(message), Weight.FATAL);
    }

    /** A message that a client must not send here, if there is such a message at all. */
    public static ProtocolViolation unknownFrontend(byte type) {
        return outOfStep("invalid frontend message type " + (type & 0xFF));
    }

    /** After a message of another kind in the middle of COPY data. */
    public static ProtocolViolation lostSynchronization() {
        return outOfStep("terminating connection because protocol synchronization was lost");
    }

    /** A frame that no client of PostgreSQL sends: who knows what is at the other end. */
    public static ProtocolViolation noClient(String message) {
        return new ProtocolViolation(ProxyError.PROTOCOL_VIOLATION.with(message), Weight.SILENT);
    }

    static ProtocolViolation unsupportedVersion(int version) {
        var name = ProtocolVersion.major(version) + "." + ProtocolVersion.minor(version);
        return new ProtocolViolation(ProxyError.UNSUPPORTED_PROTOCOL.with(name), Weight.FATAL);
    }

    /** {@code bytes} stands at the first byte that is not UTF-8. */
    static ProtocolViolation notUtf8(ByteBuffer bytes) {
        int lead = bytes.get(bytes.position()) & 0xFF;
        int expected = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;
        var shown = new StringJoiner(" ");
        for (int i = 0; i < Math.min(expected, bytes.remaining()); i++) {
            shown.add(String.format("0x%02x", bytes.get(bytes.position() + i)));
        }
        return new ProtocolViolation(ProxyError.INVALID_ENCODING.with(shown.toString()), Weight.ERROR);
    }

    /** Bytes that are no character of an encoding. */
    static ProtocolViolation notIn(byte[] bytes, int from, int to, String encoding) {
        return new ProtocolViolation(ProxyError.INVALID_BYTES.with(encoding, hex(bytes, from, to)), Weight.ERROR);
    }

    /** Bytes of an encoding that mean no character of Unicode. */
    static ProtocolViolation untranslatable(byte[] bytes, int from, int to, String encoding) {
        return new ProtocolViolation(ProxyError.UNTRANSLATABLE.with(hex(bytes, from, to), encoding, "UTF8"),
                Weight.ERROR);
    }

    private static String hex(byte[] bytes, int from, int to) {
        var shown = new StringJoiner(" ");
        for (int i = from; i < to; i++) {
            shown.add(String.format("0x%02x", bytes[i]));
        }
        return shown.toString();
    }

    public ProxyException error() {
        return error;
    }

    public String sqlState() {
        return error.sqlState();
    }

    public boolean fatal() {
        return weight != Weight.ERROR;
    }

    /** Whether the connection is closed without a word, as PostgreSQL does: the text is for the log. */
    public boolean silent() {
        return weight == Weight.SILENT;
    }
}
