package dev.trunkline.value;

/**
 * Turns a value that meets a key into the hash of the key: in a comparison ({@code key = value}) and on a write.
 *
 * <p>
 * The two differ. A comparison converts the column as often as the value, so what counts is whether the operator's equality
 * agrees with the hash of the column's type: {@link #comparison} is the whole table, key type by value type. A write stores
 * what the assignment cast makes of the value, under the column's type modifier: {@code varchar(3)} keeps {@code abc} of
 * {@code 'abc   '}, {@code numeric(10,2)} keeps 1.01 of 1.005. Both are compared with the server, pair by pair, in
 * {@code KeyConversionNodeTest}.
 *
 * <p>
 * A value is: the OID of its type ({@link PgOid#UNSPECIFIED} for an untyped parameter or a string literal, which take the
 * column's type), that type's modifier where an explicit cast gave one ({@code $1::varchar(3)}), otherwise -1, and bytes in a
 * wire format; length -1 is NULL. Literals are their text without quotes. A cast literal such as {@code '5'::int8} may be
 * passed with the cast's type, since PostgreSQL reads a quoted literal by that type's input function; a number only where
 * the cast widens an integer.
 */
public final class KeyConversion {

    /** How a value's type meets a key's type in an equality. */
    public enum Comparison {
        /** Equality agrees with the hash of the value's own type, which is that of the key's class. */
        SAME_HASH,
        /** The value is converted exactly; where it can't be, no key equals it. */
        CONVERTED,
        /** Equality is looser or other than the hash's: every virtual shard may hold a match. */
        NO_KEY
    }

    private static final KeyResult NULL_MATCHES_NOTHING = new KeyResult.NoRow("it is NULL");
    private static final KeyResult NULL_ROUTES_NO_WRITE = new KeyResult.NotAKey("it is NULL");
    private static final KeyResult NOT_COMPARABLE = new KeyResult.NotAKey(
            "its type compares with the key's in another way than it is hashed");
    private static final KeyResult OUT_OF_RANGE = new KeyResult.NoRow("it is out of the range of the key's type");
    private static final KeyResult NOT_INTEGRAL = new KeyResult.NoRow(
            "it is no integer in the range of the key's type");

    private KeyConversion() {}

    /** The table: what a comparison of a key with a value of a type says, whatever the value. */
    public static Comparison comparison(KeyType key, int valueOid) {
        if (PgOid.isUnspecified(valueOid)) {
            return Comparison.SAME_HASH;
        }
        return switch (key) {
            case INT2, INT4, INT8 -> switch (valueOid) {
                case PgOid.INT2, PgOid.INT4, PgOid.INT8 -> Comparison.SAME_HASH;
                case PgOid.NUMERIC -> Comparison.CONVERTED;
                // float8: 2^53 + 1 equals 2^53.
                default -> Comparison.NO_KEY;
            };
            case NUMERIC -> switch (valueOid) {
                case PgOid.NUMERIC -> Comparison.SAME_HASH;
                case PgOid.INT2, PgOid.INT4, PgOid.INT8 -> Comparison.CONVERTED;
                default -> Comparison.NO_KEY;
            };
            case TEXT, VARCHAR -> switch (valueOid) {
                case PgOid.TEXT, PgOid.VARCHAR -> Comparison.SAME_HASH;
                // bpchar: 'a ' equals 'a'.
                default -> Comparison.NO_KEY;
            };
            // Against text the key itself is cut of its blanks and compared with all of the value's.
            case BPCHAR -> same(valueOid == PgOid.BPCHAR);
            case UUID -> same(valueOid == PgOid.UUID);
            case BYTEA -> same(valueOid == PgOid.BYTEA);
            // Among the three, equality goes through the session's time zone or through another unit.
            case DATE -> same(valueOid == PgOid.DATE);
            case TIMESTAMP -> same(valueOid == PgOid.TIMESTAMP);
            case TIMESTAMPTZ -> same(valueOid == PgOid.TIMESTAMPTZ);
            case BOOL -> same(valueOid == PgOid.BOOL);
        };
    }

    private static Comparison same(boolean sameType) {
        return sameType ? Comparison.SAME_HASH : Comparison.NO_KEY;
    }

