package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import java.util.Map;
import java.util.function.Consumer;

/** Where a database's catalog comes from, and keeps coming from: the control plane. Thread-safe. */
public interface CatalogSource {

    Catalog catalog();

    /** Calls back with every newer catalog, on any thread. */
    void whenChanged(Consumer<Catalog> listener);

    /** Has the nodes looked at soon: somebody may have changed something. */
    void refreshNow();

    /** A connection to a node has failed or was lost. If the node counts as up, it is looked at now. */
    void suspect(int node);

    /** What nodes report at log-in (ParameterStatus), by name. */
    Map<String, String> startupParameters();

    /**
     * The default that a login has at the nodes for a setting (ALTER ROLE, ALTER DATABASE, the server's configuration), null
     * where PostgreSQL's own holds. Known for search_path, standard_conforming_strings and default_transaction_isolation.
     */
    String roleDefault(String login, String setting);

    /** What ALTER ROLE and ALTER DATABASE give a login's sessions, by name, as PostgreSQL spells the values. */
    Map<String, String> sessionDefaults(String login);

    /** Whether a login is a superuser at the nodes. */
    boolean isSuperuser(String login);

    /** Whether a node is known to answer. */
    boolean isUp(int node);

    /** Whether a node has come up after a time of {@link System#nanoTime}. */
    boolean cameUpAfter(int node, long nanos);

    /** Why a node counts as down; null when it is up. */
    String whyDown(int node);

    /** How many connections ordinary roles may have at a node's server; null when that is not known. */
    Integer connectionSlots(int node);

    /**
     * Why a node must not be used yet, null when it may: its schema has to be seen to fit before its first use. Asking has it
     * looked at.
     */
    String unverified(int node);
}
