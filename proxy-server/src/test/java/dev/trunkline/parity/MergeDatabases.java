package dev.trunkline.parity;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of every type that a merge knows, whole in one database, and spread over 1 to 4 nodes behind one proxy: skewed, with
 * a node that has next to nothing, with NULLs and many equal values.
 */
final class MergeDatabases implements AutoCloseable {

    static final String USER = "postgres";
    static final int MOST_NODES = 4;

    /** What each node has of 256 virtual shards, for 1 to 4 nodes. */
    private static final int[][] FIRST = {{0}, {0, 200}, {0, 40, 90}, {0, 150, 230, 255}};

    private static final String TABLES = """
            CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE m (id int8 PRIMARY KEY, g int4, i2 int2, i4 int4, i8 int8, num numeric, amt numeric(12,2),
                c text COLLATE "C", v varchar(10) COLLATE "C", b char(4) COLLATE "C", loc text COLLATE "und-x-icu", u uuid, ya bytea, d date,
                ti time, tz timetz, ts timestamp, tsz timestamptz, bo bool, f4 float4, f8 float8, fz float8, o oid,
                "Odd name" int4, ci text COLLATE ci);
            CREATE TABLE n (m_id int8 NOT NULL, k int4, t text COLLATE "C", PRIMARY KEY (m_id, k));
            CREATE TABLE r (g int4 PRIMARY KEY, name text COLLATE "C");
            CREATE TABLE e (id int8 PRIMARY KEY, x int4, c text COLLATE "C");
            """;

    private static final String ROWS = """
            INSERT INTO m SELECT i, h(i,1,9), h(i,2,5)-2, h(i,3,1000)-500, (h(i,4,40)-20)::int8 * 400000000000,
                CASE h(i,5,30) WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN 1.00 WHEN 3 THEN 1 WHEN 4 THEN -0.5
                    WHEN 5 THEN 1e25 ELSE (h(i,6,2000)-1000)::numeric / 16 END,
                (h(i,7,60)-30)::numeric / 4,
                (ARRAY['', 'a', 'B', 'b', 'aa', 'a b', 'Ä', 'z', '中', '😀', 'zz ', 'Z'])[h(i,8,12)+1],
                chr(97 + h(i,9,4)) || h(i,10,3), (ARRAY['', 'x', 'x y', 'Y', 'yyyy', E'x\\t'])[h(i,11,6)+1],
                (ARRAY['eins', 'Zwei', 'drei', 'Ähre', 'zwei'])[h(i,12,5)+1],
                ('00000000-0000-0000-0000-0000000000' || lpad(to_hex(h(i,13,40)), 2, '0'))::uuid,
                decode(md5((h(i,14,30))::text), 'hex'),
                date '2000-01-01' + (h(i,15,60) - 30) * 100, time '00:00' + h(i,16,50) * interval '17 minutes',
                (time '00:00' + h(i,17,20) * interval '31 minutes')::timetz,
                timestamp '1999-12-31 23:59:59.5' + (h(i,18,60)-30) * interval '1 hour 1 second',
                CASE WHEN h(i,19,20) = 0 THEN 'infinity' ELSE timestamptz '2000-01-01 00:00+00' + h(i,19,50) * interval '1 day' END,
                h(i,20,2) = 0, ((h(i,21,30)-15)::float4) / 4, ((h(i,22,30)-15)::float8) / 8,
                CASE h(i,23,8) WHEN 0 THEN '-0' WHEN 1 THEN '0' WHEN 2 THEN 'NaN' WHEN 3 THEN '-Infinity'
                    ELSE (h(i,24,50) / 3.0)::float8 END, (h(i,25,5)::int8 * 1000000000)::oid, h(i,26,3),
                (ARRAY['a', 'A', 'b'])[h(i,29,3)+1]
                FROM generate_series(1, 260) i;
            INSERT INTO n SELECT i, k, 't' || h(i * 10 + k,30,7) FROM generate_series(1, 260) i, generate_series(1, 3) k
                WHERE h(i * 10 + k,31,3) > 0 OR i % 5 = 0;
            INSERT INTO r SELECT g, 'group ' || g FROM generate_series(0, 8) g;
            """;