    /** What {@code key = value} says. The column's modifier plays no part: a value that doesn't fit it matches nothing. */
    public static KeyResult compared(ColumnType key, int valueOid, int valueModifier, WireFormat format, byte[] bytes,
            int offset, int length) {
        if (length < 0) {
            return NULL_MATCHES_NOTHING;
        }
        KeyType type = key.type();
        if (comparison(type, valueOid) == Comparison.NO_KEY) {
            return NOT_COMPARABLE;
        }
        boolean unspecified = PgOid.isUnspecified(valueOid);
        int oid = unspecified ? type.oid() : valueOid;
        int modifier = unspecified ? ColumnType.NO_MODIFIER : valueModifier;
        try {
            return switch (type) {
                case INT2, INT4, INT8 -> oid == PgOid.NUMERIC
                        ? integral(type, ValueReader.numeric(oid, modifier, format, bytes, offset, length))
                        : integer(type, ValueReader.integer(oid, modifier, format, bytes, offset, length));
                case NUMERIC -> hashed(ValueReader.numeric(oid, modifier, format, bytes, offset, length).hash());
                case TEXT, VARCHAR, BPCHAR -> hashed(PgHash.bytes(bytes, offset,
                        ValueReader.textLength(oid, modifier, bytes, offset, length)));
                case UUID -> hashed(ValueReader.uuidHash(oid, format, bytes, offset, length));
                case BYTEA -> hashed(ValueReader.byteaHash(oid, format, bytes, offset, length));
                case DATE -> day(ValueReader.date(oid, modifier, format, bytes, offset, length));
                case TIMESTAMP -> number(ValueReader.timestamp(oid, modifier, format, bytes, offset, length));
                case TIMESTAMPTZ -> number(ValueReader.timestamptz(oid, modifier, format, bytes, offset, length));
                case BOOL -> hashed(PgHash.bool(ValueReader.bool(oid, format, bytes, offset, length)));
            };
        } catch (UnreadableValue e) {
            return new KeyResult.NotAKey(e.getMessage());
        }
    }

    private static KeyResult integer(KeyType type, long value) {
        return ValueReader.fits(type.oid(), value) ? number(value) : OUT_OF_RANGE;
    }

    private static KeyResult integral(KeyType type, PgNumeric value) {
        try {
            return integer(type, value.toIntegerExactly());
        } catch (UnreadableValue e) {
            return NOT_INTEGRAL;
        }
    }

    /** What storing the value in the key column says: never {@link KeyResult.NoRow}. */
    public static KeyResult assigned(ColumnType key, int valueOid, int valueModifier, WireFormat format, byte[] bytes,
            int offset, int length) {
        if (length < 0) {
            return NULL_ROUTES_NO_WRITE;
        }
        KeyType type = key.type();
        boolean unspecified = PgOid.isUnspecified(valueOid);
        int oid = unspecified ? type.oid() : valueOid;
        int modifier = unspecified ? ColumnType.NO_MODIFIER : valueModifier;
        try {
            return switch (type) {
                case INT2, INT4, INT8 -> number(ValueReader.inRange(type.oid(),
                        ValueReader.integer(oid, modifier, format, bytes, offset, length)));
                case NUMERIC -> hashed(ValueReader.numeric(oid, modifier, format, bytes, offset, length)
                        .withModifier(key.modifier()).hash());
                case TEXT, VARCHAR, BPCHAR -> hashed(textStored(key, oid, modifier, format, bytes, offset, length));
                case UUID -> hashed(ValueReader.uuidHash(oid, format, bytes, offset, length));
                case BYTEA -> hashed(ValueReader.byteaHash(oid, format, bytes, offset, length));
                case DATE -> day(ValueReader.date(oid, modifier, format, bytes, offset, length));
                case TIMESTAMP -> number(IsoDateTime.withModifier(
                        ValueReader.timestamp(oid, modifier, format, bytes, offset, length), key.modifier()));
                case TIMESTAMPTZ -> number(IsoDateTime.withModifier(
                        ValueReader.timestamptz(oid, modifier, format, bytes, offset, length), key.modifier()));
                case BOOL -> hashed(PgHash.bool(ValueReader.bool(oid, format, bytes, offset, length)));
            };
        } catch (UnreadableValue e) {
            return new KeyResult.NotAKey(e.getMessage());
        }
    }

    /** Blanks that don't fit are cut, anything else that doesn't fit is the server's error. */
    private static long textStored(ColumnType key, int oid, int modifier, WireFormat format, byte[] bytes, int offset,
            int length) throws UnreadableValue {
        byte[] cast = ValueReader.castToText(oid, format, bytes, offset, length);
        byte[] text = cast == null ? bytes : cast;
        int from = cast == null ? offset : 0;
        int size = cast == null ? ValueReader.textLength(oid, modifier, bytes, offset, length) : cast.length;
        if (key.type() != KeyType.TEXT && key.modifier() >= 4) {
            int kept = Utf8.prefix(text, from, size, key.modifier() - 4);
            if (Utf8.trimmed(text, from, size) > kept) {
                throw new UnreadableValue("it is too long for the column");
            }
            size = kept;
        }
        return key.type() == KeyType.BPCHAR ? PgHash.blankTrimmed(text, from, size) : PgHash.bytes(text, from, size);
    }

    private static KeyResult number(long value) {
        return new KeyResult.Hashed(PgHash.int8(value), value);
    }

    private static KeyResult day(int day) {
        return new KeyResult.Hashed(PgHash.uint32(day), day);
    }

    private static KeyResult hashed(long hash) {
        return new KeyResult.Hashed(hash);
    }
}
