package dev.trunkline.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;

/** Certificates that vouch for themselves, made by the JDK's keytool. */
public final class SelfSigned {

    private static final char[] STORE = "changeit".toCharArray();

    private SelfSigned() {}

    /**
     * Makes {@code NAME.crt} and {@code NAME.key} as PEM files.
     *
     * @param names the subject's alternative names as keytool takes them, e.g. {@code dns:localhost}
     */
    public static void make(Path directory, String name, String names) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "it", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + name,
                "-ext", "san=" + names, "-ext", "bc=ca:true", "-validity", "2", "-storetype", "PKCS12", "-keystore",
                store.toString(), "-storepass", new String(STORE)).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes());
        if (keytool.waitFor() != 0) {
            throw new IOException(said);
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, STORE);
        }
        pem(directory.resolve(name + ".crt"), "CERTIFICATE", keys.getCertificate("it").getEncoded());
        pem(directory.resolve(name + ".key"), "PRIVATE KEY", keys.getKey("it", STORE).getEncoded());
    }

    private static void pem(Path file, String what, byte[] bytes) throws IOException {
        Files.writeString(file, "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[]{'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n");
    }
}
