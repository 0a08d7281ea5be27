package dev.trunkline.execute;

import dev.trunkline.value.PgOid;
import dev.trunkline.value.SendFunction;
import dev.trunkline.value.WireFormat;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A table of one server whose column {@code part} plays the node: what a merge makes of the parts must be what the server
 * says of the whole. All types, with NULLs, duplicates, skew and empty parts.
 */
final class DividedTable {

    static final int PARTS = 4;

    /** A column of a result as a node is asked for it. */
    record Column(String expression, int oid, WireFormat format) {

        static Column text(String expression, int oid) {
            return new Column(expression, oid, WireFormat.TEXT);
        }

        static Column binary(String expression, int oid) {
            return new Column(expression, oid, WireFormat.BINARY);
        }

        Column in(WireFormat other) {
            return new Column(expression, oid, other);
        }

        private String sql() {
            return format == WireFormat.TEXT ? expression : SendFunction.of(oid) + "(" + expression + ")";
        }
    }

    private final Connection connection;

    DividedTable(Connection connection) {
        this.connection = connection;
    }

    /** Fills {@code pg_temp.t}; the column of a type is named like the type. */
    void create(long seed, int rows) throws SQLException {
        execute("DROP TABLE IF EXISTS t; CREATE TEMP TABLE t (id int8, part int, int2 int2, int4 int4, int8 int8,"
                + " numeric numeric, text text COLLATE \"C\", varchar varchar COLLATE \"C\", bpchar char(6) COLLATE \"C\","
                + " uuid uuid, bytea bytea, date date, time time, timetz timetz, timestamp timestamp,"
                + " timestamptz timestamptz, bool bool, float4 float4, float8 float8, oid oid)");
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder values = new StringBuilder();
        int empty = random.nextInt(PARTS + 1);
        for (int id = 0; id < rows; id++) {
            int part = random.nextInt(3) == 0 ? random.nextInt(PARTS) : 0;
            if (part == empty) {
                part = (part + 1) % PARTS;
            }
            values.append(id == 0 ? "INSERT INTO t VALUES (" : ", (").append(id).append(',').append(part);
            for (int oid : TYPES) {
                values.append(',').append(random.nextInt(7) == 0 ? "NULL" : literal(random, oid));
            }
            values.append(')');
        }
        if (rows > 0) {
            execute(values.toString());
        }
    }

    /** The types of the table's columns, in order. */
    static final int[] TYPES = {PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.NUMERIC, PgOid.TEXT, PgOid.VARCHAR,
            PgOid.BPCHAR, PgOid.UUID, PgOid.BYTEA, PgOid.DATE, PgOid.TIME, PgOid.TIMETZ, PgOid.TIMESTAMP,
            PgOid.TIMESTAMPTZ, PgOid.BOOL, PgOid.FLOAT4, PgOid.FLOAT8, PgOid.OID};

    static String columnOf(int oid) {
        return switch (oid) {
            case PgOid.INT2 -> "int2";
            case PgOid.INT4 -> "int4";
            case PgOid.INT8 -> "int8";
            case PgOid.NUMERIC -> "numeric";
            case PgOid.TEXT -> "text";
            case PgOid.VARCHAR -> "varchar";
            case PgOid.BPCHAR -> "bpchar";
            case PgOid.UUID -> "uuid";
            case PgOid.BYTEA -> "bytea";
            case PgOid.DATE -> "date";
            case PgOid.TIME -> "time";
            case PgOid.TIMETZ -> "timetz";
            case PgOid.TIMESTAMP -> "timestamp";
            case PgOid.TIMESTAMPTZ -> "timestamptz";
            case PgOid.BOOL -> "bool";
            case PgOid.FLOAT4 -> "float4";
            case PgOid.FLOAT8 -> "float8";
            case PgOid.OID -> "oid";
            default -> throw new IllegalArgumentException();
        };
    }

