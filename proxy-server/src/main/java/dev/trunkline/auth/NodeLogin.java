package dev.trunkline.auth;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendMessage.Authentication;
import dev.trunkline.wire.BackendMessage.AuthenticationCleartextPassword;
import dev.trunkline.wire.BackendMessage.AuthenticationMD5Password;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.AuthenticationOther;
import dev.trunkline.wire.BackendMessage.AuthenticationSASL;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLContinue;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLFinal;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.PasswordMessage;
import dev.trunkline.wire.FrontendMessage.SASLInitialResponse;
import dev.trunkline.wire.FrontendMessage.SASLResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * The proxy's login at a node: takes each Authentication message and gives the reply. Confined to whoever owns the
 * connection. What the node asks for decides: nothing (trust), SCRAM-SHA-256 (with channel binding over TLS), md5, or the
 * password itself, which is given away only over TLS or within the machine.
 */
public final class NodeLogin {

    /** What carries the login, which decides whether a password may be sent as it is. */
    public enum Link {
        TLS,
        LOOPBACK,
        PLAIN
    }

    private enum State {
        OPEN,
        PASSWORD_SENT,
        SCRAM_FIRST_SENT,
        SCRAM_PROOF_SENT,
        SCRAM_VERIFIED,
        IN
    }

    /** Beyond this a node could keep an event loop busy for seconds. PostgreSQL's default is 4096. */
    private static final int MAX_ITERATIONS = 1_000_000;
    private static final int NONCE_BYTES = 18;

    private final String node;
    private final NodeCredential credential;
    private final Link link;
    private final Bytes channelBinding;
    private final String nonce;
    private State state = State.OPEN;
    private List<String> offered;
    private ScramClient scram;

