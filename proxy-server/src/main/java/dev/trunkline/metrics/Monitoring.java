package dev.trunkline.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.trunkline.config.MonitoringConfig;
import dev.trunkline.frontend.Clients;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * {@code /metrics} for Prometheus, {@code /health} (200 while the process lives) and {@code /ready} (200, or 503 while no
 * node of a database answers or the proxy drains), on a port and threads of their own.
 */
public final class Monitoring implements AutoCloseable {

    private static final int THREADS = 2;

    private final MonitoringConfig config;
    private final Map<String, ServedDatabase> databases;
    private final Map<String, CatalogSource> sources;
    private final BooleanSupplier draining;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collector = new JvmGcMetrics();
    private final ExecutorService threads;
    private HttpServer server;

    public Monitoring(MonitoringConfig config, Map<String, ServedDatabase> databases,
            Map<String, StatementMetrics> statements, Map<String, CatalogSource> sources, List<Worker> workers,
            Clients clients, BooleanSupplier draining) {
        this.config = config;
        this.databases = databases;
        this.sources = sources;
        this.draining = draining;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collector.bindTo(registry);
        new ProxyMetrics(registry, databases, statements, sources, workers, clients).bind();
        threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "trunkline-monitoring");
            thread.setDaemon(true);
            return thread;
        });
    }

    public void start() {
        try {
            server = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
        } catch (IOException e) {
            throw new UncheckedIOException("monitoring cannot listen on " + config.host() + ":" + config.port(), e);
        }
        server.setExecutor(threads);
        server.createContext("/metrics", exchange -> answer(exchange, 200,
                "text/plain; version=0.0.4; charset=utf-8", registry.scrape()));
        server.createContext("/health", exchange -> answer(exchange, 200, "application/json", "{\"status\":\"up\"}\n"));
        server.createContext("/ready", this::ready);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void ready(HttpExchange exchange) throws IOException {
        boolean ready = !draining.getAsBoolean();
        StringBuilder json = new StringBuilder("{\"draining\":").append(!ready).append(",\"databases\":{");
        String separator = "";
        for (ServedDatabase database : databases.values()) {
            CatalogSource source = sources.get(database.name());
            boolean any = false;
            json.append(separator).append(quoted(database.name())).append(":{");
            String comma = "";
            for (int node = 0; node < database.nodes().size(); node++) {
                boolean up = source.isUp(node);
                any |= up;
                json.append(comma).append(quoted(database.nodes().get(node).nodeName()))
                        .append(up ? ":\"up\"" : ":\"down\"");
                comma = ",";
            }
            json.append('}');
            ready &= any;
            separator = ",";
        }
        json.append("},\"ready\":").append(ready).append("}\n");
        answer(exchange, ready ? 200 : 503, "application/json", json.toString());
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
        threads.shutdownNow();
        collector.close();
        registry.close();
    }
}
