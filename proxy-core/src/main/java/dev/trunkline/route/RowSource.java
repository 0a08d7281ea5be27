package dev.trunkline.route;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.Relation;
import dev.trunkline.sql.Span;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.HashClass;
import dev.trunkline.value.KeyType;
import java.util.List;

/**
 * One item of a FROM clause, the target of a write, or the result of a query: something that has columns. Every use of a
 * table is a source of its own. Built by {@link StatementReader}, not changed afterwards.
 */
public final class RowSource {

    public enum Kind {
        /** A relation that the catalog knows. */
        TABLE,
        /** A temp table of the session. */
        TEMP,
        /** A name that the catalog doesn't know. */
        UNKNOWN,
        /** A subquery, a CTE or a view. */
        QUERY,
        /** The result of a {@link Shape}, before it is used anywhere. */
        RESULT,
        /** Functions, a recursive reference: nothing is known of the rows. */
        OPAQUE
    }

    /** A column's type as far as keys are concerned. */
    record Type(ColumnType column, boolean deterministic) {

        boolean comparesLike(Type other) {
            return deterministic && other.deterministic && hashClass() == other.hashClass();
        }

        HashClass hashClass() {
            return column.type().hashClass();
        }
    }

    private final Kind kind;
    private final String name;
    private final Relation relation;
    private final List<String> columns;
    private final boolean open;
    private final Shape shape;
    private final Span span;
    boolean written;
    boolean locked;
    /** Whether no outer join can put NULLs in place of its rows. */
    boolean preserved = true;
    /** What unnest makes rows of; null for everything else. */
    List<KeyValue> elements;
    boolean cuttable;
    /** The select that it stands in; null for a RESULT. */
    Shape owner;

    RowSource(Kind kind, String name, Relation relation, List<String> columns, boolean open, Shape shape, Span span) {
        this.kind = kind;
        this.name = name;
        this.relation = relation;
        this.columns = columns;
        this.open = open;
        this.shape = shape;
        this.span = span;
    }

    public Kind kind() {
        return kind;
    }

    /** The name under which its columns are qualified. */
    public String name() {
        return name;
    }

    /** Null unless it is a {@link Kind#TABLE}, or a view that is read as its query. */
    public Relation relation() {
        return relation;
    }

    /** Whether it is the target of a write. */
    public boolean written() {
        return written;
    }

    /** Whether its rows are locked by FOR UPDATE and its kin. */
    public boolean locked() {
        return locked;
    }

    public Span span() {
        return span;
    }

    /** The key, or null where the rows are not spread by one. */
    public Distribution.Sharded sharded() {
        return relation != null && relation.distribution() instanceof Distribution.Sharded sharded ? sharded : null;
    }

    /** The colocation group of which a column is the whole key, or null. */
    String groupOfKey(int column) {
        Distribution.Sharded sharded = sharded();
        return sharded != null && sharded.key().size() == 1
                && relation.columns().get(column).name().equals(sharded.key().getFirst().name())
                        ? sharded.colocationGroup()
                        : null;
    }

    /** The constants that a column of VALUES or unnest has, or null. */
    List<KeyValue> listed(int column) {
        return switch (kind) {
            case OPAQUE -> column == 0 ? elements : null;
            case QUERY, RESULT -> shape.constants == null || column >= shape.constants.size()
                    ? null
                    : shape.constants.get(column);
            case TABLE, TEMP, UNKNOWN -> null;
        };
    }

    /** Whether rows of a list of constants may be left out: nothing else depends on how many there are. */
    boolean mayBeCut() {
        return cuttable;
    }

    /** Whether there may be columns besides the named ones. */
    boolean open() {
        return open || shape != null && shape.open;
    }

    Shape shape() {
        return shape;
    }

    /** Names in order; a null stands for a column that can't be named. */
    List<String> columns() {
        return columns;
    }

    /** The position of a column: -1 when there is none, -2 when the name stands for several. */
    int column(String columnName) {
        int found = -1;
        for (int i = 0; i < columns.size(); i++) {
            if (columnName.equals(columns.get(i))) {
                if (found >= 0) {
                    return -2;
                }
                found = i;
            }
        }
        return found;
    }

    /** The type of a column, or null where its values can't be followed to a key. */
    Type type(int column) {
        return switch (kind) {
            case TABLE -> tableType(column);
            case QUERY, RESULT -> shape.type(column);
            case TEMP, UNKNOWN, OPAQUE -> null;
        };
    }

    private Type tableType(int index) {
        if (index >= relation.columns().size()) {
            return null;
        }
        ColumnInfo column = relation.columns().get(index);
        if (sharded() != null) {
            for (KeyColumn key : sharded().key()) {
                if (key.name().equals(column.name())) {
                    return new Type(key.type(), key.deterministicCollation());
                }
            }
        }
        KeyType type = KeyType.ofOid(column.baseTypeOid());
        if (type == null) {
            return null;
        }
        boolean textual = type.hashClass() == HashClass.TEXT || type.hashClass() == HashClass.BPCHAR;
        return new Type(new ColumnType(type, column.modifier()),
                !textual || column.collation() != null && column.collation().deterministic());
    }

    /** The OID of a column's base type, 0 when it isn't known. */
    int typeOid(int column) {
        return switch (kind) {
            case TABLE -> column < relation.columns().size() ? relation.columns().get(column).baseTypeOid() : 0;
            case QUERY, RESULT -> shape.typeOid(column);
            case TEMP, UNKNOWN, OPAQUE -> 0;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
