package dev.trunkline.backend;

/**
 * A prepared statement as the nodes know it: one for each text and list of parameter types, shared by all sessions of a
 * database, under a name of ours. Immutable.
 */
public final class ServerStatement {

    private final String name;
    private final byte[] sql;
    private final int[] parameterTypes;

    ServerStatement(String name, byte[] sql, int[] parameterTypes) {
        this.name = name;
        this.sql = sql;
        this.parameterTypes = parameterTypes;
    }

    /** A statement that is never shared: the unnamed one. */
    public static ServerStatement unnamed(byte[] sql, int[] parameterTypes) {
        return new ServerStatement("", sql, parameterTypes);
    }

    /** Its name at the nodes, empty for the unnamed statement. */
    public String name() {
        return name;
    }

    /** The text as the client sent it, in UTF-8. */
    public byte[] sql() {
        return sql;
    }

    /** The declared OIDs, 0 where the client left one open. */
    public int[] parameterTypes() {
        return parameterTypes;
    }
}
