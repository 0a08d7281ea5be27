package dev.trunkline.config;

/** A password or verifier: it prints as stars. */
public record Secret(String value) {

    @Override
    public String toString() {
        return "***";
    }
}
