package dev.trunkline.backend;

/**
 * A prepared statement as the nodes know it: one for each text and list of parameter types, shared by all sessions of a
 * database, under a name of ours. Immutable but for what nodes have said of it.
 */
public final class ServerStatement {

    /**
     * That a node has taken the statement, and how it has described it.
     *
     * @param catalogVersion the catalog at that time
     * @param schemaChanges how often clients had changed the schema by then
     * @param names what decides which tables its names mean
     * @param description ParameterDescription and RowDescription or NoData as the node sent them; null if it wasn't asked
     */
    public record Accepted(long catalogVersion, long schemaChanges, Object names, byte[] description) {

        private boolean holds(long version, long changes, Object now) {
            return catalogVersion == version && schemaChanges == changes && names.equals(now);
        }
    }

    private final String name;
    private final byte[] sql;
    private final int[] parameterTypes;
    private volatile Accepted accepted;

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

    /** The text that nodes get, in UTF-8. */
    public byte[] sql() {
        return sql;
    }

    /** The declared OIDs, 0 where the client left one open. */
    public int[] parameterTypes() {
        return parameterTypes;
    }

    /** What a node has said of the statement under the same catalog and the same names, or null. */
    public Accepted accepted(long catalogVersion, long schemaChanges, Object names) {
        Accepted last = accepted;
        return last != null && last.holds(catalogVersion, schemaChanges, names) ? last : null;
    }

    public void accepted(Accepted said) {
        accepted = said;
    }
}
