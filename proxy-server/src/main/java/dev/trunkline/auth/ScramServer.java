package dev.trunkline.auth;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;

/**
 * The server's side of one SCRAM-SHA-256 dialog (RFC 5802, 7677), with channel binding tls-server-end-point (RFC 5929) where
 * the connection has a certificate. Its texts are PostgreSQL's.
 *
 * <pre>
 *   client                                            server
 *     | n,,n=,r=CNONCE                                  |   {@link #first}
 *     | ----------------------------------------------> |
 *     |           r=CNONCE SNONCE,s=SALT,i=ITERATIONS   |
 *     | <---------------------------------------------- |
 *     | c=biws,r=CNONCE SNONCE,p=PROOF                  |   {@link #last}
 *     | ----------------------------------------------> |
 *     |                             v=SERVERSIGNATURE   |
 *     | <---------------------------------------------- |
 * </pre>
 *
 * <p>The server checks {@code SHA256(PROOF xor HMAC(StoredKey, messages)) = StoredKey}. A user that does not exist is doomed
 * but goes through the same steps, with a salt that is made of its name and a secret: asking twice gives the same salt, so
 * that nobody learns from the dialog which users there are.
 */
public final class ScramServer {

    public static final String PLAIN = "SCRAM-SHA-256";
    public static final String PLUS = "SCRAM-SHA-256-PLUS";

    /** PG_MAX_SASL_MESSAGE_LENGTH. */
    static final int MAX_MESSAGE = 1024;

    private static final int NONCE_BYTES = 18;
    private static final String BINDING = "tls-server-end-point";

    private enum State {
        FIRST,
        LAST,
        DONE
    }

    private final ScramVerifier verifier;
    private final boolean doomed;
    private final Bytes channelBinding;
    private final String serverNonce;
    private State state = State.FIRST;
    private String gs2Header;
    private String clientFirstBare;
    private String serverFirst;
    private String nonce;
    private Bytes clientKey;

    ScramServer(ScramVerifier verifier, boolean doomed, Bytes channelBinding, String serverNonce) {
        this.verifier = verifier;
        this.doomed = doomed;
        this.channelBinding = channelBinding;
        this.serverNonce = serverNonce;
    }

    /** @param channelBinding the hash of the server's certificate; null when there is no TLS */
    public static ScramServer forUser(ScramVerifier verifier, Bytes channelBinding, SecureRandom random) {
        return new ScramServer(verifier, false, channelBinding, nonce(random));
    }

    /**
     * A dialog that no proof ends well.
     *
     * @param secret the same for all dialogs of the process, and known to nobody else
     */
    public static ScramServer forUnknownUser(String user, Bytes secret, Bytes channelBinding, SecureRandom random) {
        byte[] mock = ScramKeys.hmac(secret.array(), user.getBytes(StandardCharsets.UTF_8));
        var salt = new byte[ScramVerifier.SALT_BYTES];
        System.arraycopy(mock, 0, salt, 0, salt.length);
        var verifier = new ScramVerifier(ScramVerifier.DEFAULT_ITERATIONS, Bytes.of(salt), Bytes.of(mock),
                Bytes.of(mock));
        return new ScramServer(verifier, true, channelBinding, nonce(random));
    }

    /** What AuthenticationSASL offers. */
    public List<String> mechanisms() {
        return channelBinding == null ? List.of(PLAIN) : List.of(PLUS, PLAIN);
    }

    /** Refuses a mechanism that there is not. */
    void requireOffered(String mechanism) {
        if (!mechanisms().contains(mechanism)) {
            throw ProxyError.PROTOCOL_VIOLATION.with("client selected an invalid SASL authentication mechanism");
        }
    }

