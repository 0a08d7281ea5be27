package dev.trunkline.config;

/** Where something listens: {@code host:port}, {@code [::1]:5432}. */
public record HostPort(String host, int port) {

    /** The endpoint that the text names, or null; the port may be left out if there is a default (not 0). */
    static HostPort parse(String text, int defaultPort) {
        String host = text;
        String port = null;
        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        if (text.startsWith("[")) {
            if (bracket < 2) {
                return null;
            }
            host = text.substring(1, bracket);
            if (bracket + 1 < text.length()) {
                if (text.charAt(bracket + 1) != ':') {
                    return null;
                }
                port = text.substring(bracket + 2);
            }
        } else if (text.indexOf(':') >= 0) {
            if (text.indexOf(':') != text.lastIndexOf(':')) {
                return null;
            }
            host = text.substring(0, text.indexOf(':'));
            port = text.substring(text.indexOf(':') + 1);
        }
        if (host.isBlank() || host.chars().anyMatch(c -> c <= ' ' || c == '/')) {
            return null;
        }
        int number = port == null ? defaultPort : port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0;
        return number < 1 || number > 65535 ? null : new HostPort(host, number);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
