package dev.trunkline.config;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The configuration file, read and checked. Databases, their nodes and the users stand in the file's order.
 * {@code warnings} are the problems that don't stop it from being used.
 */
public record Configuration(String file, ListenConfig listen, MonitoringConfig monitoring, LogConfig log, TlsConfig tls,
        KeepaliveConfig keepalive, Map<String, DatabaseConfig> databases, Map<String, UserConfig> users, Limits limits,
        List<Problem> warnings,
        Places places) {

    /**
     * Reads a file's text.
     *
     * @param file
     *            its name, for problems
     * @param variables
     *            the environment: the value of a name, or null
     * @throws ConfigurationException
     *             with every problem
     */
    public static Configuration parse(String file, String text, UnaryOperator<String> variables)
            throws ConfigurationException {
        return ConfigurationReader.read(file, text, variables);
    }

    /** Every key that a file may have. */
    public static List<KeyFact> keys() {
        return ConfigurationReader.keys();
    }

    /** Every key that has a value, given or by default, by its key in the order of the documentation. */
    public Map<String, Setting> settings() {
        return SettingsListing.of(this);
    }

    /**
     * With what a user logs in at a node: its own login there, else the node's, else the client's name and password.
     */
    public static Login nodeLogin(UserConfig user, NodeConfig node) {
        return user.nodeLogin() != null
                ? user.nodeLogin()
                : node.login() != null ? node.login() : new Login(user.name(), user.password());
    }

    /** With what the proxy itself logs in at a node of a database: {@code control}, else as the first admin user. */
    public Login controlLogin(DatabaseConfig database, NodeConfig node) {
        return database.control() != null
                ? database.control()
                : users.values().stream().filter(user -> user.admin() != UserConfig.AdminRight.NONE).findFirst()
                        .map(user -> nodeLogin(user, node)).orElse(node.login());
    }

    /** A problem at a key, found later than in reading the file. */
    public Problem problem(Problem.Severity severity, String text, String... path) {
        return places.problem(severity, file, text, path);
    }

    /** Whether the file has this key. */
    public boolean has(String... path) {
        return places.has(path);
    }
}
