package dev.trunkline.catalog;

/** Names as they may stand in SQL. */
public final class Sql {

    private Sql() {}

    public static String quote(String identifier) {
        boolean plain = identifier.matches("[a-z_][a-z0-9_]*");
        return plain ? identifier : "\"" + identifier.replace("\"", "\"\"") + "\"";
    }

    public static String quote(RelationName name) {
        return quote(name.schema()) + "." + quote(name.name());
    }
}
