package dev.trunkline.catalog;

/**
 * A column on one node. {@code type} is as {@code format_type} spells it with its modifier; base type and modifier are those
 * below a domain. {@code defaultText} and {@code sequence} are null where there is none.
 */
public record ColumnFacts(String name, int typeOid, String type, String typeName, int modifier, int baseTypeOid,
        int baseModifier, String baseType, boolean notNull, DefaultKind defaultKind, String defaultText,
        SequenceFacts sequence, Collation collation) {

    public ColumnFacts withSequence(SequenceFacts behind) {
        return new ColumnFacts(name, typeOid, type, typeName, modifier, baseTypeOid, baseModifier, baseType, notNull,
                defaultKind, defaultText, behind, collation);
    }

    ColumnFacts withNotNull() {
        return new ColumnFacts(name, typeOid, type, typeName, modifier, baseTypeOid, baseModifier, baseType, true,
                defaultKind, defaultText, sequence, collation);
    }

    /** The column as planning sees it. */
    ColumnInfo info() {
        return new ColumnInfo(name, typeOid, baseTypeOid, typeName, modifier, notNull, defaultKind, collation, false,
                DefaultNumbers.of(this), sequence != null && sequence.owned() ? sequence.name() : null);
    }

    /** What must be the same on every node: a text that differs when it isn't. */
    String shape() {
        return type + (notNull ? " not null" : "") + (collation == null ? "" : " collate " + collation.shape())
                + (defaultText == null ? "" : " default " + defaultText)
                + (defaultKind == DefaultKind.IDENTITY ? " identity" : "");
    }
}
