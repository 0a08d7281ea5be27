package dev.trunkline.catalog;

/** A relation's schema and name, as written in {@code pg_class}. */
public record RelationName(String schema, String name) {

    /** The name as the configuration file writes it: unqualified means {@code public}. */
    public static RelationName parse(String text) {
        int dot = text.indexOf('.');
        return dot < 0
                ? new RelationName("public", text)
                : new RelationName(text.substring(0, dot), text.substring(dot + 1));
    }

    /** The name alone in {@code public}, {@code schema.name} elsewhere: as the configuration file writes it. */
    @Override
    public String toString() {
        return schema.equals("public") ? name : schema + "." + name;
    }
}