    private static String literal(SplittableRandom random, int oid) {
        boolean few = random.nextBoolean();
        return switch (oid) {
            case PgOid.INT2 -> "" + (few ? random.nextInt(-3, 4) : random.nextInt(-32768, 32768));
            case PgOid.INT4 -> "" + (few ? random.nextInt(-3, 4) : random.nextInt());
            case PgOid.INT8 -> few ? "" + random.nextInt(-3, 4) : "'" + random.nextLong() + "'";
            case PgOid.OID -> "'" + (few ? random.nextInt(4) : random.nextLong(1L << 32)) + "'";
            case PgOid.NUMERIC -> switch (random.nextInt(40)) {
                case 0 -> "'NaN'";
                case 1 -> "'Infinity'";
                case 2 -> random.nextInt(4) == 0 ? "'-Infinity'" : "0";
                case 3, 4 -> random.nextInt(-3, 4) + ".00";
                case 5, 6 -> random.nextInt(-3, 4) + "";
                case 7, 8 -> "1e" + random.nextInt(-30, 30);
                case 9 ->
                    "'" + random.nextLong() + "" + Math.abs(random.nextLong()) + "." + random.nextLong(1L << 62) + "'";
                default -> random.nextInt(-1000, 1000) + "." + random.nextInt(1000);
            };
            case PgOid.TEXT, PgOid.VARCHAR, PgOid.BPCHAR -> {
                StringBuilder text = new StringBuilder("'");
                int length = few ? random.nextInt(2) : random.nextInt(oid == PgOid.BPCHAR ? 7 : 20);
                for (int i = 0; i < length; i++) {
                    text.appendCodePoint(switch (random.nextInt(6)) {
                        case 0 -> random.nextInt(0xa0, 0x300);
                        case 1 -> random.nextInt(0x1f300, 0x1f600);
                        case 2 -> ' ';
                        case 3 -> random.nextInt('A', 'D');
                        default -> random.nextInt('a', 'd');
                    });
                }
                yield text.append("'").toString();
            }
            case PgOid.UUID ->
                "'" + new java.util.UUID(few ? 0 : random.nextLong(), few ? random.nextInt(4) : random.nextLong())
                        + "'";
            case PgOid.BYTEA -> {
                byte[] bytes = new byte[random.nextInt(few ? 2 : 12)];
                random.nextBytes(bytes);
                yield "'\\x" + java.util.HexFormat.of().formatHex(bytes) + "'";
            }
            case PgOid.DATE -> random.nextInt(30) == 0
                    ? "'infinity'"
                    : "'2000-01-01'::date + (" + random.nextInt(-700_000, 10_000)
                            + ")";
            case PgOid.TIME -> "'" + time(random, few) + "'";
            case PgOid.TIMETZ -> "'" + time(random, few) + (random.nextBoolean() ? "+02" : "-05:30") + "'";
            case PgOid.TIMESTAMP -> random.nextInt(30) == 0
                    ? "'-infinity'"
                    : "'" + (1 + random.nextInt(4000)) / 1000 + "999-01-31 " + time(random, few) + "'";
            case PgOid.TIMESTAMPTZ -> random.nextInt(30) == 0
                    ? "'infinity'"
                    : "'" + (1 + random.nextInt(4000)) / 1000 + "999-01-31 " + time(random, few) + "Z'";
            case PgOid.BOOL -> few ? "true" : "false";
            case PgOid.FLOAT4, PgOid.FLOAT8 -> switch (random.nextInt(12)) {
                case 0 -> "'NaN'";
                case 1 -> "'-Infinity'";
                case 2 -> "'-0'";
                case 3 -> "0";
                default -> few ? random.nextInt(-3, 4) + "" : "'" + random.nextDouble(-1e6, 1e6) + "'";
            };
            default -> throw new IllegalArgumentException();
        };
    }

    private static String time(SplittableRandom random, boolean few) {
        return few
                ? "0" + random.nextInt(3) + ":00:00"
                : java.time.LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000L) * 1000).toString();
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static RowDescription description(List<Column> columns) {
        return new RowDescription(columns.stream()
                .map(c -> new Field(c.expression(), 0, 0, c.oid(), -1, -1, c.format().code())).toList());
    }

    /** Rows as DataRow messages, in runs of random sizes. {@code tail} is what follows the select list. */
    List<ByteBuf> runs(List<Column> columns, String tail, SplittableRandom sizes) throws SQLException {
        List<ByteBuf> runs = new ArrayList<>();
        ByteBuf run = null;
        int left = 0;
        for (List<byte[]> row : query(columns, tail)) {
            if (left-- == 0) {
                run = PooledByteBufAllocator.DEFAULT.buffer();
                runs.add(run);
                left = sizes.nextInt(1, 8) - 1;
            }
            MergeRun.write(run, row);
        }
        return runs;
    }

    /** Rows as the server gives them; a null is NULL. */
    List<List<byte[]>> query(List<Column> columns, String tail) throws SQLException {
        String list = String.join(", ", columns.stream().map(Column::sql).toList());
        List<List<byte[]>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT " + list + " " + tail)) {
            while (result.next()) {
                List<byte[]> row = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    String text = columns.get(i).format() == WireFormat.TEXT ? result.getString(i + 1) : null;
                    row.add(columns.get(i).format() == WireFormat.BINARY
                            ? result.getBytes(i + 1)
                            : text == null ? null : text.getBytes(StandardCharsets.UTF_8));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
