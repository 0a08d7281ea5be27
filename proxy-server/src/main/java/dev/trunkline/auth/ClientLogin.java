package dev.trunkline.auth;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.AuthenticationSASL;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLContinue;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLFinal;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendDecoder;
import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import java.util.List;

/**
 * A client's login, from the startup packet to AuthenticationOk. Confined to whoever owns the connection.
 *
 * <pre>
 *   AuthenticationSASL          {@link #opening}
 *   'p' SASLInitialResponse     {@link #answer}: AuthenticationSASLContinue
 *   'p' SASLResponse            {@link #answer}: AuthenticationSASLFinal, AuthenticationOk
 * </pre>
 */
public final class ClientLogin {

    private enum State {
        OPEN,
        /** The mechanism is chosen, and the client was asked for its first message. */
        ASKED,
        CHALLENGED,
        IN
    }

    private final String user;
    private final ScramServer scram;
    private State state = State.OPEN;
    private String mechanism;

    /**
     * @param verifier       null when there is no such user: the dialog then goes on to the same error as a wrong password
     * @param mockSecret     see {@link ScramServer#forUnknownUser}
     * @param channelBinding the hash of the proxy's certificate; null when the connection has no TLS
     */
    public ClientLogin(String user, ScramVerifier verifier, Bytes mockSecret, Bytes channelBinding,
            SecureRandom random) {
        this.user = user;
        this.scram = verifier == null
                ? ScramServer.forUnknownUser(user, mockSecret, channelBinding, random)
                : ScramServer.forUser(verifier, channelBinding, random);
    }

    public BackendMessage opening() {
        return new AuthenticationSASL(scram.mechanisms());
    }

    /**
     * Takes the body of a 'p' message and gives what to send.
     *
     * @throws ProxyException                            28P01 and others: send it as FATAL and close
     * @throws dev.trunkline.wire.ProtocolViolation the same, for a body that is no such message
     */
    public List<BackendMessage> answer(ByteBuf body) {
        return switch (state) {
            case OPEN -> {
                var message = FrontendDecoder.decodeSaslInitialResponse(body);
                if (message.response() == null) {
                    scram.requireOffered(message.mechanism());
                    mechanism = message.mechanism();
                    state = State.ASKED;
                    yield List.of(new AuthenticationSASLContinue(Bytes.EMPTY));
                }
                var challenge = scram.first(message.mechanism(), message.response());
                state = State.CHALLENGED;
                yield List.of(new AuthenticationSASLContinue(challenge));
            }
            case ASKED -> {
                var challenge = scram.first(mechanism, FrontendDecoder.decodeSaslResponse(body).data());
                state = State.CHALLENGED;
                yield List.of(new AuthenticationSASLContinue(challenge));
            }
            case CHALLENGED -> {
                var signature = scram.last(FrontendDecoder.decodeSaslResponse(body).data());
                if (signature == null) {
                    throw ProxyError.INVALID_PASSWORD.with(user);
                }
                state = State.IN;
                yield List.of(new AuthenticationSASLFinal(signature), new AuthenticationOk());
            }
            case IN -> throw new IllegalStateException("the client is in");
        };
    }

    public boolean authenticated() {
        return state == State.IN;
    }

    /** The keys that the client's proof gave away, to log in to nodes as that very user. Only once it is in. */
    public ScramKeys provenKeys() {
        return scram.provenKeys();
    }
}
