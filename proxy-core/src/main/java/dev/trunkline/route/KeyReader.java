package dev.trunkline.route;

import dev.trunkline.catalog.Placement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.LiteralText;
import dev.trunkline.value.ArrayElements;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.KeyConversion;
import dev.trunkline.value.KeyResult;
import dev.trunkline.value.KeyType;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;

/**
 * Reads the values of a key from a statement's literals and parameters. A single literal or parameter costs one {@link
 * KeyResult}: numbers and plain strings are hashed where they stand.
 */
final class KeyReader {

    private static final byte[] TRUE = "t".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "f".getBytes(StandardCharsets.US_ASCII);
    private static final KeyResult TYPE_OPEN = new KeyResult.NotAKey(
            "the statement leaves its type open and the client did not declare it");
    private static final KeyResult OTHER_TYPE = new KeyResult.NotAKey(
            "its declared type and its cast are read in different ways");
    private static final KeyResult NOT_BOUND = new KeyResult.NotAKey("the parameter has no value");
    private static final KeyResult UNREADABLE = new KeyResult.NotAKey("the literal is none that PostgreSQL reads");

    private KeyReader() {}

    /** The hash of one key. A value that can't be written is an error; one that can't be compared is {@code NotAKey}. */
    static KeyResult read(KeyRule rule, List<KeyValue> key, BoundValues values) {
        KeyResult first = read(rule, 0, key.getFirst(), values);
        if (key.size() == 1 || !(first instanceof KeyResult.Hashed hashed)) {
            return first;
        }
        long hash = hashed.hash();
        for (int i = 1; i < key.size(); i++) {
            if (!(read(rule, i, key.get(i), values) instanceof KeyResult.Hashed next)) {
                return read(rule, i, key.get(i), values);
            }
            hash = PgHash.combine(hash, next.hash());
        }
        return new KeyResult.Hashed(hash);
    }

    /** Takes the hashes of a list of keys. */
    @FunctionalInterface
    interface Keys {

        void key(KeyResult.Hashed key);
    }

    /** The virtual shards of all alternatives; {@code problem} is null, or why the list can't be read. */
    static String readAll(KeyRule rule, BoundValues values, BitSet shards, int virtualShards) {
        if (!rule.bounds().isEmpty()) {
            between(rule, values, shards);
            return null;
        }
        return readAll(rule, values, key -> {
            int shard = virtualShard(rule, key, virtualShards);
            if (shard >= 0) {
                shards.set(shard);
            }
        });
    }

    /**
     * The virtual shard of a key, {@link Placement#NOWHERE} for one that is compared and has none: no row has it.
     *
     * @throws dev.trunkline.error.ProxyException
     *             TL003 for a key that is written and has none
     */
    static int virtualShard(KeyRule rule, KeyResult.Hashed key, int virtualShards) {
        int shard = rule.placement().virtualShard(key.hash(), key.ordinal(), virtualShards);
        if (shard < 0 && rule.use() != KeyRule.Use.COMPARED) {
            throw ProxyError.SHARD_KEY_NOT_KNOWN.with(rule.table() + "." + String.join(", ", rule.columns())
                    + " has a value that no range or list of the configuration holds",
                    "Write a key that has a node, or add a range, or a default to the list.");
        }
        return shard;
    }

    /** The virtual shards between bounds. A bound that can't be read leaves its end open. */
    private static void between(KeyRule rule, BoundValues values, BitSet shards) {
        long first = Long.MIN_VALUE;
        long last = Long.MAX_VALUE;
        boolean empty = false;
        for (KeyBound bound : rule.bounds()) {
            if (!(read(rule, 0, bound.value(), values) instanceof KeyResult.Hashed hashed)) {
                continue;
            }
            long at = hashed.ordinal();
            switch (bound.side()) {
                case FROM -> first = Math.max(first, at);
                case AFTER -> {
                    empty |= at == Long.MAX_VALUE;
                    first = Math.max(first, at == Long.MAX_VALUE ? at : at + 1);
                }
                case TO -> last = Math.min(last, at);
                case BEFORE -> {
                    empty |= at == Long.MIN_VALUE;
                    last = Math.min(last, at == Long.MIN_VALUE ? at : at - 1);
                }
            }
        }
        if (!empty && rule.placement() instanceof Placement.Ranges ranges) {
            ranges.within(first, last, shards);
        }
    }

