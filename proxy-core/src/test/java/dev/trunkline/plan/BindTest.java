package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From a plan and its values to a destination: literals, parameters in both formats, lists, several keys. */
class BindTest {

    private static final Catalog SHOP = TestCatalogs.shop();
    private static final ShardMap MAP = ShardMap.even(5, 256, 4);
    private static final DestinationTable TABLE = new DestinationTable(MAP, 4, 0);
    private static final Planner PLANNER = new Planner(new SqlParser());

    /** A parameter: its declared type, format code and bytes, null for NULL. */
    private record Param(int oid, int format, byte[] bytes) {}

    private static Param text(int oid, String value) {
        return new Param(oid, 0, value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    private static Param int8(int oid, long value) {
        return new Param(oid, 1, ByteBuffer.allocate(8).putLong(value).array());
    }

    private static Param int4(int oid, int value) {
        return new Param(oid, 1, ByteBuffer.allocate(4).putInt(value).array());
    }

    private static Param int8Array(int oid, long... values) {
        ByteBuffer array = ByteBuffer.allocate(20 + 12 * values.length);
        array.putInt(1).putInt(0).putInt(PgOid.INT8).putInt(values.length).putInt(1);
        for (long value : values) {
            array.putInt(8).putLong(value);
        }
        return new Param(oid, 1, array.array());
    }

    private static StatementPlan plan(String sql) {
        return PLANNER.plan(sql, PlanKey.DEFAULT, SHOP);
    }

    private static Destination bind(String sql, Param... params) {
        return bind(plan(sql), sql, NodeRule.NO_NODE, params);
    }

    private static Destination bind(StatementPlan plan, String sql, int pinned, Param... params) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        int[] offsets = new int[params.length];
        int[] lengths = new int[params.length];
        short[] formats = new short[params.length];
        int[] oids = new int[params.length];
        ByteBuffer body = ByteBuffer.allocate(10_000);
        for (int i = 0; i < params.length; i++) {
            offsets[i] = body.position();
            lengths[i] = params[i].bytes() == null ? -1 : params[i].bytes().length;
            formats[i] = (short) params[i].format();
            oids[i] = params[i].oid();
            if (params[i].bytes() != null) {
                body.put(params[i].bytes());
            }
        }
        BoundValues values = new BoundValues().statement(bytes, lexed.fingerprint(0), true)
                .parameters(body.array(), offsets, lengths, formats, params.length, oids, params.length)
                .pinnedNode(pinned);
        return plan.bind(values, TABLE);
    }

    private static int shard(long key) {
        return PgHash.virtualShard(PgHash.int8(key), 256);
    }

    private static void assertKey(long key, Destination destination) {
        Destination.One one = assertInstanceOf(Destination.One.class, destination);
        assertEquals(shard(key), one.virtualShard());
        assertEquals(MAP.nodeOf(shard(key)), one.node());
        assertEquals(5, one.epoch());
    }

    private static ProxyException refused(String sql, Param... params) {
        return assertThrows(ProxyException.class, () -> bind(sql, params));
    }

    /** A key on the same node as this one, in another virtual shard. */
    private static long neighbour(long key) {
        for (long other = key + 1;; other++) {
            if (MAP.nodeOf(shard(other)) == MAP.nodeOf(shard(key)) && shard(other) != shard(key)) {
                return other;
            }
        }
    }

    private static long stranger(long key) {
        for (long other = key + 1;; other++) {
            if (MAP.nodeOf(shard(other)) != MAP.nodeOf(shard(key))) {
                return other;
            }
        }
    }

    @Test
    void literalsOfEverySpellingOfOneKeyGoToOnePlace() {
        for (String spelling : List.of("42", "'42'", "+42".substring(1), "42::int8", "'42'::int2", "bigint '42'",
                "42.0",
                "$$42$$", "E'42'", "E'4\\x32'", "' 42 '", "42::numeric")) {
            assertKey(42, bind("select * from customers where id = " + spelling));
        }
        assertKey(-42, bind("select * from customers where id = -42"));
        assertKey(-42, bind("select * from customers where id = '-42'"));
        assertKey(Long.MIN_VALUE, bind("select * from customers where id = -9223372036854775808"));
        assertKey(3_000_000_000L, bind("select * from customers where id = 3000000000"));
    }

    @Test
    void parametersInTextAndBinaryGoWhereTheLiteralGoes() {
        String sql = "select * from customers where id = $1";
        for (long key : new long[]{0, 1, 7, -7, 123_456_789_012L, Long.MAX_VALUE}) {
            assertKey(key, bind(sql, text(0, Long.toString(key))));
            assertKey(key, bind(sql, text(PgOid.INT8, Long.toString(key))));
            assertKey(key, bind(sql, int8(PgOid.INT8, key)));
            assertKey(key, bind(sql, int8(0, key)));
        }
        assertKey(7, bind(sql, int4(PgOid.INT4, 7)));
        assertKey(7, bind(sql, text(PgOid.NUMERIC, "7.00")));
        assertKey(7, bind("select * from customers where id = $1::int4", int4(0, 7)));
        assertKey(7, bind("select * from customers where id = $1::int8", int4(PgOid.INT4, 7)));
    }

    @Test
    void aParameterWhoseTypeIsOpenIsReadOnlyWhereItIsSure() {
        String sql = "select * from customers where id = $1 and note(name) = $1::text".replace("note(name)", "name");
        // Undeclared, it could be text or int8: no key, so every node.
        assertFalse(assertInstanceOf(Destination.Many.class, bind(sql, text(0, "7"))).keyed());
        assertKey(7, bind(sql, text(PgOid.INT8, "7")));
        // A numeric of eight bytes must not be taken for an int8.
        assertFalse(assertInstanceOf(Destination.Many.class,
                bind("select $1::numeric from customers where id = $1", int8(0, 0))).keyed());
    }

    @Test
    void aTypeThatComparesInAnotherWayIsNoKey() {
        String sql = "select * from customers where id = $1";
        assertFalse(assertInstanceOf(Destination.Many.class, bind(sql, text(PgOid.FLOAT8, "7"))).keyed());
        assertFalse(assertInstanceOf(Destination.Many.class, bind(sql, text(PgOid.TEXT, "7"))).keyed());
        ProxyException why = refused("update customers set name = 'x' where id = $1", text(PgOid.FLOAT8, "7"));
        assertEquals("TL003", why.sqlState());
        assertTrue(why.hint() != null && why.detail() != null);
    }

    @Test
    void nullAndWhatNoKeyCanEqualGoNowhere() {
        assertInstanceOf(Destination.None.class, bind("select * from customers where id = $1", text(0, null)));
        assertInstanceOf(Destination.None.class, bind("select * from customers where id = null"));
        assertInstanceOf(Destination.None.class, bind("select * from customers where id = 7.5"));
        assertInstanceOf(Destination.None.class, bind("update customers set name = 'x' where id = $1", text(0, null)));
        assertInstanceOf(Destination.None.class,
                bind("select * from customers where id = any($1)", text(PgOid.INT8_ARRAY, "{}")));
        assertInstanceOf(Destination.None.class,
                bind("select * from customers where id = any($1)", text(PgOid.INT8_ARRAY, null)));
        StatementPlan plan = plan("select * from customers where id = null");
        assertEquals(Routing.NO_NODE, plan.routing(bind("select * from customers where id = null")));
    }

    @Test
    void whatIsWrittenIsHashedAsItIsStored() {
        // semantics.md 1: varchar(3) keeps abc of 'abc   '.
        Destination.One stored = assertInstanceOf(Destination.One.class,
                bind("insert into codes (code) values ('abc   ')"));
        assertEquals(194, stored.virtualShard());
        Destination.One compared = assertInstanceOf(Destination.One.class,
                bind("select * from codes where code = 'abc   '"));
        assertEquals(145, compared.virtualShard());
        assertEquals(194, assertInstanceOf(Destination.One.class,
                bind("insert into codes (code) values ($1)", text(PgOid.TEXT, "abc  "))).virtualShard());
        assertEquals(bind("insert into prices (amount) values (1.01)"),
                bind("insert into prices (amount) values (1.005)"));
        assertKeyOfInt(5, bind("insert into ints (k) values ('5')"));
    }

    private static void assertKeyOfInt(int key, Destination destination) {
        assertKey(key, destination);
    }

    @Test
    void nullAndUnreadableNeverRouteAWrite() {
        assertEquals("TL003", refused("insert into customers (id) values ($1)", text(0, null)).sqlState());
        assertEquals("TL003", refused("insert into customers (id) values ($1)", text(0, "seven")).sqlState());
        assertEquals("TL003", refused("insert into holidays (day) values ('02/03/2020')").sqlState());
        assertEquals("TL003", refused("insert into stamps (at) values ('now')").sqlState());
        assertEquals("TL003", refused("insert into codes (code) values ('abcd')").sqlState());
    }

    @Test
    void rowsOfAnInsertMustShareANode() {
        long near = neighbour(7);
        Destination.One one = assertInstanceOf(Destination.One.class,
                bind("insert into customers (id) values (7), (" + near + ")"));
        assertEquals(MAP.nodeOf(shard(7)), one.node());
        assertEquals(-1, one.virtualShard());
        assertKey(7, bind("insert into customers (id) values (7), ('7')"));
        assertEquals("TL002", refused("insert into customers (id) values (7), (" + stranger(7) + ")").sqlState());
    }

    @Test
    void aListGoesToTheNodesOfItsElements() {
        long far = stranger(7);
        for (Destination destination : List.of(bind("select * from customers where id in (7, " + far + ", null)"),
                bind("select * from customers where id = any('{7," + far + ",NULL}')"),
                bind("select * from customers where id = any($1)", text(PgOid.INT8_ARRAY, "{" + far + ",7}")),
                bind("select * from customers where id = any($1)", text(0, "{" + far + ",7}")),
                bind("select * from customers where id = any($1)", int8Array(PgOid.INT8_ARRAY, 7, far, 7)),
                bind("select * from customers where id = any($1)", int8Array(0, 7, far)),
                bind("select * from customers where id = 7 or id = " + far))) {
            Destination.Many many = assertInstanceOf(Destination.Many.class, destination);
            assertTrue(many.keyed());
            int[] nodes = {MAP.nodeOf(shard(7)), MAP.nodeOf(shard(far))};
            Arrays.sort(nodes);
            assertArrayEquals(nodes, many.nodes());
            BitSet touched = new BitSet();
            for (BitSet shards : many.virtualShards()) {
                touched.or(shards);
            }
            assertEquals(2, touched.cardinality());
            assertTrue(touched.get(shard(7)) && touched.get(shard(far)));
        }
        assertKey(7, bind("select * from customers where id in (7, '7')"));
        assertEquals(MAP.nodeOf(shard(7)), assertInstanceOf(Destination.One.class,
                bind("select * from customers where id in (7, " + neighbour(7) + ") order by random()")).node());
        assertEquals("TL002",
                refused("select * from customers where id in (7, " + far + ") order by random()").sqlState());
        assertEquals("TL002", refused("update customers set name = '' where id in (7, " + far + ")").sqlState());
    }

    @Test
    void anUnreadableListIsNoKey() {
        assertFalse(assertInstanceOf(Destination.Many.class,
                bind("select * from customers where id in (7, '0x1F')")).keyed());
        assertFalse(assertInstanceOf(Destination.Many.class,
                bind("select * from customers where id = any('{7,{8}}')")).keyed());
    }

    @Test
    void keysByThemselvesMustShareANode() {
        String sql = "select * from customers c, orders o where c.id = $1 and o.customer_id = $2";
        assertKey(7, bind(sql, text(0, "7"), text(0, "7")));
        assertEquals(MAP.nodeOf(shard(7)), assertInstanceOf(Destination.One.class,
                bind(sql, text(0, "7"), text(0, Long.toString(neighbour(7))))).node());
        assertEquals("TL002", refused(sql, text(0, "7"), text(0, Long.toString(stranger(7)))).sqlState());
        // One of them matches nothing: the other decides.
        assertKey(7, bind(sql, text(0, "7"), text(0, null)));
    }

    @Test
    void aReassignedKeyStaysInItsVirtualShard() {
        String sql = "update customers set id = $1, name = 'x' where id = $2";
        assertKey(7, bind(sql, text(0, "7"), text(0, "7")));
        assertKey(7, bind("update customers set id = 7 where id = '7'"));
        // The same node is not enough: shards move (semantics.md 4).
        assertEquals("TL002", refused(sql, text(0, Long.toString(neighbour(7))), text(0, "7")).sqlState());
        assertEquals("TL002", refused(sql, text(0, Long.toString(stranger(7))), text(0, "7")).sqlState());
        assertEquals("TL003", refused(sql, text(0, null), text(0, "7")).sqlState());
    }

    @Test
    void theNodeOfAnUnshardedTableMustBeTheKeys() {
        long home = 0;
        while (MAP.nodeOf(shard(home)) != 0) {
            home++;
        }
        String sql = "select * from customers c join audit_log a on true where c.id = ";
        assertKey(home, bind(sql + home));
        assertEquals("TL002", refused(sql + stranger(home)).sqlState());
        assertEquals(0, assertInstanceOf(Destination.One.class, bind(sql + "null")).node());
    }

    @Test
    void tempTablesPinTheKeysNode() {
        PlanKey key = new PlanKey(List.of("public"), java.util.Set.of("t"), true);
        String sql = "insert into t select * from customers where id = 7";
        StatementPlan plan = PLANNER.plan(sql, key, SHOP);
        assertInstanceOf(Destination.Pinned.class, bind(plan, sql, MAP.nodeOf(shard(7))));
        assertThrows(ProxyException.class, () -> bind(plan, sql, MAP.nodeOf(shard(stranger(7)))));
    }

    @Test
    void compositeKeysHashBothColumns() {
        long hash = PgHash.combine(PgHash.int8(7), PgHash.bytes(new byte[]{'x'}, 0, 1));
        int expected = PgHash.virtualShard(hash, 256);
        for (Destination destination : List.of(bind("select * from devices where tenant_id = 7 and serial = 'x'"),
                bind("select * from devices where (serial, tenant_id) = ('x', $1)", int4(0, 7)),
                bind("insert into devices (serial, tenant_id) values ($1, $2)", text(PgOid.TEXT, "x"), text(0, "7")))) {
            assertEquals(expected, assertInstanceOf(Destination.One.class, destination).virtualShard());
        }
        assertInstanceOf(Destination.None.class, bind("select * from devices where tenant_id = 7 and serial = null"));
        assertEquals("TL003",
                refused("insert into devices (serial, tenant_id) values ($1, 7)", text(0, null)).sqlState());
    }

    @Test
    void oneKeyAllocatesNoDestination() {
        Destination first = bind("select * from customers where id = 7");
        assertSame(first, bind("select * from orders where customer_id = $1", int8(0, 7)));
        assertSame(TABLE.ofVirtualShard(shard(7)), first);
    }

    @Test
    void anIncompleteMapRefusesFanOutsAndItsOwnGaps() {
        int[] owners = new int[256];
        Arrays.fill(owners, 1);
        owners[shard(7)] = -1;
        DestinationTable gap = new DestinationTable(ShardMap.of(6, owners), 4, 0);
        StatementPlan everything = plan("select * from customers");
        StatementPlan key = plan("select * from customers where id = 7");
        byte[] sql = "select * from customers where id = 7".getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(sql, 0, sql.length, true);
        BoundValues values = new BoundValues().statement(sql, lexed.fingerprint(0), true);
        assertEquals("58000", assertThrows(ProxyException.class, () -> everything.bind(values, gap)).sqlState());
        assertEquals("58000", assertThrows(ProxyException.class, () -> key.bind(values, gap)).sqlState());
    }

    @Test
    void theSessionDecidesWhatNoKeyDoes() {
        assertInstanceOf(Destination.Transaction.class, bind("select 1"));
        assertInstanceOf(Destination.Any.class, bind("select * from countries"));
        assertEquals(0, assertInstanceOf(Destination.One.class, bind("select * from pg_class")).node());
        assertEquals(1, assertInstanceOf(Destination.One.class, bind("select * from reports")).node());
        assertEquals("c1", assertInstanceOf(Destination.Cursor.class, bind("fetch 3 from c1")).name());
        Destination.Many all = assertInstanceOf(Destination.Many.class, bind("select * from customers"));
        assertArrayEquals(new int[]{0, 1, 2, 3}, all.nodes());
        assertFalse(all.keyed());
        assertNull(plan("select 1").fanOut());
    }
}
