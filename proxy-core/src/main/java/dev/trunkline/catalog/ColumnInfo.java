package dev.trunkline.catalog;

/**
 * A column. {@code typeName} is as {@code format_type} spells it without the modifier; {@code modifier} is
 * {@code atttypmod}, -1 for none; {@code baseTypeOid} is that of the type below a domain, else {@code typeOid};
 * {@code collation} is null for a type that has none. {@code collidingIds} marks a default that would give the same ids on
 * several nodes (semantics.md 10): an INSERT that uses it is refused.
 */
public record ColumnInfo(String name, int typeOid, int baseTypeOid, String typeName, int modifier, boolean notNull,
        DefaultKind defaultKind, Collation collation, boolean collidingIds) {

    public ColumnInfo(String name, int typeOid, String typeName, int modifier, boolean notNull,
            DefaultKind defaultKind, Collation collation) {
        this(name, typeOid, typeOid, typeName, modifier, notNull, defaultKind, collation, false);
    }

    ColumnInfo withCollidingIds() {
        return new ColumnInfo(name, typeOid, baseTypeOid, typeName, modifier, notNull, defaultKind, collation, true);
    }
}
