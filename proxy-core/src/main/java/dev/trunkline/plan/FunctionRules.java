package dev.trunkline.plan;

import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.catalog.FunctionFacts.Volatility;
import dev.trunkline.catalog.TaintingCode;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.FunctionUse;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.RoutineSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What the functions of a statement demand together (semantics.md 8): those that PostgreSQL marks immutable or stable demand
 * nothing; of its own volatile ones, those visible to the session or the world are listed here; a volatile function of the
 * user's is a write of unknown extent.
 */
final class FunctionRules {

    /** A call that runs where a key lives. */
    record Keyed(Expr.Function call, FunctionRoute.Key key) {}

    private static final Set<String> SESSION_LOCKS = Set.of("pg_advisory_lock", "pg_advisory_lock_shared",
            "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared",
            "pg_advisory_unlock_all");
    private static final Set<String> TRANSACTION_LOCKS = Set.of("pg_advisory_xact_lock", "pg_advisory_xact_lock_shared",
            "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared");
    private static final Set<String> TRANSACTION = Set.of("pg_export_snapshot", "pg_current_xact_id", "txid_current");
    private static final Set<String> LOOKING_AT_TRANSACTION = Set.of("pg_current_xact_id_if_assigned",
            "txid_current_if_assigned", "pg_current_snapshot", "txid_current_snapshot", "pg_xact_status", "txid_status",
            "pg_backend_pid");
    /** Volatile functions of the server's that only look. */
    private static final List<String> LOOKING = List.of("pg_stat_get_", "pg_ls_", "pg_read_", "pg_get_", "pg_is_",
            "pg_current_wal", "pg_last_", "pg_control_", "pg_show_");
    private static final Set<String> ALSO_LOOKING = Set.of("pg_relation_size", "pg_table_size", "pg_indexes_size",
            "pg_total_relation_size", "pg_database_size", "pg_tablespace_size", "pg_lock_status", "pg_blocking_pids",
            "pg_safe_snapshot_blocking_pids", "pg_stat_file", "pg_partition_tree", "pg_partition_ancestors",
            "pg_sequence_last_value", "pg_prepared_xact", "pg_collation_actual_version",
            "pg_database_collation_actual_version", "pg_jit_available", "pg_notification_queue_usage",
            "pg_hba_file_rules", "pg_ident_file_mappings", "pg_current_logfile", "ts_stat", "ts_rewrite");

    /** Why the statement is refused over several nodes, or null. */
    private ProxyException refusal;
    /** Why the statement is refused over any number of nodes, or null. */
    private ProxyException refusalAnywhere;
    private Access access = Access.read("no function in it changes anything");
    private final EnumSet<SessionEffect> effects = EnumSet.noneOf(SessionEffect.class);
    private final List<Keyed> keyed = new ArrayList<>();
    private boolean home;
    private boolean transaction;
    private boolean users;
    private String obstacle;

    private FunctionRules() {}

    static FunctionRules of(List<FunctionUse> functions, TaintingCode code) {
        FunctionRules rules = new FunctionRules();
        functions.forEach(rules::add);
        if (functions.stream().anyMatch(use -> code.functions().contains(use.name()))) {
            rules.effects.add(SessionEffect.TAINT);
        }
        return rules;
    }

    ProxyException refusal() {
        return refusal;
    }

    /** What no backend can answer for the session, even if there is one node only; null if there is no such call. */
    ProxyException refusalAnywhere() {
        return refusalAnywhere;
    }

    Access access() {
        return access;
    }

    Set<SessionEffect> effects() {
        return effects;
    }

    /** The calls that run where the shard key that they have as an argument lives. */
    List<Keyed> keyed() {
        return keyed;
    }

    /** Whether the statement must run on the home node. */
    boolean home() {
        return home;
    }

    /** Whether the statement must run on the transaction's node. */
    boolean transaction() {
        return transaction;
    }

    /** Whether any is not PostgreSQL's own. */
    boolean callsUsers() {
        return users;
    }

    /** The function that must not run on several nodes at once, or null. */
    String obstacle() {
        return obstacle;
    }