    /** A number below {@code most} that looks random; one in eight is NULL. */
    private static final String HASH = """
            CREATE FUNCTION h(i int8, salt int8, most int4) RETURNS int4 LANGUAGE sql IMMUTABLE AS
            $$ SELECT CASE WHEN salt < 27 AND hashint8extended(i, salt * 7 + 3) & 7 = 0 THEN NULL
                ELSE ((hashint8extended(i, salt) & 1073741823) % most)::int4 END $$;
            """;

    private final List<RunningNode> nodes = TestNodes.nodes(MOST_NODES);
    private final List<String> names = new ArrayList<>();
    private final RunningProxy proxy;

    MergeDatabases() throws Exception {
        names.add(create(1, 0));
        for (int count = 1; count <= MOST_NODES; count++) {
            names.add(create(count, count));
        }
        StringBuilder yaml = new StringBuilder("""
                listen: { port: 0 }
                monitoring: { port: 0 }
                users:
                  postgres: { admin: full }
                databases:
                """);
        for (int count = 1; count <= MOST_NODES; count++) {
            yaml.append("  merge").append(count).append(":\n    fanOut: allow\n    nodes:\n");
            for (int i = 0; i < count; i++) {
                yaml.append("      n").append(i).append(": { primary: '127.0.0.1:").append(nodes.get(i).port())
                        .append("', database: ").append(names.get(count)).append(" }\n");
            }
            yaml.append("    shardMap:\n");
            for (int i = 0; i < count; i++) {
                yaml.append("      n").append(i).append(": ").append(FIRST[count - 1][i]).append('-')
                        .append(last(count, i)).append('\n');
            }
            yaml.append("""
                        tables:
                          m: { shardKey: id }
                          n: { shardKey: m_id, colocatedWith: m }
                          e: { shardKey: id }
                          r: { reference: true }
                    """.indent(0));
        }
        proxy = RunningProxy.start(yaml.toString());
    }

    private static int last(int count, int node) {
        return node + 1 < count ? FIRST[count - 1][node + 1] - 1 : 255;
    }

    private String create(int count, int label) throws Exception {
        String name = TestNodes.uniqueName("merge" + label);
        for (int i = 0; i < count; i++) {
            TestNodes.execute(nodes.get(i), "postgres", "CREATE DATABASE " + name);
            try (Connection connection = nodes.get(i).connect(name);
                    Statement statement = connection.createStatement()) {
                statement.execute(TABLES + HASH + ROWS + "DROP FUNCTION h;");
                for (String table : List.of("m.id", "n.m_id")) {
                    String[] parts = table.split("[.]");
                    statement.execute("DELETE FROM " + parts[0] + " WHERE (hashint8extended(" + parts[1]
                            + ", 8816678312871386365) & 255) NOT BETWEEN " + FIRST[count - 1][i] + " AND "
                            + last(count, i));
                }
                statement.execute("ANALYZE");
            }
        }
        return name;
    }

    PlainClient plain() throws Exception {
        return new PlainClient(nodes.getFirst().port(), USER, names.getFirst());
    }

    PlainClient proxied(int count) throws Exception {
        return new PlainClient(proxy.port(), USER, "merge" + count);
    }

    int port() {
        return proxy.port();
    }

    /** Locks, delays and the like are made on a node's own database. */
    Connection node(int count, int node) throws Exception {
        return nodes.get(node).connect(names.get(count));
    }

    @Override
    public void close() throws SQLException, IOException {
        proxy.close();
        for (String name : names) {
            TestNodes.dropDatabase(name, nodes);
        }
    }
}
