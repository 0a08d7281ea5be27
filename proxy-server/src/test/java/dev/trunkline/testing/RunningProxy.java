package dev.trunkline.testing;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.net.TrunklineServer;
import dev.trunkline.session.CatalogSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A proxy in this JVM over given nodes, with a catalog that the test makes. */
public final class RunningProxy implements ProxyUnderTest {

    private static final Map<String, String> PARAMETERS = Map.of("server_version", "18.6", "server_encoding", "UTF8",
            "DateStyle", "ISO, MDY", "TimeZone", "UTC", "integer_datetimes", "on", "IntervalStyle", "postgres",
            "standard_conforming_strings", "on", "is_superuser", "on");

    private final TrunklineServer server;

    private RunningProxy(TrunklineServer server) {
        this.server = server;
    }

    /** Starts a proxy with this configuration; every database has the catalog of its name. */
    public static RunningProxy start(String yaml, Map<String, Catalog> catalogs) {
        return over(yaml, fixed(catalogs));
    }

    private static Map<String, CatalogSource> fixed(Map<String, Catalog> catalogs) {
        Map<String, CatalogSource> sources = new HashMap<>();
        catalogs.forEach((name, catalog) -> sources.put(name, new Fixed(catalog)));
        return sources;
    }

    /** Starts a proxy with this configuration; what it knows of the nodes of a database comes from the source of its name. */
    public static RunningProxy over(String yaml, Map<String, CatalogSource> sources) {
        try {
            Configuration configuration = Configuration.parse("test.yaml", yaml, name -> null);
            TrunklineServer server = new TrunklineServer(configuration, sources);
            server.start();
            return new RunningProxy(server);
        } catch (ConfigurationException | IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts a proxy that plans on the test's threads; every database has the catalog of its name. */
    public static RunningProxy start(String yaml, Map<String, Catalog> catalogs, ExecutorService planner) {
        try {
            TrunklineServer server = new TrunklineServer(Configuration.parse("test.yaml", yaml, name -> null),
                    fixed(catalogs), planner);
            server.start();
            return new RunningProxy(server);
        } catch (ConfigurationException | IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts a proxy that asks the nodes of this configuration itself. */
    public static RunningProxy start(String yaml) {
        try {
            TrunklineServer server = TrunklineServer.of(Configuration.parse("test.yaml", yaml, name -> null));
            server.start();
            return new RunningProxy(server);
        } catch (ConfigurationException | IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts a proxy that asks the nodes of this file itself, and can read the file again. */
    public static RunningProxy start(Path file) {
        try {
            TrunklineServer server = TrunklineServer.of(Configuration.parse(file.toString(), Files.readString(file),
                    name -> null));
            server.start();
            return new RunningProxy(server);
        } catch (ConfigurationException | IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public String host() {
        return "127.0.0.1";
    }

    @Override
    public int port() {
        return server.port();
    }

    public int monitoringPort() {
        return server.monitoringPort();
    }

    @Override
    public int clientsThatWait() throws IOException {
        return (int) metric("trunkline_clients\\{[^}]*state=\"waiting\"[^}]*\\} ([0-9.]+)");
    }

    /** The sum of all samples of {@code /metrics} that match a pattern, whose group is the value. */
    public double metric(String pattern) throws IOException {
        URLConnection connection = URI.create("http://127.0.0.1:" + monitoringPort() + "/metrics").toURL()
                .openConnection();
        // Another proxy may listen on the port the next time.
        connection.setRequestProperty("Connection", "close");
        String text;
        try (InputStream body = connection.getInputStream()) {
            text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
        Matcher sample = Pattern.compile(pattern).matcher(text);
        double sum = 0;
        while (sample.find()) {
            sum += Double.parseDouble(sample.group(1));
        }
        return sum;
    }

    @Override
    public void close() {
        server.close();
    }

    /** A catalog that never changes by itself. */
    public static class Fixed implements CatalogSource {

        private final List<Consumer<Catalog>> listeners = new CopyOnWriteArrayList<>();
        private final Catalog catalog;

        public Fixed(Catalog catalog) {
            this.catalog = catalog;
        }

        @Override
        public Catalog catalog() {
            return catalog;
        }

        @Override
        public void whenChanged(Consumer<Catalog> listener) {
            listeners.add(listener);
        }

        @Override
        public void refreshNow() {
            // Nothing to look at.
        }

        @Override
        public void suspect(int node) {
            // Nothing to look at.
        }

        @Override
        public Map<String, String> startupParameters() {
            return PARAMETERS;
        }

        @Override
        public boolean isUp(int node) {
            return true;
        }

        @Override
        public boolean cameUpAfter(int node, long nanos) {
            return false;
        }

        @Override
        public String whyDown(int node) {
            return null;
        }

        @Override
        public Map<String, String> sessionDefaults(String login) {
            return Map.of();
        }

        @Override
        public boolean isSuperuser(String login) {
            return true;
        }

        @Override
        public String roleDefault(String login, String setting) {
            return null;
        }

        @Override
        public Integer connectionSlots(int node) {
            return null;
        }

        @Override
        public String unverified(int node) {
            return null;
        }
    }
}
