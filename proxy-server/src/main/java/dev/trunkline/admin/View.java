package dev.trunkline.admin;

import static dev.trunkline.admin.Column.float8;
import static dev.trunkline.admin.Column.int4;
import static dev.trunkline.admin.Column.int8;
import static dev.trunkline.admin.Column.text;
import static dev.trunkline.admin.Column.time;

import dev.trunkline.route.Routing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What SHOW has, each with its columns; {@code docs/admin.md} says what they mean. Where PgBouncer has a column, it has its
 * name.
 */
enum View {

    CLIENTS("who is connected, and what they do", text("user"), text("database"), text("state"), text("addr"),
            int4("port"), int8("wait_us"), text("pinned"), text("node"), int4("id"), text("application_name"),
            time("connect_time"), text("request"), int8("requests"),
            int4("channels"), text("pinned_for"), int4("prepared_statements"), time("request_time"), int8("wait"),
            text("local_addr"), int4("local_port"), text("tls")),
    SERVERS("the connections to nodes", text("type"), text("user"), text("database"), text("state"), text("addr"),
            int4("port"), text("local_addr"), int4("local_port"), time("connect_time"), int4("close_needed"),
            int4("link"), int4("remote_pid"), text("tls"), text("application_name"), text("node"),
            int4("prepared_statements")),
    NODES("the nodes of each database", text("database"), text("node"), text("endpoint"), text("role"),
            text("state"), float8("capacity"), int4("virtual_shards"), text("reason"), int8("bytes_to_node"),
            int8("bytes_from_node"), int4("current_connections"), int4("max_connections"),
            int8("pools_may_open"), int4("server_slots")),
    SHARDS("which node has which virtual shard", text("database"), text("domain"), int4("virtual_shard"),
            text("node"), text("state"), int8("epoch")),
    POOLS("connections to nodes", text("database"), text("user"), text("node"), int4("cl_active"),
            int4("cl_waiting"), int4("sv_active"), int4("sv_idle"), int8("maxwait_us"), text("pool_mode"),
            int4("sv_login"), int4("pool_size"), new Column("paused", Column.Type.BOOL), int4("sv_tested"),
            int4("min_pool_size"), text("limited_by"), int8("maxwait"), text("bounded_user")),
    TABLES("how each table is distributed", text("database"), text("schema"), text("table"), text("kind"),
            text("distribution"), text("shard_key"), text("colocation_group"), text("node"), text("fan_out"),
            text("reason")),
    FANOUT("the statements without a shard key that took the most time", text("database"), int8("count"),
            int8("total_us"), int8("p50_us"), int8("p99_us"), int8("rows"), float8("share_percent"),
            int8("one_node_p50_us"), int8("one_node_p99_us"), text("reason"), text("tables"), text("fix"),
            int8("failed"), int8("rejected"), text("fingerprint")),
    STATS("what has been done since the start, and on average in the last minute", stats()),
    STATS_TOTALS("what has been done since the start, as PgBouncer has it", counted()),
    STATS_AVERAGES("the averages of the last minute, as PgBouncer has them", counted()),
    TOTALS("the sums of STATS over all databases", text("name"), int8("value")),
    LISTS("how many there are of what", text("list"), int8("items")),
    MEM("what the process has of memory", text("name"), int8("used"), int8("free"), int8("memtotal"), int8("most")),
    STATE("whether the proxy is paused", text("key"), text("value")),
    DNS_HOSTS("where the names of nodes lead", text("hostname"), int8("ttl"), text("addrs"), text("failure")),
    CONFIG("the configuration file's keys, without secrets", text("key"), text("value"), text("default"),
            text("changeable")),
    DATABASES("the databases that are served", text("name"), int4("nodes"), int4("virtual_shards"), int8("epoch"),
            text("home_node"), int4("pool_size"), text("pool_mode"), int8("current_connections"),
            new Column("paused", Column.Type.BOOL), text("fan_out"), int8("catalog_version"),
            int4("max_connections"), int4("min_pool_size")),
    USERS("who may log in", text("name"), text("admin"), text("databases"), text("fan_out"),
            int4("current_connections"), int4("max_connections"), text("pool_mode")),
    VERSION("which build this is", text("version")),
    HELP("this list", text("command"), text("description"));

    private final String description;
    private final List<Column> columns;

    View(String description, Column... columns) {
        this(description, List.of(columns));
    }

    View(String description, List<Column> columns) {
        this.description = description;
        this.columns = columns;
    }

    private static List<Column> stats() {
        List<Column> columns = new ArrayList<>(List.of(text("database"), int8("total_query_count"),
                int8("total_error_count"), int8("total_query_time"), int8("avg_query_time"), int8("p50_us"),
                int8("p99_us")));
        for (Routing routing : Routing.values()) {
            columns.add(int8(routing.name().toLowerCase(Locale.ROOT)));
        }
        for (String name : List.of("bytes_to_nodes", "bytes_from_nodes", "plan_cache_hits", "plan_cache_misses",
                "total_xact_count", "total_received", "total_sent", "total_xact_time", "total_wait_time",
                "avg_xact_count", "avg_query_count", "avg_recv", "avg_sent", "avg_xact_time", "avg_wait_time")) {
            columns.add(int8(name));
        }
        return List.copyOf(columns);
    }

    private static List<Column> counted() {
        return List.of(text("database"), int8("xact_count"), int8("query_count"), int8("bytes_received"),
                int8("bytes_sent"), int8("xact_time"), int8("query_time"), int8("wait_time"));
    }

    /** Whether the rows can be limited to those of one database. */
    boolean isByDatabase() {
        return this == DATABASES || columns.stream().anyMatch(column -> column.name().equals("database"));
    }

    String description() {
        return description;
    }

    List<Column> columns() {
        return columns;
    }

    /** The view of a word, or null. */
    static View of(String word) {
        for (View view : values()) {
            if (view.name().equalsIgnoreCase(word)) {
                return view;
            }
        }
        return null;
    }
}
