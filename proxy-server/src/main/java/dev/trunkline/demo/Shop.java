package dev.trunkline.demo;

import dev.trunkline.value.PgHash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * The sample shop: {@code customers}, {@code orders} and {@code order_items} sharded by customer, {@code countries} on every
 * node, {@code audit_log} on the first.
 *
 * @param customers how many
 * @param virtualShards of the map that decides where a customer lies
 */
public record Shop(int customers, int virtualShards) {

    /** Ids that a node's sequences give differ by this much; node number i (from 1) gives i, i + 64, ... */
    static final int ID_STRIDE = 64;

    private static final int COPY_CHUNK = 1 << 16;

    int virtualShardOf(long customer) {
        return PgHash.virtualShard(PgHash.int8(customer), virtualShards);
    }

    /**
     * Creates and loads one node's part.
     *
     * @param node the node's number from 0; the first one is the home of what is unsharded
     * @param holds whether a customer, given by id, lies on this node
     * @param loaded told now and then how many customers more have been loaded
     */
    public void createOn(Connection connection, int node, LongPredicate holds, LongConsumer loaded)
            throws SQLException, IOException {
        connection.setAutoCommit(false);
        run(connection, "shop-tables.sql");
        if (node == 0) {
            run(connection, "shop-home.sql");
        }
        copyLines(connection, "countries", String.join("\n", ShopRows.COUNTRIES) + "\n");
        load(connection, holds, loaded);
        run(connection, "shop-indexes.sql");
        strideIds(connection, node);
        connection.commit();
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute("VACUUM ANALYZE");
        }
    }

    /** Lets a node give ids that no other node gives, above those that have been loaded. */
    public void strideIds(Connection connection, int node) throws SQLException {
        long next = (totalOrders() / ID_STRIDE + 1) * ID_STRIDE + node + 1;
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE orders ALTER id SET INCREMENT " + ID_STRIDE + " RESTART " + next);
        }
    }

    /** Whether an earlier run has created the shop in this database. */
    static boolean existsOn(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT to_regclass('public.order_items') IS NOT NULL")) {
            return row.next() && row.getBoolean(1);
        }
    }

    private long totalOrders() {
        long orders = 0;
        for (long customer = 1; customer <= customers; customer++) {
            orders += ShopRows.orderCount(customer);
        }
        return orders;
    }

    /** One table after the other, because a connection copies into one at a time; the rows are made anew for each. */
    private void load(Connection connection, LongPredicate holds, LongConsumer loaded) throws SQLException {
        copy(connection, "customers (id, name, email, country, credit, active, created_at)", holds,
                ShopRows.Customer::appendTo, loaded);
        copy(connection, "orders (id, customer_id, status, total, note, placed_at)", holds,
                ShopRows.Customer::appendOrdersTo, n -> {
                });
        copy(connection, "order_items (customer_id, order_id, line, product, quantity, price)", holds,
                ShopRows.Customer::appendItemsTo, n -> {
                });
    }

    private void copy(Connection connection, String target, LongPredicate holds, Lines lines, LongConsumer loaded)
            throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + target + " FROM STDIN");
        StringBuilder text = new StringBuilder(COPY_CHUNK + 1024);
        long order = 1;
        int sinceTold = 0;
        for (long id = 1; id <= customers; id++) {
            if (holds.test(id)) {
                lines.append(ShopRows.customer(id, order), text);
                sinceTold++;
            }
            order += ShopRows.orderCount(id);
            if (text.length() > COPY_CHUNK || id == customers) {
                byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
                copy.writeToCopy(bytes, 0, bytes.length);
                text.setLength(0);
                loaded.accept(sinceTold);
                sinceTold = 0;
            }
        }
        copy.endCopy();
    }

    private static void copyLines(Connection connection, String table, String lines) throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table + " FROM STDIN");
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        copy.writeToCopy(bytes, 0, bytes.length);
        copy.endCopy();
    }

    private static void run(Connection connection, String script) throws SQLException, IOException {
        try (InputStream in = Shop.class.getResourceAsStream(script);
                Statement statement = connection.createStatement()) {
            statement.execute(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Appends some of a customer's rows. */
    private interface Lines {
        void append(ShopRows.Customer customer, StringBuilder text);
    }
}
