package dev.trunkline.load;

import dev.trunkline.error.ProxyException;

/** The end of a load that does not succeed: what to print, and the exit status. */
final class LoadStopped extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;

    LoadStopped(int status, String text) {
        super(text, null, false, false);
        this.status = status;
    }

    /** A problem found in the data or the schema, as psql would print it. */
    static LoadStopped problem(ProxyException error, String context) {
        return new LoadStopped(Load.PROBLEMS, text(error.getMessage(), error.detail(), error.hint(), context));
    }

    /** An error's lines; those that are null are left out. */
    static String text(String message, String detail, String hint, String context) {
        return "ERROR:  " + message + line("DETAIL:  ", detail) + line("HINT:  ", hint) + line("CONTEXT:  ", context);
    }

    private static String line(String name, String text) {
        return text == null ? "" : System.lineSeparator() + name + text;
    }

    int status() {
        return status;
    }
}
