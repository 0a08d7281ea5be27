package dev.trunkline.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.trunkline.backend.BufferMemory;
import dev.trunkline.config.MonitoringConfig;
import dev.trunkline.execute.MergeMemory;
import dev.trunkline.frontend.Cancels;
import dev.trunkline.frontend.Clients;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /metrics} for Prometheus, {@code /health} (200 while the process lives) and {@code /ready} (200, or 503 while no
 * node of a database answers or the proxy drains), on a port and threads of their own.
 */
public final class Monitoring implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Monitoring.class);
    private static final int THREADS = 2;
    private static final long RETRY_MILLIS = 100;

    private final MonitoringConfig config;
    private final Map<String, ServedDatabase> databases;
    private final Map<String, CatalogSource> sources;
    private final BooleanSupplier draining;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collector = new JvmGcMetrics();
    private final ExecutorService threads;
    private volatile HttpServer server;
    private boolean closed;

    public Monitoring(MonitoringConfig config, Map<String, ServedDatabase> databases,
            Map<String, StatementMetrics> statements, Map<String, CatalogSource> sources, List<Worker> workers,
            Clients clients, Cancels cancels, IntSupplier peers, BooleanSupplier draining) {
        this.config = config;
        this.databases = databases;
        this.sources = sources;
        this.draining = draining;
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collector.bindTo(registry);
        new ProxyMetrics(registry, databases, statements, sources, workers, clients).bind();
        cancels("here", cancels, Cancels::delivered);
        cancels("passed_on", cancels, Cancels::passedOn);
        cancels("ignored", cancels, Cancels::ignored);
        turnedAway("log-in", clients, Clients::turnedAwayBeforeDialog);
        turnedAway("clients", clients, Clients::turnedAwayAfterLogin);
        Gauge.builder("trunkline.buffer.bytes", BufferMemory::bytes)
                .description("Memory outside of the heap that is kept for the bytes of sockets").register(registry);
        Gauge.builder("trunkline.merge.bytes", MergeMemory::bytes)
                .description("Heap that merges of several nodes' rows hold").register(registry);
        Gauge.builder("trunkline.port.peers", peers::getAsInt)
                .description("Other processes that listen on the same port").register(registry);
        threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "trunkline-monitoring");
            thread.setDaemon(true);
            return thread;
        });
    }

    private void cancels(String result, Cancels cancels, ToDoubleFunction<Cancels> count) {
        FunctionCounter.builder("trunkline.cancel.requests", cancels, count).tag("result", result)
                .description("Cancel requests of clients").register(registry);
    }

    private void turnedAway(String limit, Clients clients, ToDoubleFunction<Clients> count) {
        FunctionCounter.builder("trunkline.clients.turned.away", clients, count).tag("limit", limit)
                .description("Clients that were told that there are too many").register(registry);
    }

    /**
     * Opens the port.
     *
     * @param patient whether another process may have it, one that will give it up: then it is opened as soon as it is free
     * @throws IOException when it can't be opened
     */
    public void start(boolean patient) throws IOException {
        try {
            open();
        } catch (BindException e) {
            if (!patient) {
                throw cannotListen(e);
            }
            LOG.info("monitoring waits for port {}, which another process has", config.port());
            threads.execute(this::awaitPort);
        } catch (IOException e) {
            throw cannotListen(e);
        }
    }

    private IOException cannotListen(IOException why) {
        return new IOException("monitoring cannot listen on " + config.host() + ":" + config.port() + ": "
                + why.getMessage(), why);
    }

    private void awaitPort() {
        while (server == null) {
            try {
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
                open();
                LOG.info("monitoring has got port {}", config.port());
            } catch (BindException e) {
                // The other process still has it.
            } catch (IOException e) {
                LOG.error("no monitoring", cannotListen(e));
                return;
            } catch (InterruptedException closed) {
                return;
            }
        }
    }

    private synchronized void open() throws IOException {
        if (closed) {
            return;
        }
        HttpServer made = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
        made.setExecutor(threads);
        made.createContext("/metrics", exchange -> answer(exchange, 200,
                "text/plain; version=0.0.4; charset=utf-8", registry.scrape()));
        made.createContext("/health", exchange -> answer(exchange, 200, "application/json", "{\"status\":\"up\"}\n"));
        made.createContext("/ready", this::ready);
        made.start();
        server = made;
    }

    /** The port; 0 while another process has it. */
    public int port() {
        HttpServer opened = server;
        return opened == null ? 0 : opened.getAddress().getPort();
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
    public synchronized void close() {
        closed = true;
        if (server != null) {
            server.stop(0);
        }
        threads.shutdownNow();
        collector.close();
        registry.close();
    }
}
