package dev.trunkline.value;

/**
 * The type of a key column.
 *
 * @param type
 *            what the column holds; a domain counts as its base type
 * @param modifier
 *            {@code pg_attribute.atttypmod}: length, precision and scale, or fractional digits; -1 for none
 */
public record ColumnType(KeyType type, int modifier) {

    public static final int NO_MODIFIER = -1;

    public static ColumnType of(KeyType type) {
        return new ColumnType(type, NO_MODIFIER);
    }
}