    /**
     * The key that a routing hint gives as texts.
     *
     * @throws dev.trunkline.error.ProxyException
     *             22023 when they are no values of the key's types
     */
    static KeyResult.Hashed hinted(KeyRule rule, RoutingHint hint) {
        List<String> texts = hint.key();
        if (texts.size() != rule.types().size()) {
            throw unreadable(rule, hint, "the shard key has " + rule.types().size() + " columns, not " + texts.size());
        }
        KeyResult.Hashed key = hinted(rule, 0, hint, 0);
        for (int i = 1; i < texts.size(); i++) {
            key = new KeyResult.Hashed(PgHash.combine(key.hash(), hinted(rule, i, hint, i).hash()));
        }
        return key;
    }

    /** One value of a hint as one column of a key. */
    static KeyResult.Hashed hinted(KeyRule rule, int column, RoutingHint hint, int value) {
        byte[] bytes = hint.key().get(value).getBytes(StandardCharsets.UTF_8);
        return switch (convert(rule.types().get(column), true, PgOid.UNSPECIFIED, WireFormat.TEXT, bytes, 0,
                bytes.length)) {
            case KeyResult.Hashed hashed -> hashed;
            case KeyResult.NoRow none -> throw unreadable(rule, hint, none.why());
            case KeyResult.NotAKey not -> throw unreadable(rule, hint, not.why());
        };
    }

    private static ProxyException unreadable(KeyRule rule, RoutingHint hint, String why) {
        return ProxyError.HINT_NOT_A_KEY.with(hint.text(), rule.table(), why);
    }

