package dev.trunkline.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScramServerTest {

    private static final ScramVerifier PENCIL = ScramVerifier.of("pencil",
            Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
    private static final String FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static final String NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The dialog of RFC 7677, section 3. */
    @Test
    void theDialogOfTheRfc() {
        var server = server();
        assertEquals("r=" + NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", first(server, FIRST));
        assertEquals("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
                server.last(Bytes.utf8("c=biws,r=" + NONCE + ",p=" + PROOF)).text());
        assertEquals(ScramKeys.derive("pencil", PENCIL.salt().array(), 4096), server.provenKeys());
    }

    @Test
    void aWrongProof() {
        var server = server();
        first(server, FIRST);
        assertNull(server.last(Bytes.utf8("c=biws,r=" + NONCE + ",p=" + PROOF.replace('d', 'e'))));
        assertThrows(IllegalStateException.class, server::provenKeys);
    }

    @Test
    void aProofOfAnotherDialog() {
        var server = server();
        first(server, FIRST);
        assertEquals("invalid SCRAM response: Nonce does not match.",
                refused(() -> server.last(Bytes.utf8("c=biws,r=" + NONCE + "x,p=" + PROOF))));
    }

    /** The salt of a user that there is not stays the same, and differs from user to user, as real ones do. */
    @Test
    void unknownUsersLookLikeOthers() {
        Bytes secret = Bytes.utf8("a secret of this process");
        String one = saltFor("nobody", secret);
        assertEquals(one, saltFor("nobody", secret));
        assertNotEquals(one, saltFor("nobody2", secret));
        assertNotEquals(one, saltFor("nobody", Bytes.utf8("another secret")));
        assertEquals(PENCIL.salt().length(), Base64.getDecoder().decode(one).length);
    }

    /** Whoever could compute the mock keys would still not get in. */
    @Test
    void unknownUsersAreDoomed() {
        var server = new ScramServer(PENCIL, true, null, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        first(server, FIRST);
        assertNull(server.last(Bytes.utf8("c=biws,r=" + NONCE + ",p=" + PROOF)));
    }

    @Test
    void malformedFirstMessages() {
        String malformed = "malformed SCRAM message: ";
        assertEquals(malformed + "The message is empty.", refusedFirst(""));
        assertEquals(malformed + "The message is too long.", refusedFirst(FIRST + "x".repeat(1024)));
        assertEquals(malformed + "Message length does not match input length.", refusedFirst(FIRST + "\0"));
        assertEquals(malformed + "Unexpected channel-binding flag \"x\".", refusedFirst("x,,n=,r=abc"));
        assertEquals(malformed + "Comma expected, but found character \"n\".", refusedFirst("nn,n=,r=abc"));
        assertEquals(malformed + "Expected attribute \"n\" but found \"r\".", refusedFirst("n,,r=abc"));
        assertEquals(malformed + "Expected attribute \"r\" but found \"0x00\".", refusedFirst("n,,n=abc"));
        assertEquals(malformed + "Expected character \"=\" for attribute \"n\".", refusedFirst("n,,n"));
        assertEquals(malformed + "Non-printable characters in SCRAM nonce.", refusedFirst("n,,n=,r=a\u0007"));
        assertEquals(malformed + "Attribute expected, but found invalid character \"1\".",
                refusedFirst("n,,n=,r=a,1=2"));
        assertEquals("client uses authorization identity, but it is not supported",
                refusedFirst("n,a=admin,n=,r=abc"));
        assertEquals("client requires an unsupported SCRAM extension", refusedFirst("n,,m=x,n=,r=abc"));
        assertEquals("client selected an invalid SASL authentication mechanism",
                refused(() -> server().first("PLAIN", Bytes.utf8(FIRST))));
    }

    @Test
    void malformedLastMessages() {
        String malformed = "malformed SCRAM message: ";
        assertEquals(malformed + "Expected attribute \"c\" but found \"r\".", refusedLast("r=" + NONCE));
        assertEquals(malformed + "Expected attribute \"p\" but found \"0x00\".", refusedLast("c=biws,r=" + NONCE));
        assertEquals(malformed + "Malformed proof in client-final-message.",
                refusedLast("c=biws,r=" + NONCE + ",p=###"));
        assertEquals(malformed + "Malformed proof in client-final-message.",
                refusedLast("c=biws,r=" + NONCE + ",p=aaaa"));
        assertEquals(malformed + "Garbage found at the end of client-final-message.",
                refusedLast("c=biws,r=" + NONCE + ",p=" + PROOF + ",x=y"));
        assertEquals("unexpected SCRAM channel-binding attribute in client-final-message",
                refusedLast("c=eSws,r=" + NONCE + ",p=" + PROOF));
    }

    @Test
    void channelBindingIsOfferedOnlyWithACertificate() {
        assertEquals(List.of("SCRAM-SHA-256"), server().mechanisms());
        assertEquals(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"), bound().mechanisms());
    }

    /** Somebody in the middle who takes PLUS out of the offer is found by the client saying that it could bind. */
    @Test
    void channelBindingCannotBeNegotiatedAway() {
        assertEquals("28000", assertThrows(ProxyException.class,
                () -> bound().first(ScramServer.PLAIN, Bytes.utf8("y,,n=,r=abc"))).sqlState());
        // Without a certificate nothing was taken away.
        first(server(), "y,,n=,r=abc");
    }

    @Test
    void channelBindingMessagesMustFitTheMechanism() {
        assertEquals("malformed SCRAM message: The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not"
                + " include channel binding data.",
                refused(() -> bound().first(ScramServer.PLUS, Bytes.utf8("n,,n=,r=abc"))));
        assertEquals("malformed SCRAM message: The client selected SCRAM-SHA-256 without channel binding, but the SCRAM"
                + " message includes channel binding data.",
                refused(() -> bound().first(ScramServer.PLAIN, Bytes.utf8("p=tls-server-end-point,,n=,r=abc"))));
        assertEquals("unsupported SCRAM channel-binding type \"tls-unique\"",
                refused(() -> bound().first(ScramServer.PLUS, Bytes.utf8("p=tls-unique,,n=,r=abc"))));
        var server = bound();
        server.first(ScramServer.PLUS, Bytes.utf8("p=tls-server-end-point,,n=,r=abc"));
        String other = Base64.getEncoder()
                .encodeToString("p=tls-server-end-point,,another".getBytes(StandardCharsets.UTF_8));
        assertEquals("28000", assertThrows(ProxyException.class,
                () -> server.last(Bytes.utf8("c=" + other + ",r=abcS,p=" + PROOF))).sqlState());
    }

    @Test
    void verifiersAreReadAndWritten() {
        String text = PENCIL.format();
        assertEquals(PENCIL, ScramVerifier.parse(text));
        assertEquals(true, ScramVerifier.isVerifier(text));
        for (String bad : new String[]{"", "pencil", "md5c4ca4238a0b923820dcc509a6f75849b", text + "=",
                text.replace("4096", "0"), text.replace("4096", "-1"), text.replace("SHA-256", "SHA-1"),
                text.substring(0, text.length() - 8), text.replaceFirst(":", "::")}) {
            assertEquals(false, ScramVerifier.isVerifier(bad), bad);
        }
    }

    /** What PostgreSQL's own saslprep test expects: mapped, normalized, or taken as it is where SASLprep refuses. */
    @Test
    void passwordsArePrepared() {
        assertEquals("IX", prepared("I\u00ADX"));
        assertEquals("IX", prepared("\u2168"));
        assertEquals("a", prepared("\u00AA"));
        assertEquals("a b", prepared("a\u00A0b"));
        assertEquals("a\u0007b", prepared("a\u0007b"));
        assertEquals("\u0627\u0031", prepared("\u0627\u0031"));
        assertEquals("\u00AD", prepared("\u00AD"));
        assertEquals("", prepared(""));
        assertEquals("\u0221", prepared("\u0221"));
    }

    private static String prepared(String password) {
        return new String(ScramKeys.prepare(password), StandardCharsets.UTF_8);
    }

    private static ScramServer server() {
        return new ScramServer(PENCIL, false, null, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    }

    private static ScramServer bound() {
        return new ScramServer(PENCIL, false, Bytes.utf8("certificate"), "S");
    }

    private static String first(ScramServer server, String message) {
        return server.first(ScramServer.PLAIN, Bytes.utf8(message)).text();
    }

    private static String saltFor(String user, Bytes secret) {
        String challenge = first(ScramServer.forUnknownUser(user, secret, null, RANDOM), FIRST);
        return challenge.substring(challenge.indexOf(",s=") + 3, challenge.indexOf(",i="));
    }

    private static String refusedFirst(String message) {
        return refused(() -> first(server(), message));
    }

    private static String refusedLast(String message) {
        var server = server();
        first(server, FIRST);
        return refused(() -> server.last(Bytes.utf8(message)));
    }

    private static String refused(Runnable action) {
        var e = assertThrows(ProxyException.class, action::run);
        return e.detail() == null ? e.getMessage() : e.getMessage() + ": " + e.detail();
    }
}
