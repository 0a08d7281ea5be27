package dev.trunkline.value;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules 1, 2 and 5 without a server; {@code KeyConversionNodeTest} asks one. */
class KeyConversionTest {

    private static final int UNSPECIFIED = PgOid.UNSPECIFIED;

    private static KeyResult compared(KeyType key, int oid, String text) {
        byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.UTF_8);
        return KeyConversion.compared(ColumnType.of(key), oid, -1, WireFormat.TEXT, bytes, 1, bytes.length - 2);
    }

    private static KeyResult binary(KeyType key, int oid, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return KeyConversion.compared(ColumnType.of(key), oid, -1, WireFormat.BINARY, bytes, 0, bytes.length);
    }

    private static KeyResult assigned(ColumnType key, int oid, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return KeyConversion.assigned(key, oid, -1, WireFormat.TEXT, bytes, 0, bytes.length);
    }

    @Test
    void integersMixFreelyAndOutOfRangeMatchesNothing() {
        assertEquals(compared(KeyType.INT8, PgOid.INT2, "7"), compared(KeyType.INT2, PgOid.INT8, "7"));
        assertEquals(compared(KeyType.INT4, UNSPECIFIED, " +007 "), compared(KeyType.INT4, PgOid.INT8, "7"));
        assertEquals(new KeyResult.Hashed(PgHash.int8(Long.MIN_VALUE)),
                compared(KeyType.INT8, UNSPECIFIED, "-9223372036854775808"));
        assertInstanceOf(KeyResult.NoRow.class, compared(KeyType.INT4, PgOid.INT8, "2147483648"));
        // The server raises an error for these, whose text it reads as the column's type.
        assertInstanceOf(KeyResult.NotAKey.class, compared(KeyType.INT4, UNSPECIFIED, "2147483648x"));
        assertInstanceOf(KeyResult.NotAKey.class, compared(KeyType.INT8, UNSPECIFIED, "9223372036854775808"));
    }

    @Test
    void numericAgainstAnIntegerKeyMustBeIntegral() {
        assertEquals(compared(KeyType.INT4, PgOid.INT4, "5"), compared(KeyType.INT4, PgOid.NUMERIC, "5.000"));
        assertEquals(compared(KeyType.INT4, PgOid.INT4, "500"), compared(KeyType.INT4, PgOid.NUMERIC, "5e2"));
        for (String none : new String[]{"5.4", "NaN", "Infinity", "2147483648", "1e100"}) {
            assertInstanceOf(KeyResult.NoRow.class, compared(KeyType.INT4, PgOid.NUMERIC, none), none);
        }
    }

    @Test
    void floatsAreNoKeyForExactNumbers() {
        for (int oid : new int[]{PgOid.FLOAT4, PgOid.FLOAT8}) {
            for (KeyType key : new KeyType[]{KeyType.INT2, KeyType.INT4, KeyType.INT8, KeyType.NUMERIC}) {
                assertInstanceOf(KeyResult.NotAKey.class, compared(key, oid, "5"));
            }
        }
    }

    @Test
    void blankPaddedTextMeetsOnlyItself() {
        assertEquals(compared(KeyType.BPCHAR, UNSPECIFIED, "ab"), compared(KeyType.BPCHAR, PgOid.BPCHAR, "ab   "));
        assertInstanceOf(KeyResult.NotAKey.class, compared(KeyType.TEXT, PgOid.BPCHAR, "ab"));
        assertInstanceOf(KeyResult.NotAKey.class, compared(KeyType.VARCHAR, PgOid.BPCHAR, "ab"));
        assertInstanceOf(KeyResult.NotAKey.class, compared(KeyType.BPCHAR, PgOid.TEXT, "ab"));
    }

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void nullMatchesNothingAndRoutesNoWrite(KeyType key) {
        assertInstanceOf(KeyResult.NoRow.class,
                KeyConversion.compared(ColumnType.of(key), key.oid(), -1, WireFormat.BINARY, new byte[0], 0, -1));
        assertInstanceOf(KeyResult.NotAKey.class,
                KeyConversion.assigned(ColumnType.of(key), key.oid(), -1, WireFormat.BINARY, new byte[0], 0, -1));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 0x1F", "INT8, 1_000", "INT8, ''", "INT8, 5.0", "DATE, now", "DATE, 02/03/2020",
            "DATE, 2020-02-30",
            "DATE, 20-01-01", "TIMESTAMPTZ, 2020-01-01 10:00:00", "TIMESTAMPTZ, 2020-01-01 10:00:00 Europe/Prague",
            "TIMESTAMP, epoch", "NUMERIC, 0x10", "NUMERIC, 1_0", "NUMERIC, 1e9999999", "BOOL, maybe", "BOOL, o",
            "UUID, a0eebc99", "BYTEA, \\x0", "BYTEA, \\9"})
    void aSpellingThatDependsOnASettingOrIsNoneOfOursIsNotAKey(KeyType key, String text) {
        assertInstanceOf(KeyResult.NotAKey.class, compared(key, UNSPECIFIED, text));
        assertInstanceOf(KeyResult.NotAKey.class, assigned(ColumnType.of(key), UNSPECIFIED, text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "c080", "eda080", "f4908080", "f0808080", "6100", "c3", "61626364656667ff"})
    void invalidTextIsNotAKey(String hex) {
        assertInstanceOf(KeyResult.NotAKey.class, binary(KeyType.TEXT, PgOid.TEXT, hex));
    }

    @ParameterizedTest
    @CsvSource({"INT8, 00000001", "INT4, 00", "UUID, 00", "BOOL, ''", "DATE, 00", "TIMESTAMP, 7ffffffffffffffe",
            "NUMERIC, 0001", "NUMERIC, 0001000000002710ffff", "NUMERIC, 00010000123400000001"})
    void malformedBinaryIsNotAKey(KeyType key, String hex) {
        assertInstanceOf(KeyResult.NotAKey.class, binary(key, key.oid(), hex));
    }

    @Test
    void whatIsStoredIsHashedNotWhatWasWritten() {
        ColumnType varchar3 = new ColumnType(KeyType.VARCHAR, 3 + 4);
        assertEquals(assigned(varchar3, UNSPECIFIED, "abc"), assigned(varchar3, UNSPECIFIED, "abc   "));
        assertInstanceOf(KeyResult.NotAKey.class, assigned(varchar3, UNSPECIFIED, "abcd"));
        assertEquals(compared(KeyType.VARCHAR, UNSPECIFIED, "žluť".substring(0, 3)),
                assigned(varchar3, PgOid.TEXT, "žlu "));
        ColumnType numeric = new ColumnType(KeyType.NUMERIC, (10 << 16 | 2) + 4);
        assertEquals(compared(KeyType.NUMERIC, UNSPECIFIED, "1.01"), assigned(numeric, UNSPECIFIED, "1.005"));
        assertInstanceOf(KeyResult.NotAKey.class, assigned(numeric, UNSPECIFIED, "99999999.995"));
        assertEquals(compared(KeyType.INT4, UNSPECIFIED, "-6"),
                assigned(ColumnType.of(KeyType.INT4), PgOid.NUMERIC, "-5.5"));
        assertEquals(compared(KeyType.INT4, UNSPECIFIED, "4"),
                assigned(ColumnType.of(KeyType.INT4), PgOid.FLOAT8, "4.5"));
        assertEquals(compared(KeyType.TIMESTAMP, UNSPECIFIED, "2020-01-01 00:00:01"),
                assigned(new ColumnType(KeyType.TIMESTAMP, 0), UNSPECIFIED, "2020-01-01 00:00:00.5"));
        assertEquals(compared(KeyType.TEXT, UNSPECIFIED, "42"),
                assigned(ColumnType.of(KeyType.TEXT), PgOid.INT8, "042"));
    }

    @Test
    void anExplicitCastCutsBeforeItCompares() {
        byte[] bytes = "abcdef".getBytes(StandardCharsets.UTF_8);
        assertEquals(compared(KeyType.TEXT, UNSPECIFIED, "abc"), KeyConversion.compared(ColumnType.of(KeyType.TEXT),
                PgOid.VARCHAR, 3 + 4, WireFormat.TEXT, bytes, 0, bytes.length));
    }

    @Test
    void elementsOfATextArray() {
        assertEquals("7 null -3 ", elements(KeyType.INT8, PgOid.INT8_ARRAY, " { 7 , NULL,\"-3\" } "));
        assertEquals("", elements(KeyType.INT8, UNSPECIFIED, "{}"));
        assertEquals("problem", elements(KeyType.INT8, UNSPECIFIED, "{{1},{2}}"));
        assertEquals("problem", elements(KeyType.INT8, UNSPECIFIED, "[1:2]={1,2}"));
        assertEquals("1 problem", elements(KeyType.INT8, UNSPECIFIED, "{1,}"));
        assertEquals("problem", elements(KeyType.INT8, PgOid.JSONB, "{1}"));
        assertEquals("problem", elements(KeyType.INT8, UNSPECIFIED, "{1"));
        assertEquals("problem", elements(KeyType.INT8, UNSPECIFIED, "{1}x"));
        ArrayElements array = opened(PgOid.TEXT_ARRAY, "{a b ,\"c,\\\"d\",\"NULL\",null}");
        assertTrue(array.next());
        assertEquals(compared(KeyType.TEXT, UNSPECIFIED, "a b"), array.compared(ColumnType.of(KeyType.TEXT)));
        assertTrue(array.next());
        assertEquals(compared(KeyType.TEXT, UNSPECIFIED, "c,\"d"), array.compared(ColumnType.of(KeyType.TEXT)));
        assertTrue(array.next());
        assertEquals(compared(KeyType.TEXT, UNSPECIFIED, "NULL"), array.compared(ColumnType.of(KeyType.TEXT)));
        assertTrue(array.next());
        // With array_nulls off it would be the text NULL.
        assertInstanceOf(KeyResult.NotAKey.class, array.compared(ColumnType.of(KeyType.TEXT)));
    }

    @Test
    void aSubsetOfATextArrayKeepsTheSpelling() {
        ArrayElements array = opened(PgOid.TEXT_ARRAY, "{ a , \"b,\\\"\" ,null,d}");
        assertEquals("{\"b,\\\"\",d}", new String(array.subset(set(1, 3)), StandardCharsets.UTF_8));
        assertEquals("{}", new String(array.subset(set()), StandardCharsets.UTF_8));
    }

    @Test
    void aSubsetOfABinaryArrayIsOneItself() {
        byte[] bytes = HexFormat.of().parseHex(
                "000000010000000100000017000000030000000100000004000000070000000400000008ffffffff");
        ArrayElements array = new ArrayElements();
        array.open(UNSPECIFIED, WireFormat.BINARY, bytes, 0, bytes.length);
        assertEquals("7 8 null ", read(KeyType.INT8, array));
        assertEquals("0000000100000000000000170000000100000001" + "0000000400000008",
                HexFormat.of().formatHex(array.subset(set(1))));
        assertEquals("000000000000000000000017", HexFormat.of().formatHex(array.subset(set())));
        for (int cut = 0; cut < bytes.length; cut++) {
            array.open(PgOid.INT4_ARRAY, WireFormat.BINARY, bytes, 0, cut);
            assertTrue(read(KeyType.INT8, array).endsWith("problem"), "cut at " + cut);
        }
    }

    private static BitSet set(int... members) {
        BitSet set = new BitSet();
        for (int member : members) {
            set.set(member);
        }
        return set;
    }

    private static ArrayElements opened(int oid, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ArrayElements array = new ArrayElements();
        array.open(oid, WireFormat.TEXT, bytes, 0, bytes.length);
        return array;
    }

    private static String elements(KeyType key, int oid, String text) {
        return read(key, opened(oid, text));
    }

    /** The elements, found among the integers near zero by their hash. */
    private static String read(KeyType key, ArrayElements array) {
        StringBuilder read = new StringBuilder();
        while (array.next()) {
            switch (array.compared(ColumnType.of(key))) {
                case KeyResult.Hashed hashed -> {
                    for (int i = -10; i <= 10; i++) {
                        if (PgHash.int8(i) == hashed.hash()) {
                            read.append(i).append(' ');
                        }
                    }
                }
                case KeyResult.NoRow none -> read.append("null ");
                case KeyResult.NotAKey not -> read.append("not ");
            }
        }
        return array.problem() == null ? read.toString() : read + "problem";
    }
}
