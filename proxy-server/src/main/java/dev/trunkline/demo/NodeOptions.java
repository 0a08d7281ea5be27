package dev.trunkline.demo;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a node is to be like.
 *
 * @param installation which PostgreSQL, null: {@link PostgresInstallation#find()}
 * @param dataDirectory kept when the node stops; one that is there already is used as it is. Null: a scratch directory
 * @param port 0: a free one
 * @param durable fsync: on wherever something is claimed to survive a crash, off where only speed counts
 * @param authentication how clients over TCP log in
 * @param settings of postgresql.conf, beside and over those that every node has
 */
public record NodeOptions(PostgresInstallation installation, Path dataDirectory, int port, boolean durable,
        Authentication authentication, Map<String, String> settings) {

    /** How the node's pg_hba.conf lets clients in. */
    public enum Authentication {
        /** Anybody on this machine is who they say: for tests. */
        TRUST,
        /** SCRAM-SHA-256 for every role. */
        SCRAM
    }

    public NodeOptions {
        settings = Map.copyOf(settings);
    }

    /** A scratch node for tests: trust, no fsync, and no autovacuum, which would change plans at some moment. */
    public static NodeOptions forTests() {
        return new NodeOptions(null, null, 0, false, Authentication.TRUST, Map.of("autovacuum", "off"));
    }

    public NodeOptions withInstallation(PostgresInstallation chosen) {
        return new NodeOptions(chosen, dataDirectory, port, durable, authentication, settings);
    }

    public NodeOptions withDataDirectory(Path chosen) {
        return new NodeOptions(installation, chosen, port, durable, authentication, settings);
    }

    public NodeOptions withPort(int chosen) {
        return new NodeOptions(installation, dataDirectory, chosen, durable, authentication, settings);
    }

    public NodeOptions withDurable(boolean chosen) {
        return new NodeOptions(installation, dataDirectory, port, chosen, authentication, settings);
    }

    public NodeOptions withAuthentication(Authentication chosen) {
        return new NodeOptions(installation, dataDirectory, port, durable, chosen, settings);
    }

    public NodeOptions withSetting(String name, String value) {
        Map<String, String> more = new TreeMap<>(settings);
        more.put(name, value);
        return new NodeOptions(installation, dataDirectory, port, durable, authentication, more);
    }

    /** What the server is started with, apart from where and on which port. */
    Map<String, String> serverSettings() {
        Map<String, String> all = new TreeMap<>();
        all.put("listen_addresses", "127.0.0.1");
        all.put("unix_socket_directories", "");
        all.put("max_connections", "200");
        all.put("shared_buffers", "64MB");
        all.put("wal_level", "logical");
        all.put("max_prepared_transactions", "200");
        all.put("max_replication_slots", "20");
        all.put("max_wal_senders", "20");
        all.put("max_logical_replication_workers", "12");
        all.put("max_sync_workers_per_subscription", "4");
        all.put("max_worker_processes", "24");
        all.put("track_commit_timestamp", "on");
        all.put("timezone", "UTC");
        all.put("log_timezone", "UTC");
        all.put("logging_collector", "off");
        if (!durable) {
            all.put("fsync", "off");
            all.put("synchronous_commit", "off");
            all.put("full_page_writes", "off");
        }
        all.putAll(settings);
        return all;
    }
}