    /**
     * Takes client-first and gives server-first.
     *
     * @throws ProxyException when the message is malformed or asks for what there is not; the login is over
     */
    public Bytes first(String mechanism, Bytes message) {
        move(State.FIRST, State.LAST);
        requireOffered(mechanism);
        var in = new Attributes(text(message));
        bindingFlag(in, mechanism.equals(PLUS));
        in.expect(',');
        if (in.peek() == 'a') {
            throw unsupported("client uses authorization identity, but it is not supported");
        }
        in.expect(',');
        gs2Header = in.consumed();
        clientFirstBare = in.rest();
        if (in.peek() == 'm') {
            throw unsupported("client requires an unsupported SCRAM extension");
        }
        // The user's name is that of the startup packet; what stands here is ignored, as in PostgreSQL.
        in.value('n');
        String clientNonce = in.value('r');
        if (!clientNonce.chars().allMatch(c -> c >= 0x21 && c <= 0x7E)) {
            throw malformed("Non-printable characters in SCRAM nonce.");
        }
        while (in.hasMore()) {
            in.any();
        }
        nonce = clientNonce + serverNonce;
        serverFirst = "r=" + nonce + ",s=" + Base64.getEncoder().encodeToString(verifier.salt().array()) + ",i="
                + verifier.iterations();
        return Bytes.utf8(serverFirst);
    }

    /**
     * Takes client-final and gives server-final, or null when the proof is wrong or the user unknown.
     *
     * @throws ProxyException when the message is malformed or another dialog's; the login is over
     */
    public Bytes last(Bytes message) {
        move(State.LAST, State.DONE);
        var in = new Attributes(text(message));
        checkBinding(in.value('c'));
        String finalNonce = in.value('r');
        int proofAt = in.beforeProof();
        String withoutProof = in.before(proofAt);
        byte[] proof;
        try {
            proof = Base64.getDecoder().decode(in.value('p'));
        } catch (IllegalArgumentException e) {
            throw malformed("Malformed proof in client-final-message.");
        }
        if (proof.length != ScramKeys.KEY_BYTES) {
            throw malformed("Malformed proof in client-final-message.");
        }
        if (in.hasMore()) {
            throw malformed("Garbage found at the end of client-final-message.");
        }
        if (!finalNonce.equals(nonce)) {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid SCRAM response").withDetail("Nonce does not match.");
        }
        byte[] messages = (clientFirstBare + "," + serverFirst + "," + withoutProof).getBytes(StandardCharsets.UTF_8);
        byte[] key = ScramKeys.xor(proof, ScramKeys.hmac(verifier.storedKey().array(), messages));
        boolean proven = MessageDigest.isEqual(ScramKeys.sha256(key), verifier.storedKey().array());
        if (!proven || doomed) {
            return null;
        }
        clientKey = Bytes.of(key);
        byte[] signature = ScramKeys.hmac(verifier.serverKey().array(), messages);
        return Bytes.utf8("v=" + Base64.getEncoder().encodeToString(signature));
    }

    /** After {@link #last} succeeded: the keys that log in to any server with the same verifier as that very user. */
    public ScramKeys provenKeys() {
        if (clientKey == null) {
            throw new IllegalStateException("nothing was proven");
        }
        return new ScramKeys(clientKey, verifier.serverKey());
    }

    private void bindingFlag(Attributes in, boolean plus) {
        switch (in.peek()) {
            case 'n' -> {
                if (plus) {
                    throw malformed("The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include"
                            + " channel binding data.");
                }
                in.expect('n');
            }
            case 'y' -> {
                if (plus) {
                    throw malformed("The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include"
                            + " channel binding data.");
                }
                // It can bind and was told that we can't: somebody in the middle took PLUS out of the offer.
                if (channelBinding != null) {
                    throw ProxyError.INVALID_AUTHORIZATION.with("SCRAM channel binding negotiation error",
                            "Look for something between client and proxy that ends TLS.")
                            .withDetail("The client supports SCRAM channel binding but thinks the server does not. "
                                    + "However, this server does support channel binding.");
                }
                in.expect('y');
            }
            case 'p' -> {
                if (!plus) {
                    throw malformed("The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message"
                            + " includes channel binding data.");
                }
                String type = in.valueUpToComma('p');
                if (!type.equals(BINDING)) {
                    throw ProxyError.PROTOCOL_VIOLATION
                            .with("unsupported SCRAM channel-binding type \"" + Attributes.printable(type) + "\"");
                }
            }
            default -> throw malformed("Unexpected channel-binding flag \"" + Attributes.printable(in.peek()) + "\".");
        }
    }

