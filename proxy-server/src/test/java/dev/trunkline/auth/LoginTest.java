package dev.trunkline.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.auth.NodeLogin.Link;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.Authentication;
import dev.trunkline.wire.BackendMessage.AuthenticationCleartextPassword;
import dev.trunkline.wire.BackendMessage.AuthenticationMD5Password;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.AuthenticationOther;
import dev.trunkline.wire.BackendMessage.AuthenticationSASL;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLContinue;
import dev.trunkline.wire.BackendMessage.AuthenticationSASLFinal;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrameLimits;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.PasswordMessage;
import dev.trunkline.wire.FrontendMessage.SASLInitialResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both sides of a login talk to each other: the server's side is ours, the client's a library's. */
class LoginTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Bytes SECRET = Bytes.utf8("secret");
    private static final Bytes CERTIFICATE = Bytes.utf8("hash of a certificate");

    @Test
    void theRightPassword() {
        for (String password : new String[]{"pencil", "", "žluťoučký kůň", "a,b=c\"'\\", "\u2168", "\u0007",
                "x".repeat(300), "🐎"}) {
            var client = client(password, null);
            var node = login(new NodeCredential.Password("app", password), Link.PLAIN, null);
            talk(client, node);
            assertTrue(client.authenticated(), password);
            assertTrue(node.authenticated(), password);
        }
    }

    @Test
    void theWrongPassword() {
        var client = client("pencil", null);
        var node = login(new NodeCredential.Password("app", "pencil "), Link.PLAIN, null);
        var e = assertThrows(ProxyException.class, () -> talk(client, node));
        assertEquals("28P01", e.sqlState());
        assertEquals("password authentication failed for user \"app\"", e.getMessage());
        assertFalse(client.authenticated());
    }

    @Test
    void anUnknownUserGetsTheSameError() {
        var client = new ClientLogin("app", null, SECRET, null, RANDOM);
        var e = assertThrows(ProxyException.class,
                () -> talk(client, login(new NodeCredential.Password("app", "pencil"), Link.PLAIN, null)));
        assertEquals("28P01", e.sqlState());
        assertEquals("password authentication failed for user \"app\"", e.getMessage());
    }

    @Test
    void channelBinding() {
        var client = client("pencil", CERTIFICATE);
        var node = login(new NodeCredential.Password("app", "pencil"), Link.TLS, CERTIFICATE);
        assertEquals("SCRAM-SHA-256-PLUS",
                ((SASLInitialResponse) node.reply((Authentication) client.opening())).mechanism());
        var again = client("pencil", CERTIFICATE);
        talk(again, login(new NodeCredential.Password("app", "pencil"), Link.TLS, CERTIFICATE));
        assertTrue(again.authenticated());
    }

    /** Whoever sits in the middle with another certificate is found out. */
    @Test
    void channelBindingToAnotherCertificate() {
        var e = assertThrows(ProxyException.class, () -> talk(client("pencil", CERTIFICATE),
                login(new NodeCredential.Password("app", "pencil"), Link.TLS, Bytes.utf8("another"))));
        assertEquals("SCRAM channel binding check failed", e.getMessage());
    }

    /** The client's proof gives the proxy its keys; they log in to a node that keeps the same verifier. */
    @Test
    void provenKeysLogInElsewhere() {
        var verifier = ScramVerifier.of("pencil", RANDOM);
        var client = new ClientLogin("app", verifier, SECRET, null, RANDOM);
        talk(client, login(new NodeCredential.Password("app", "pencil"), Link.PLAIN, null));
        var node = new ClientLogin("app", verifier, SECRET, null, RANDOM);
        talk(node, login(new NodeCredential.Keys("app", client.provenKeys()), Link.PLAIN, null));
        assertTrue(node.authenticated());
    }

    /** Deriving keys is dear: a pool does it once for a node's salt. */
    @Test
    void keysAreDerivedOnceForASalt() {
        var password = new NodeCredential.Password("app", "pencil");
        var keys = password.keys(Bytes.utf8("salt"), 4096);
        assertTrue(keys == password.keys(Bytes.utf8("salt"), 4096));
        for (int i = 0; i < 100; i++) {
            password.keys(Bytes.utf8("salt" + i), 1);
        }
        assertEquals(keys, password.keys(Bytes.utf8("salt"), 4096));
    }

    @Test
    void trust() {
        var node = login(new NodeCredential.None("app"), Link.PLAIN, null);
        assertNull(node.reply(new AuthenticationOk()));
        assertTrue(node.authenticated());
        assertEquals("the proxy could not log in to node \"a\": it asks for a password, and none is configured",
                refused(login(new NodeCredential.None("app"), Link.PLAIN, null),
                        new AuthenticationSASL(List.of("SCRAM-SHA-256"))));
    }

    @Test
    void clearTextOnlyWhereNobodyListens() {
        var password = new NodeCredential.Password("app", "pencil");
        for (Link link : List.of(Link.TLS, Link.LOOPBACK)) {
            assertEquals(new PasswordMessage("pencil"),
                    login(password, link, null).reply(new AuthenticationCleartextPassword()));
        }
        assertEquals("the proxy could not log in to node \"a\": it asks for the password in clear text over a"
                + " connection without TLS",
                refused(login(password, Link.PLAIN, null), new AuthenticationCleartextPassword()));
    }

    /** The hash is PostgreSQL's: select 'md5' || md5(md5('pencil' || 'app') || E'\\001\\002\\003\\004'). */
    @Test
    void md5() {
        var reply = login(new NodeCredential.Password("app", "pencil"), Link.PLAIN, null)
                .reply(new AuthenticationMD5Password(Bytes.of(new byte[]{1, 2, 3, 4})));
        assertEquals(new PasswordMessage("md54bfca4ca571b8df74c2fc2247888d96f"), reply);
    }

    @Test
    void whatIsNotSpoken() {
        var password = new NodeCredential.Password("app", "pencil");
        assertTrue(refused(login(password, Link.TLS, null), new AuthenticationOther(7, Bytes.EMPTY))
                .endsWith("it asks for GSSAPI, which is not supported"));
        assertTrue(refused(login(password, Link.TLS, null), new AuthenticationSASL(List.of("OAUTHBEARER")))
                .endsWith("it offers no SASL mechanism that is supported: OAUTHBEARER"));
    }

    /** A node that does not know the password must not be believed, whatever it says. */
    @Test
    void nodesThatCheat() {
        var password = new NodeCredential.Password("app", "pencil");
        var skipsProof = login(password, Link.PLAIN, null);
        skipsProof.reply(new AuthenticationSASL(List.of("SCRAM-SHA-256")));
        assertTrue(refused(skipsProof, new AuthenticationOk()).endsWith("it skipped its own proof of SCRAM"));

        var server = client("pencil", null);
        var liedTo = login(password, Link.PLAIN, null);
        var challenge = server.answer(body(liedTo.reply((Authentication) server.opening()))).getFirst();
        liedTo.reply((Authentication) challenge);
        assertTrue(refused(liedTo, new AuthenticationSASLFinal(
                Bytes.utf8("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")))
                .endsWith("it could not prove that it knows the password"));

        var busy = login(password, Link.PLAIN, null);
        var first = (SASLInitialResponse) busy.reply(new AuthenticationSASL(List.of("SCRAM-SHA-256")));
        String text = first.response().text();
        String nonce = text.substring(text.indexOf("r="));
        assertTrue(refused(busy, new AuthenticationSASLContinue(Bytes.utf8(nonce + "x,s=c2FsdA==,i=2000000000")))
                .contains("2000000000 iterations"));

        var foreign = login(password, Link.PLAIN, null);
        foreign.reply(new AuthenticationSASL(List.of("SCRAM-SHA-256")));
        assertTrue(refused(foreign, new AuthenticationSASLContinue(Bytes.utf8("r=mine,s=c2FsdA==,i=4096")))
                .endsWith("its SCRAM challenge is malformed"));
        assertTrue(refused(login(password, Link.PLAIN, null), new AuthenticationSASLFinal(Bytes.EMPTY))
                .endsWith("it sent its login messages out of order"));
    }

    @Test
    void secretsAreNotPrinted() {
        assertFalse(new NodeCredential.Password("app", "pencil").toString().contains("pencil"));
        assertEquals("ScramKeys[clientKey=32 bytes, serverKey=32 bytes]",
                ScramKeys.derive("pencil", new byte[16], 1).toString());
    }

    private static void talk(ClientLogin client, NodeLogin node) {
        List<BackendMessage> said = List.of(client.opening());
        while (true) {
            FrontendMessage reply = null;
            for (BackendMessage message : said) {
                reply = node.reply((Authentication) message);
            }
            if (reply == null) {
                return;
            }
            said = client.answer(body(reply));
        }
    }

    private static ByteBuf body(FrontendMessage message) {
        ByteBuf out = Unpooled.buffer();
        FrontendEncoder.encode(message, out);
        return out.skipBytes(FrameLimits.HEADER_BYTES);
    }

    private static ClientLogin client(String password, Bytes certificate) {
        return new ClientLogin("app", ScramVerifier.of(password, RANDOM), SECRET, certificate, RANDOM);
    }

    private static NodeLogin login(NodeCredential credential, Link link, Bytes certificate) {
        return new NodeLogin("a", credential, link, certificate, RANDOM);
    }

    private static String refused(NodeLogin login, Authentication message) {
        return assertThrows(ProxyException.class, () -> login.reply(message)).getMessage();
    }
}