    /** @param channelBinding tls-server-end-point of the node's certificate; null without TLS */
    public NodeLogin(String node, NodeCredential credential, Link link, Bytes channelBinding, SecureRandom random) {
        this.node = node;
        this.credential = credential;
        this.link = link;
        this.channelBinding = channelBinding;
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        this.nonce = Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * The reply to a message; null when there is nothing to send.
     *
     * @throws ProxyException 58000: the login can't succeed and the connection is to be closed
     */
    public FrontendMessage reply(Authentication message) {
        return switch (message) {
            case AuthenticationOk m -> accept();
            case AuthenticationCleartextPassword m -> clearPassword();
            case AuthenticationMD5Password m -> md5Password(m.salt());
            case AuthenticationSASL m -> openScram(m.mechanisms());
            case AuthenticationSASLContinue m -> proveScram(m.data());
            case AuthenticationSASLFinal m -> verifyScram(m.data());
            case AuthenticationOther m -> throw failed("it asks for " + name(m.code()) + ", which is not supported");
        };
    }

    public boolean authenticated() {
        return state == State.IN;
    }

    private FrontendMessage accept() {
        switch (state) {
            case OPEN, PASSWORD_SENT, SCRAM_VERIFIED -> state = State.IN;
            case SCRAM_FIRST_SENT, SCRAM_PROOF_SENT ->
                // A node that knows no verifier of ours could be anybody.
                throw failed("it skipped its own proof of SCRAM");
            case IN -> throw failed("it sent AuthenticationOk twice");
        }
        return null;
    }

    private FrontendMessage clearPassword() {
        expect(State.OPEN);
        if (link == Link.PLAIN) {
            throw failed("it asks for the password in clear text over a connection without TLS");
        }
        state = State.PASSWORD_SENT;
        return new PasswordMessage(password("clear text").password());
    }

    private FrontendMessage md5Password(Bytes salt) {
        expect(State.OPEN);
        var login = password("md5");
        state = State.PASSWORD_SENT;
        String inner = md5(utf8(login.password()), utf8(login.user()));
        return new PasswordMessage("md5" + md5(utf8(inner), salt.array()));
    }

    private FrontendMessage openScram(List<String> mechanisms) {
        expect(State.OPEN);
        if (credential instanceof NodeCredential.None) {
            throw failed("it asks for a password, and none is configured");
        }
        boolean known = mechanisms.contains(ScramServer.PLAIN)
                || mechanisms.contains(ScramServer.PLUS) && channelBinding != null;
        if (!known) {
            throw failed("it offers no SASL mechanism that is supported: " + String.join(", ", mechanisms));
        }
        offered = mechanisms;
        // The library wants its keys now; ours need the salt. This client only opens the dialog, and the one that ends it
        // says the same up to the challenge.
        var noKey = Bytes.of(new byte[ScramKeys.KEY_BYTES]);
        scram = client(new ScramKeys(noKey, noKey));
        state = State.SCRAM_FIRST_SENT;
        return new SASLInitialResponse(scram.getScramMechanism().getName(),
                Bytes.utf8(scram.clientFirstMessage().toString()));
    }

    private FrontendMessage proveScram(Bytes challenge) {
        expect(State.SCRAM_FIRST_SENT);
        try {
            String text = challenge.text();
            var serverFirst = scram.serverFirstMessage(text);
            if (serverFirst.getIterationCount() > MAX_ITERATIONS) {
                throw failed("it asks for " + serverFirst.getIterationCount() + " iterations of SCRAM; the limit is "
                        + MAX_ITERATIONS);
            }
            Bytes salt = Bytes.of(Base64.getDecoder().decode(serverFirst.getSalt()));
            scram = client(keys(salt, serverFirst.getIterationCount()));
            scram.clientFirstMessage();
            scram.serverFirstMessage(text);
            state = State.SCRAM_PROOF_SENT;
            return new SASLResponse(Bytes.utf8(scram.clientFinalMessage().toString()));
        } catch (ScramException | IllegalArgumentException e) {
            throw failed("its SCRAM challenge is malformed");
        }
    }

    private FrontendMessage verifyScram(Bytes signature) {
        expect(State.SCRAM_PROOF_SENT);
        try {
            scram.serverFinalMessage(signature.text());
        } catch (ScramException | IllegalArgumentException e) {
            throw failed("it could not prove that it knows the password");
        }
        state = State.SCRAM_VERIFIED;
        return null;
    }

    private ScramClient client(ScramKeys keys) {
        var builder = ScramClient.builder().advertisedMechanisms(offered)
                // PostgreSQL takes the user from the startup packet; libpq sends none here. The library wants one.
                .username("*").clientAndServerKey(keys.clientKey().array(), keys.serverKey().array())
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION).nonceSupplier(() -> nonce);
        if (channelBinding != null) {
            builder = builder.channelBinding("tls-server-end-point", channelBinding.array());
        }
        return builder.build();
    }

    private ScramKeys keys(Bytes salt, int iterations) {
        return switch (credential) {
            case NodeCredential.Password p -> p.keys(salt, iterations);
            case NodeCredential.Keys k -> k.keys();
            case NodeCredential.None n -> throw failed("it asks for a password, and none is configured");
        };
    }

    private NodeCredential.Password password(String method) {
        return switch (credential) {
            case NodeCredential.Password p -> p;
            case NodeCredential.Keys k -> throw failed("it asks for " + method
                    + ", and only the user's SCRAM keys are known");
            case NodeCredential.None n -> throw failed("it asks for a password, and none is configured");
        };
    }

    private void expect(State expected) {
        if (state != expected) {
            throw failed("it sent its login messages out of order");
        }
    }

    private ProxyException failed(String why) {
        return ProxyError.NODE_LOGIN_FAILED.with(node, why);
    }

    private static String name(int code) {
        return switch (code) {
            case 2 -> "Kerberos V5";
            case 7, 8 -> "GSSAPI";
            case 9 -> "SSPI";
            default -> "authentication method " + code;
        };
    }

    private static String md5(byte[] first, byte[] second) {
        try {
            var digest = MessageDigest.getInstance("MD5");
            digest.update(first);
            digest.update(second);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
