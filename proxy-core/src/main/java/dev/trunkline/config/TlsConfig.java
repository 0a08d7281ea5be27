package dev.trunkline.config;

/** TLS towards clients. The files are PEM; {@code clientCa} is null unless clients must show a certificate. */
public record TlsConfig(Mode mode, String certificate, String key, String clientCa) {

    public enum Mode {
        OFF,
        OPTIONAL,
        REQUIRED
    }
}