    private void add(FunctionUse use) {
        FunctionFacts facts = use.facts();
        String name = use.name();
        if (facts == null) {
            write("calls " + name + ", which is not known", SessionEffect.TAINT);
            refuse(ProxyError.UNDEFINED_FUNCTION.with(name).withPosition(use.call().span().start() + 1));
            return;
        }
        if (facts.refused() != null) {
            refuse(ProxyError.NOT_OVER_NODES.with("function " + name + ", which " + facts.refused() + ",",
                    "Write its statement out, so that its shard key shows."));
        }
        if (!facts.builtIn()) {
            userFunction(use);
        } else if (SessionAction.Signal.isFunction(name)) {
            write("calls " + name);
            refuse(ProxyError.NOT_OVER_NODES.with(name, "Use KILL in the admin database trunkline."));
        } else if (name.equals("nextval") || name.equals("setval")) {
            atHome(name, Access.sequence("calls " + name));
        } else if (name.equals("currval") || name.equals("lastval")) {
            onTransactionNode(name, Access.read("no function in it changes anything"));
        } else if (SESSION_LOCKS.contains(name)) {
            atHome(name, Access.outsideTransaction("calls " + name));
            effects.add(SessionEffect.SESSION_LOCK);
        } else if (TRANSACTION_LOCKS.contains(name)) {
            atHome(name, Access.outsideTransaction("calls " + name));
        } else if (name.equals("pg_listening_channels")) {
            refusalAnywhere = ProxyError.CHANNELS_ELSEWHERE.with().withPosition(use.call().span().start() + 1);
        } else if (name.equals("pg_prepared_statement")) {
            refusalAnywhere = ProxyError.STATEMENTS_ELSEWHERE.with().withPosition(use.call().span().start() + 1);
        } else if (name.equals("pg_notify")) {
            onTransactionNode(name, Access.write("calls pg_notify"));
        } else if (name.equals("set_config")) {
            onTransactionNode(name, Access.write("calls set_config"), SessionEffect.SETTING);
        } else if (name.equals("setseed")) {
            onTransactionNode(name, Access.read("no function in it changes anything"), SessionEffect.TAINT);
        } else if (name.startsWith("lo_") || name.equals("loread") || name.equals("lowrite")) {
            atHome(name, Access.write("calls " + name));
        } else if (TRANSACTION.contains(name)) {
            onTransactionNode(name, Access.outsideTransaction("calls " + name));
        } else if (LOOKING_AT_TRANSACTION.contains(name)) {
            onTransactionNode(name, Access.read("functions in it only look"));
        } else if (use.hasEffects()) {
            boolean looks = ALSO_LOOKING.contains(name) || LOOKING.stream().anyMatch(name::startsWith);
            atHome(name, looks ? Access.read("functions in it only look") : Access.write("calls " + name));
            if (RoutineSource.isSessionFunction(name)) {
                effects.add(SessionEffect.TAINT);
            }
        }
    }

    private void userFunction(FunctionUse use) {
        String name = use.name();
        users = true;
        boolean writes = use.facts().worst() == Volatility.VOLATILE;
        if (writes) {
            write("calls the volatile function " + name, SessionEffect.TAINT);
        }
        switch (use.route()) {
            case null -> {
                if (writes) {
                    refuse(ProxyError.NOT_OVER_NODES.with("the volatile function " + name,
                            "Say under functions: in the configuration where it may run, or mark it STABLE if it is."));
                }
            }
            case FunctionRoute.Any any -> obstacle = writes ? name : obstacle;
            case FunctionRoute.Home atHome -> atHome(name, access);
            case FunctionRoute.Key key -> {
                keyed.add(new Keyed(use.call(), key));
                obstacle = name;
            }
            case FunctionRoute.Refuse refuse -> refuse(ProxyError.NOT_OVER_NODES.with("the function " + name,
                    "The configuration refuses it under functions:."));
        }
    }

    private void refuse(ProxyException why) {
        refusal = refusal == null ? why : refusal;
    }

    private void write(String reason, SessionEffect... left) {
        access = access.and(Access.write(reason));
        effects.addAll(List.of(left));
    }

    private void atHome(String name, Access does) {
        access = access.and(does);
        home = true;
        obstacle = name;
    }

    private void onTransactionNode(String name, Access does, SessionEffect... left) {
        access = access.and(does);
        transaction = true;
        obstacle = name;
        effects.addAll(List.of(left));
    }
}
