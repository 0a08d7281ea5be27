package dev.trunkline.backend;

/**
 * A prepared statement as the nodes know it: one for each text, list of parameter types and meaning of the text, shared by all
 * sessions of a database, under a name of ours. After a change of the schema it is another one: what nodes hold of the old might
 * fail, or return other columns than whoever prepares it now expects. Immutable but for what nodes have said of it.
 */
public final class ServerStatement {

    /**
     * That a node has taken the statement, and how it has described it.
     *
     * @param description ParameterDescription and RowDescription or NoData as the node sent them; null if it wasn't asked
     */
    public record Accepted(byte[] description) {}

    private final String name;
    private final byte[] sql;
    private final int[] parameterTypes;
    private final long schema;
    private final Object meaning;
    private volatile Accepted accepted;

    ServerStatement(String name, byte[] sql, int[] parameterTypes, long schema, Object meaning) {
        this.name = name;
        this.sql = sql;
        this.parameterTypes = parameterTypes;
        this.schema = schema;
        this.meaning = meaning;
    }

    /** The unnamed statement, which is never shared. */
    public static ServerStatement unnamed(byte[] sql, int[] parameterTypes) {
        return new ServerStatement("", sql, parameterTypes, 0, null);
    }

    /** Its name at the nodes, empty for the unnamed statement. */
    public String name() {
        return name;
    }

    /** The text that nodes get, in UTF-8. */
    public byte[] sql() {
        return sql;
    }

    /** The declared OIDs, 0 where the client left one open. */
    public int[] parameterTypes() {
        return parameterTypes;
    }

    /** Whether all sessions that prepare the text have the same. */
    public boolean isShared() {
        return schema != 0;
    }

    /** The state of the schema that the statement belongs to: after a change it is prepared under another name. */
    public long schema() {
        return schema;
    }

    /** What decides what its names and constants mean, one of {@link StatementNames#meaning}; null where it isn't shared. */
    public Object meaning() {
        return meaning;
    }

    /** What a node has said of the statement, or null. */
    public Accepted accepted() {
        return accepted;
    }

    public void accepted(Accepted said) {
        accepted = said;
    }
}