    /**
     * Reads all alternatives.
     *
     * @return null, or why the list can't be read
     */
    static String readAll(KeyRule rule, BoundValues values, Keys keys) {
        for (List<KeyValue> key : rule.alternatives()) {
            String problem = switch (key.getFirst()) {
                case KeyValue.LiteralElements elements -> literalElements(rule, elements, values, keys);
                case KeyValue.ParameterElements elements -> parameterElements(rule, elements, values, keys);
                case KeyValue.Literal l -> add(read(rule, key, values), keys);
                case KeyValue.Parameter p -> add(read(rule, key, values), keys);
                case KeyValue.Null n -> add(read(rule, key, values), keys);
            };
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static String add(KeyResult result, Keys keys) {
        return switch (result) {
            case KeyResult.Hashed hashed -> {
                keys.key(hashed);
                yield null;
            }
            case KeyResult.NoRow noRow -> null;
            case KeyResult.NotAKey notAKey -> notAKey.why();
        };
    }

    private static KeyResult read(KeyRule rule, int column, KeyValue value, BoundValues values) {
        ColumnType type = rule.types().get(column);
        boolean compared = rule.use() == KeyRule.Use.COMPARED;
        KeyResult result = switch (value) {
            case KeyValue.Literal literal -> literal(type, compared, literal, values);
            case KeyValue.Parameter parameter -> parameter(type, compared, parameter, values);
            case KeyValue.Null none -> convert(type, compared, PgOid.UNSPECIFIED, WireFormat.TEXT, TRUE, 0, -1);
            case KeyValue.LiteralElements elements -> throw listedKey();
            case KeyValue.ParameterElements elements -> throw listedKey();
        };
        if (!compared && result instanceof KeyResult.NotAKey notAKey) {
            throw ProxyError.SHARD_KEY_NOT_KNOWN.with(
                    rule.table() + "." + rule.columns().get(column) + " can't be read from the value: " + notAKey.why(),
                    "Give the key as a plain literal or parameter of the column's type.");
        }
        return result;
    }

    private static IllegalStateException listedKey() {
        return new IllegalStateException("a list is no single key");
    }

    private static KeyResult convert(ColumnType type, boolean compared, int oid, WireFormat format, byte[] bytes,
            int offset, int length) {
        return compared
                ? KeyConversion.compared(type, oid, ColumnType.NO_MODIFIER, format, bytes, offset, length)
                : KeyConversion.assigned(type, oid, ColumnType.NO_MODIFIER, format, bytes, offset, length);
    }

    private static KeyResult literal(ColumnType type, boolean compared, KeyValue.Literal literal, BoundValues values) {
        switch (literal.kind()) {
            case TRUE :
                return convert(type, compared, PgOid.BOOL, WireFormat.TEXT, TRUE, 0, 1);
            case FALSE :
                return convert(type, compared, PgOid.BOOL, WireFormat.TEXT, FALSE, 0, 1);
            case NULL :
                return convert(type, compared, PgOid.UNSPECIFIED, WireFormat.TEXT, TRUE, 0, -1);
            case BIT :
                return UNREADABLE;
            case INTEGER, NUMERIC, STRING :
                break;
        }
        if (literal.source() != null) {
            // Nodes print views as with standard_conforming_strings = on.
            byte[] source = literal.source().getBytes(StandardCharsets.UTF_8);
            return literal(type, compared, literal, source, 0, source.length, true, values);
        }
        Fingerprint literals = values.literals();
        return literal(type, compared, literal, values.sql(), literals.literalStart(literal.slot()),
                literals.literalEnd(literal.slot()), values.standardConformingStrings(), values);
    }

    private static KeyResult literal(ColumnType type, boolean compared, KeyValue.Literal literal, byte[] sql, int start,
            int end, boolean standardConformingStrings, BoundValues values) {
        if (literal.kind() == LiteralKind.STRING) {
            if (plainString(sql, start, end, standardConformingStrings)) {
                return convert(type, compared, literal.typeOid(), WireFormat.TEXT, sql, start + 1, end - start - 2);
            }
            byte[] text = LiteralText.value(sql, start, end, LiteralKind.STRING, standardConformingStrings);
            return text == null
                    ? UNREADABLE
                    : convert(type, compared, literal.typeOid(), WireFormat.TEXT, text, 0, text.length);
        }
        int oid = literal.typeOid() != PgOid.UNSPECIFIED
                ? literal.typeOid()
                : literal.kind() == LiteralKind.NUMERIC
                        ? PgOid.NUMERIC
                        : integerOid(sql, start, end);
        if (oid == PgOid.UNSPECIFIED) {
            return UNREADABLE;
        }
        if (!literal.negative()) {
            return convert(type, compared, oid, WireFormat.TEXT, sql, start, end - start);
        }
        byte[] text = values.scratch(end - start + 1);
        text[0] = '-';
        System.arraycopy(sql, start, text, 1, end - start);
        return convert(type, compared, oid, WireFormat.TEXT, text, 0, end - start + 1);
    }

    /** The type of an integer literal; unspecified for 0x1F and 1_000, which older servers read otherwise. */
    private static int integerOid(byte[] sql, int start, int end) {
        for (int i = start; i < end; i++) {
            if (sql[i] < '0' || sql[i] > '9') {
                return PgOid.UNSPECIFIED;
            }
        }
        return PgOid.ofIntegerLiteral(sql, start, end - start);
    }

    /** Whether the value of the literal is simply what stands between its two quotes. */
    private static boolean plainString(byte[] sql, int start, int end, boolean standardConformingStrings) {
        if (sql[start] != '\'') {
            return false;
        }
        for (int i = start + 1; i < end - 1; i++) {
            if (sql[i] == '\'' || sql[i] == '\\' && !standardConformingStrings) {
                return false;
            }
        }
        return true;
    }

    private static KeyResult parameter(ColumnType type, boolean compared, KeyValue.Parameter parameter,
            BoundValues values) {
        int number = parameter.number();
        if (!values.hasParameter(number)) {
            return NOT_BOUND;
        }
        WireFormat format = values.format(number);
        if (format == null) {
            return NOT_BOUND;
        }
        int oid = values.oid(number);
        if (values.length(number) >= 0) {
            if (PgOid.isUnspecified(oid)) {
                if (!parameter.takesColumnType()) {
                    return TYPE_OPEN;
                }
                oid = parameter.typeOid();
            } else if (!readsAlike(oid, parameter.typeOid())) {
                return OTHER_TYPE;
            }
        }
        return convert(type, compared, oid, format, values.body(), values.offset(number), values.length(number));
    }

    /** Whether a value declared as one type and cast to another keeps its hash class, so that the cast can be left out. */
    private static boolean readsAlike(int declared, int cast) {
        if (cast == PgOid.UNSPECIFIED || cast == declared) {
            return true;
        }
        KeyType from = KeyType.ofOid(declared);
        KeyType to = KeyType.ofOid(cast);
        return from != null && to != null && from.hashClass() == to.hashClass() && from != KeyType.BPCHAR;
    }

    /** A cursor over an array of keys, null where it has no value or is of a type that is not read. */
    static ArrayElements open(KeyValue.LiteralElements elements, BoundValues values) {
        Fingerprint literals = values.literals();
        byte[] text = LiteralText.value(values.sql(), literals.literalStart(elements.slot()),
                literals.literalEnd(elements.slot()), LiteralKind.STRING, values.standardConformingStrings());
        if (text == null) {
            return null;
        }
        ArrayElements cursor = new ArrayElements();
        cursor.open(PgOid.arrayOf(elements.typeOid()), WireFormat.TEXT, text, 0, text.length);
        return cursor;
    }

    /** As above; the array must have a value. */
    static ArrayElements open(KeyValue.ParameterElements elements, BoundValues values) {
        int number = elements.number();
        int arrayOid = values.oid(number);
        int element = elements.typeOid();
        if (PgOid.isUnspecified(arrayOid)) {
            if (!elements.takesColumnType()) {
                return null;
            }
        } else {
            element = PgOid.elementOf(arrayOid);
            if (element == PgOid.UNSPECIFIED || !readsAlike(element, elements.typeOid())) {
                return null;
            }
        }
        if (values.length(number) < 0) {
            return null;
        }
        ArrayElements cursor = new ArrayElements();
        cursor.open(PgOid.arrayOf(element), values.format(number), values.body(), values.offset(number),
                values.length(number));
        return cursor;
    }

    private static String literalElements(KeyRule rule, KeyValue.LiteralElements elements, BoundValues values,
            Keys keys) {
        ArrayElements cursor = open(elements, values);
        return cursor == null ? "the literal is none that PostgreSQL reads" : elements(rule, cursor, keys);
    }

    private static String parameterElements(KeyRule rule, KeyValue.ParameterElements elements, BoundValues values,
            Keys keys) {
        int number = elements.number();
        if (!values.hasParameter(number) || values.format(number) == null) {
            return "the parameter has no value";
        }
        if (values.length(number) < 0) {
            return null;
        }
        ArrayElements cursor = open(elements, values);
        if (cursor == null) {
            return PgOid.isUnspecified(values.oid(number))
                    ? "the statement leaves its type open and the client did not declare it"
                    : "its type is no array of a type that is read";
        }
        return elements(rule, cursor, keys);
    }

    private static String elements(KeyRule rule, ArrayElements cursor, Keys keys) {
        while (cursor.next()) {
            String problem = add(cursor.compared(rule.types().getFirst()), keys);
            if (problem != null) {
                return problem;
            }
        }
        return cursor.problem();
    }
}
