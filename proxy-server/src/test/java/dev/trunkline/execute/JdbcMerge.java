package dev.trunkline.execute;

import dev.trunkline.plan.Merge;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.SendFunction;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A plan's merge over rows that JDBC has fetched: the visible columns as text, the hidden ones in binary. */
public final class JdbcMerge {

    private static final Map<String, Integer> OIDS = new HashMap<>();

    static {
        IntStream.of(PgOid.INT2, PgOid.INT4, PgOid.INT8, PgOid.NUMERIC, PgOid.TEXT, PgOid.BOOL)
                .forEach(oid -> OIDS.put(DividedTable.columnOf(oid), oid));
    }

    /** Hidden values in binary by type and text. */
    private final Map<String, byte[]> binary = new HashMap<>();

    /**
     * The client's rows, each a list of texts; null is NULL.
     *
     * @param sql the text of each node
     */
    public List<List<String>> run(Merge merge, List<Connection> nodes, List<String> sql, SplittableRandom random)
            throws SQLException {
        List<List<ByteBuf>> inputs = new ArrayList<>();
        RowDescription columns = null;
        for (int i = 0; i < nodes.size(); i++) {
            Connection node = nodes.get(i);
            try (Statement statement = node.createStatement();
                    ResultSet rows = statement.executeQuery(sql.get(i))) {
                columns = columns(rows.getMetaData(), merge.visible());
                List<ByteBuf> runs = new ArrayList<>();
                while (rows.next()) {
                    ByteBuf run = PooledByteBufAllocator.DEFAULT.buffer();
                    MergeRun.write(run, row(node, rows, columns));
                    runs.add(run);
                }
                inputs.add(runs);
            }
        }
        List<List<String>> result = new ArrayList<>();
        for (List<byte[]> row : MergeRun.run(RowMerge.of(merge, nodes.size()), columns, inputs, random)) {
            List<String> texts = new ArrayList<>();
            row.forEach(value -> texts.add(value == null ? null : new String(value, StandardCharsets.UTF_8)));
            result.add(texts);
        }
        return result;
    }

    private static RowDescription columns(ResultSetMetaData data, int visible) throws SQLException {
        List<Field> fields = new ArrayList<>();
        for (int i = 1; i <= data.getColumnCount(); i++) {
            boolean hidden = visible >= 0 && i > visible;
            fields.add(new Field(data.getColumnLabel(i), 0, 0, OIDS.get(data.getColumnTypeName(i)), -1, -1,
                    (short) (hidden ? 1 : 0)));
        }
        return new RowDescription(fields);
    }

    private List<byte[]> row(Connection node, ResultSet rows, RowDescription columns) throws SQLException {
        List<byte[]> row = new ArrayList<>();
        for (int i = 0; i < columns.fields().size(); i++) {
            Field field = columns.fields().get(i);
            String text = rows.getString(i + 1);
            row.add(text == null
                    ? null
                    : field.format() == 0
                            ? text.getBytes(StandardCharsets.UTF_8)
                            : binary(node, field.typeOid(), text));
        }
        return row;
    }

    private byte[] binary(Connection node, int oid, String text) throws SQLException {
        String key = oid + " " + text;
        if (!binary.containsKey(key)) {
            try (PreparedStatement statement = node.prepareStatement("SELECT " + SendFunction.of(oid) + "(CAST(? AS "
                    + DividedTable.columnOf(oid) + "))")) {
                statement.setString(1, text);
                try (ResultSet value = statement.executeQuery()) {
                    value.next();
                    binary.put(key, value.getBytes(1));
                }
            }
        }
        return binary.get(key);
    }
}