    private void checkBinding(String value) {
        byte[] header = gs2Header.getBytes(StandardCharsets.US_ASCII);
        if (!gs2Header.startsWith("p")) {
            if (!value.equals(Base64.getEncoder().encodeToString(header))) {
                throw ProxyError.PROTOCOL_VIOLATION
                        .with("unexpected SCRAM channel-binding attribute in client-final-message");
            }
            return;
        }
        byte[] expected = ByteBuffer.allocate(header.length + channelBinding.length()).put(header)
                .put(channelBinding.array()).array();
        if (!value.equals(Base64.getEncoder().encodeToString(expected))) {
            throw ProxyError.INVALID_AUTHORIZATION.with("SCRAM channel binding check failed",
                    "Look for something between client and proxy that ends TLS.");
        }
    }

    private void move(State from, State to) {
        if (state != from) {
            throw new IllegalStateException("the dialog stands at " + state);
        }
        state = to;
    }

    private static String text(Bytes message) {
        if (message == null || message.length() == 0) {
            throw malformed("The message is empty.");
        }
        if (message.length() > MAX_MESSAGE) {
            throw malformed("The message is too long.");
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message.array())).toString();
            if (text.indexOf('\0') < 0) {
                return text;
            }
        } catch (CharacterCodingException notText) {
            // Said below.
        }
        throw malformed("Message length does not match input length.");
    }

    static ProxyException malformed(String detail) {
        return ProxyError.PROTOCOL_VIOLATION.with("malformed SCRAM message").withDetail(detail);
    }

    private static ProxyException unsupported(String message) {
        return ProxyError.UNSUPPORTED_AUTHENTICATION.with(message);
    }

    private static String nonce(SecureRandom random) {
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The attributes of a message, {@code a=value} with commas between, read from left to right. */
    private static final class Attributes {

        private final String text;
        private int at;

        Attributes(String text) {
            this.text = text;
        }

        char peek() {
            return at < text.length() ? text.charAt(at) : 0;
        }

        boolean hasMore() {
            return at < text.length();
        }

        String consumed() {
            return text.substring(0, at);
        }

        String rest() {
            return text.substring(at);
        }

        String before(int end) {
            return text.substring(0, end);
        }

        void expect(char c) {
            if (peek() != c) {
                throw malformed("Comma expected, but found character \"" + printable(peek()) + "\".");
            }
            at++;
        }

        /** The value of the attribute that must come next; the comma after it is consumed. */
        String value(char name) {
            if (peek() != name) {
                throw malformed("Expected attribute \"" + name + "\" but found \"" + printable(peek()) + "\".");
            }
            return any();
        }

        /** As {@link #value}, leaving the comma. */
        String valueUpToComma(char name) {
            String value = value(name);
            if (at > 0 && text.charAt(at - 1) == ',') {
                at--;
            }
            return value;
        }

        String any() {
            char name = peek();
            if (!(name >= 'a' && name <= 'z' || name >= 'A' && name <= 'Z')) {
                throw malformed("Attribute expected, but found invalid character \"" + printable(name) + "\".");
            }
            if (at + 1 >= text.length() || text.charAt(at + 1) != '=') {
                throw malformed("Expected character \"=\" for attribute \"" + name + "\".");
            }
            int comma = text.indexOf(',', at);
            int end = comma < 0 ? text.length() : comma;
            String value = text.substring(at + 2, end);
            at = comma < 0 ? end : comma + 1;
            return value;
        }

        /** Skips extensions up to the proof and gives the index of the comma before it. */
        int beforeProof() {
            while (peek() != 'p') {
                if (!hasMore()) {
                    throw malformed("Expected attribute \"p\" but found \"0x00\".");
                }
                any();
            }
            return at - 1;
        }

        static String printable(char c) {
            return c >= 0x21 && c <= 0x7E ? String.valueOf(c) : String.format("0x%02x", (int) c);
        }

        static String printable(String text) {
            var result = new StringBuilder();
            text.chars().limit(30).forEach(c -> result.append(c >= 0x21 && c <= 0x7E ? (char) c : '?'));
            return result.toString();
        }
    }
}
