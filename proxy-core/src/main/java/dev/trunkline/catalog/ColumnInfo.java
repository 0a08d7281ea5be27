package dev.trunkline.catalog;

/**
 * A column. {@code typeName} is as {@code format_type} spells it without the modifier; {@code modifier} is
 * {@code atttypmod}, -1 for none; {@code baseTypeOid} is that of the type below a domain, else {@code typeOid};
 * {@code collation} is null for a type that has none. {@code collidingIds} marks a default that would give the same ids on
 * several nodes (semantics.md 10): an INSERT that uses it is refused. {@code defaultNumbers} is what its default does with
 * sequences; {@code ownedSequence} is what {@code pg_get_serial_sequence} says of it, or null.
 */
public record ColumnInfo(String name, int typeOid, int baseTypeOid, String typeName, int modifier, boolean notNull,
        DefaultKind defaultKind, Collation collation, boolean collidingIds, SequenceUse defaultNumbers,
        RelationName ownedSequence) {

    public ColumnInfo(String name, int typeOid, String typeName, int modifier, boolean notNull,
            DefaultKind defaultKind, Collation collation) {
        this(name, typeOid, typeOid, typeName, modifier, notNull, defaultKind, collation, false);
    }

    /** A column whose sequence, if it has one, is not known. */
    public ColumnInfo(String name, int typeOid, int baseTypeOid, String typeName, int modifier, boolean notNull,
            DefaultKind defaultKind, Collation collation, boolean collidingIds) {
        this(name, typeOid, baseTypeOid, typeName, modifier, notNull, defaultKind, collation, collidingIds,
                defaultKind == DefaultKind.SEQUENCE || defaultKind == DefaultKind.IDENTITY
                        ? SequenceUse.SOME
                        : SequenceUse.NONE,
                null);
    }

    ColumnInfo withCollidingIds() {
        return new ColumnInfo(name, typeOid, baseTypeOid, typeName, modifier, notNull, defaultKind, collation, true,
                defaultNumbers, ownedSequence);
    }

    ColumnInfo withSequence(RelationName owned) {
        return new ColumnInfo(name, typeOid, baseTypeOid, typeName, modifier, notNull, defaultKind, collation,
                collidingIds, SequenceUse.of(owned), owned);
    }
}
