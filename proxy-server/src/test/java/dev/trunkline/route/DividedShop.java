package dev.trunkline.route;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.Placement;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.value.PgHash;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A small shop in one database that has all rows, in three that have them divided by a placement, and in one that has none but
 * of the reference table: what a node looks like to a statement whose keys are all elsewhere.
 */
final class DividedShop implements AutoCloseable {

    static final int NODES = 3;
    static final List<String> TABLES = List.of("customers", "orders", "items");
    private static final int HASHED = 256;

    /** By hash, with two pinned keys. */
    static final Placement BY_HASH = new Placement.Hash(Map.of(PgHash.int8(3), HASHED, PgHash.int8(5), HASHED + 1));
    static final Placement BY_RANGE = new Placement.Ranges(List.of(new Placement.Range(Long.MIN_VALUE, 2, HASHED + 2),
            new Placement.Range(3, 4, HASHED), new Placement.Range(5, 8, HASHED + 1),
            new Placement.Range(9, Long.MAX_VALUE, HASHED + 2)));
    /** What isn't listed has no place. */
    static final Placement BY_LIST = new Placement.Listed(Map.of(PgHash.int8(1), HASHED, PgHash.int8(2), HASHED + 1,
            PgHash.int8(3), HASHED + 1, PgHash.int8(4), HASHED + 2, PgHash.int8(5), HASHED, PgHash.int8(6), HASHED + 2),
            HASHED + 1);

    private static final int VIEWS = 40;

    final Catalog catalog;
    /** The names of views by chance, also over each other. */
    final List<String> views = new ArrayList<>();
    final DestinationTable destinations;
    final Connection whole;
    final List<Connection> parts = new ArrayList<>();
    final Connection empty;
    private final List<RunningNode> servers = TestNodes.nodes(1);
    private final List<String> databases = new ArrayList<>();
    private final Placement placement;
    private final ShardMap map;

    DividedShop(Placement placement) throws SQLException {
        this.placement = placement;
        int[] owners = new int[HASHED + 3];
        for (int shard = 0; shard < HASHED; shard++) {
            owners[shard] = shard * NODES / HASHED;
        }
        owners[HASHED] = 0;
        owners[HASHED + 1] = 1;
        owners[HASHED + 2] = 2;
        map = ShardMap.of(1, HASHED, owners);
        destinations = new DestinationTable(map, NODES, 0);
        CatalogBuilder tables = new CatalogBuilder("shop").nodes("n0", "n1", "n2")
                .table("customers", "id int8 not null", "grp int4", "ref int8").sharded("customers", "id")
                .placed("customers", placement)
                .table("orders", "customer_id int8 not null", "oid int4", "amount int4")
                .colocated("orders", "customers", "customer_id")
                .table("items", "customer_id int8 not null", "iid int4", "qty int4")
                .colocated("items", "customers", "customer_id")
                .table("countries", "code int4", "grp int4").reference("countries")
                .table("audit", "customer_id int8", "x int4");
        whole = database();
        for (int i = 0; i < NODES; i++) {
            parts.add(database());
        }
        empty = database();
        createViews(tables);
        catalog = tables.build();
        fill();
    }

    /** They are known as discovery knows them: by what the server prints. */
    private void createViews(CatalogBuilder tables) throws SQLException {
        for (int i = 0; i < VIEWS; i++) {
            String name = "view" + i;
            String sql = "CREATE VIEW " + name + " AS " + new RandomStatement(-1 - i, List.copyOf(views)).view();
            try {
                execute(whole, sql);
            } catch (SQLException invalid) {
                continue;
            }
            for (Connection part : parts) {
                execute(part, sql);
            }
            execute(empty, sql);
            try (Statement statement = whole.createStatement()) {
                statement.execute("SET search_path = pg_catalog");
                try (ResultSet result = statement
                        .executeQuery("SELECT pg_get_viewdef('public." + name + "'::regclass)")) {
                    result.next();
                    tables.view(name, result.getString(1));
                }
                statement.execute("RESET search_path");
            }
            views.add(name);
        }
        if (views.size() <= VIEWS / 2) {
            throw new AssertionError("few of the views are valid: " + views);
        }
    }

    private void fill() throws SQLException {
        SplittableRandom random = new SplittableRandom(42);
        for (int id = 1; id <= 12; id++) {
            insert(id, "customers", id + ", " + orNull(random, 4) + ", " + (1 + random.nextInt(12)));
        }
        for (int i = 0; i < 30; i++) {
            int customer = 1 + random.nextInt(12);
            insert(customer, "orders", customer + ", " + random.nextInt(8) + ", " + orNull(random, 5));
        }
        for (int i = 0; i < 36; i++) {
            int customer = 1 + random.nextInt(12);
            insert(customer, "items", customer + ", " + random.nextInt(8) + ", " + orNull(random, 5));
        }
        for (int i = 1; i <= 5; i++) {
            String row = "INSERT INTO countries VALUES (" + i + ", " + orNull(random, 3) + ")";
            execute(whole, row);
            execute(empty, row);
            for (Connection part : parts) {
                execute(part, row);
            }
        }
        for (int i = 0; i < 6; i++) {
            String row = "INSERT INTO audit VALUES (" + (1 + random.nextInt(8)) + ", " + orNull(random, 4) + ")";
            execute(whole, row);
            execute(parts.getFirst(), row);
        }
    }

    private Connection database() throws SQLException {
        String name = TestNodes.createDatabase("routing", servers);
        databases.add(name);
        Connection connection = servers.getFirst().connect(name);
        execute(connection, "CREATE TABLE customers (id int8 NOT NULL, grp int4, ref int8);"
                + "CREATE TABLE orders (customer_id int8 NOT NULL, oid int4, amount int4);"
                + "CREATE TABLE items (customer_id int8 NOT NULL, iid int4, qty int4);"
                + "CREATE TABLE countries (code int4, grp int4); CREATE TABLE audit (customer_id int8, x int4);"
                + "SET statement_timeout = '20s'; SET jit = off");
        return connection;
    }

    private void insert(long key, String table, String row) throws SQLException {
        execute(whole, "INSERT INTO " + table + " VALUES (" + row + ")");
        execute(parts.get(nodeOf(key)), "INSERT INTO " + table + " VALUES (" + row + ")");
    }

    int nodeOf(long key) {
        return map.nodeOf(placement.virtualShard(PgHash.int8(key), key, HASHED));
    }

    private static String orNull(SplittableRandom random, int bound) {
        return random.nextInt(6) == 0 ? "NULL" : Integer.toString(random.nextInt(bound));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        for (Connection part : parts) {
            part.close();
        }
        whole.close();
        empty.close();
        for (String database : databases) {
            TestNodes.dropDatabase(database, servers);
        }
    }
}
