package dev.trunkline.error;

/**
 * An error of the proxy on its way to a client: immutable, without a stack trace (a refusal is an answer, not an accident).
 * {@code position} counts characters of the statement from 1, 0 when there is none.
 */
public final class ProxyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ProxyError error;
    private final String logged;
    private final String detail;
    private final String hint;
    private final int position;

    ProxyException(ProxyError error, String message, String logged, String hint) {
        this(error, message, logged, null, hint, 0);
    }

    private ProxyException(ProxyError error, String message, String logged, String detail, String hint,
            int position) {
        super(message, null, false, false);
        this.error = error;
        this.logged = logged;
        this.detail = detail;
        this.hint = hint;
        this.position = position;
    }

    public ProxyException withDetail(String text) {
        return new ProxyException(error, getMessage(), logged, text, hint, position);
    }

    public ProxyException withHint(String text) {
        return new ProxyException(error, getMessage(), logged, detail, text, position);
    }

    public ProxyException withPosition(int character) {
        return new ProxyException(error, getMessage(), logged, detail, hint, character);
    }

    public ProxyError error() {
        return error;
    }

    public String sqlState() {
        return error.sqlState();
    }

    /** The message without what it may quote of the client's values. */
    public String logged() {
        return logged;
    }

    /** Null when there is none. */
    public String detail() {
        return detail;
    }

    /** Null when there is none. */
    public String hint() {
        return hint;
    }

    public int position() {
        return position;
    }
}
